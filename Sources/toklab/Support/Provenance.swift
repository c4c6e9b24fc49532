import Tokenizers

/// What a JSON document says about how it was made: everything about a run that is not a result.
final class Provenance {
  struct Input {
    var file: String
    var sha256: String
    var bytes: Int
  }

  private var inputs: [Input] = []
  private let shared: SharedOptions

  init(_ shared: SharedOptions) { self.shared = shared }

  /// Adds an input; one that is read twice is listed once.
  func add(file: String, sha256: String, bytes: Int) {
    if inputs.contains(where: { $0.file == file && $0.sha256 == sha256 }) { return }
    inputs.append(Input(file: file, sha256: sha256, bytes: bytes))
  }

  /// Adds a file by reading it.
  func add(_ path: String) throws { _ = try addDigest(path) }

  /// Adds a file by reading it, and says its SHA-256; nil for standard input.
  func addDigest(_ path: String) throws -> String? {
    guard path != "-" else { return nil }
    let stream = try ByteStream(path, hashing: true)
    guard let digest = try stream.sha256() else { return nil }
    add(file: path, sha256: digest, bytes: stream.consumed)
    return digest
  }

  var json: JSON {
    .object([
      ("toklab", .string(ToklabVersion.current)),
      ("arguments", .strings(Array(CommandLine.arguments.dropFirst()))),
      (
        "inputs",
        .array(
          inputs.map {
            .object([("file", .string($0.file)), ("sha256", .string($0.sha256)), ("bytes", .int($0.bytes))])
          })
      ),
      ("seed", .unsigned(shared.seed)),
      ("threads", .int(shared.threadCount)),
      ("unicode", .object(Self.unicodeVersions.map { ($0.0, .string($0.1)) })),
    ])
  }

  /// The Unicode version of each component's data.
  static let unicodeVersions = [
    ("pre_tokenizer_classes", "16.0"), ("normalization_forms", "9.0"), ("lowercase", "17.0"),
  ]
}

/// One JSON document: schema, then results, then how it was made.
enum Document {
  static func make(
    _ verb: String, _ members: [(String, JSON)], _ provenance: Provenance, _ timing: Timing? = nil
  ) -> JSON {
    var all: [(String, JSON)] = [("schema", .string("toklab.\(verb)/1"))]
    all += members
    all.append(("provenance", provenance.json))
    if let timing { all.append(("timing", timing.json)) }
    return .object(all)
  }
}
