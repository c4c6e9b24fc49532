import Glibc
import Tokenizers

/// Where a trained tokenizer goes: standard output, a file with `.toklab.json` beside it, or a folder.
/// Everything is held back until ``commit()``.
struct TrainingTarget {
  private enum Place {
    case stdout
    case file(String)
    case folder(FolderResult)
  }

  private let place: Place
  private let perSize: Bool
  private var files: [(name: String, bytes: [UInt8])] = []

  /// - Parameters:
  ///   - sizes: the sizes of `--vocab-sizes`, which always make a folder.
  /// - Throws: ``ToklabError`` when the target cannot be written, before any work is done.
  ///   - holdsSentencePiece: whether what is trained fits a `.model`.
  init(_ output: String?, sizes: [Int]?, holdsSentencePiece: Bool = false) throws {
    perSize = sizes != nil
    guard let output, output != "-" else {
      place = .stdout
      return
    }
    if output.hasSuffix(".model"), !holdsSentencePiece {
      throw ToklabError(
        file: output, "a SentencePiece model cannot hold what is trained",
        expected: "a .json file or a folder",
        advice: "train unigram for a .model")
    }
    if sizes != nil || output.hasSuffix("/") || FileFacts.isFolder(output) {
      place = .folder(try FolderResult(output))
    } else {
      place = .file(output)
      // Tries the place; nothing appears before commit.
      _ = try ResultFile(output)
    }
  }

  mutating func write(_ trained: TrainedTokenizer, size: Int, recipe: JSON, specials: [SpecialToken]) throws {
    if case .file(let path) = place, path.hasSuffix(".model") {
      files.append((path, try SentencePieceModel.write(trained.definition)))
      return
    }
    let tokenizer = try HuggingFaceJSON.write(trained.definition)
    if case .stdout = place {
      files.append(("-", tokenizer))
      return
    }
    let sidecar = JSON.object([
      ("schema", .string("toklab.tokenizer/1")), ("toklab", .string(ToklabVersion.current)),
      ("tokenizer_sha256", .string(SHA256.hex(tokenizer))), ("training", recipe),
      ("self_test", try SelfTest.json(Tokenizer(HuggingFaceJSON.read(tokenizer)))),
    ]).document()
    switch place {
    case .stdout: break
    case .file(let path):
      let stem = path.hasSuffix(".json") ? String(path.dropLast(".json".count)) : path
      files.append((path, tokenizer))
      files.append((stem + ".toklab.json", sidecar))
    case .folder:
      let prefix = perSize ? "\(size)/" : ""
      files.append((prefix + "tokenizer.json", tokenizer))
      files.append((prefix + "tokenizer_config.json", Self.config(specials)))
      files.append((prefix + "tokenizer.toklab.json", sidecar))
    }
  }

  func commit() throws {
    switch place {
    case .stdout, .file:
      let written = try files.map { name, bytes in
        let file = try ResultFile(name)
        try file.output.write(bytes)
        return file
      }
      for file in written { try file.commit() }
    case .folder(let folder):
      for (name, bytes) in files { try folder.write(name, bytes) }
      try folder.commit()
    }
  }

  /// What `transformers.AutoTokenizer` needs beside a `tokenizer.json`.
  private static func config(_ specials: [SpecialToken]) -> [UInt8] {
    var members: [(String, JSON)] = []
    let added = specials.enumerated().map { id, special in
      (
        String(id),
        JSON.object([
          ("content", .string(special.content)), ("lstrip", .bool(false)), ("normalized", .bool(false)),
          ("rstrip", .bool(false)), ("single_word", .bool(false)), ("special", .bool(true)),
        ])
      )
    }
    if !added.isEmpty { members.append(("added_tokens_decoder", .object(added))) }
    let others = specials.filter { $0.role == .other }.map(\.content)
    if !others.isEmpty { members.append(("additional_special_tokens", .strings(others))) }
    for role in SpecialToken.Role.allCases where role != .other {
      guard let special = specials.first(where: { $0.role == role }) else { continue }
      members.append(("\(role.rawValue)_token", .string(special.content)))
    }
    members.append(("clean_up_tokenization_spaces", .bool(false)))
    members.append(("tokenizer_class", .string("PreTrainedTokenizerFast")))
    return JSON.object(members).document()
  }
}
