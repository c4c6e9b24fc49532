import Tokenizers

/// Round trips, stored samples and agreement with another tokenizer, document by document.
struct Verification {
  private struct Finding {
    var check: String
    var file: String
    var document: Int
    var difference: Difference?
    var message: String

    var json: JSON {
      .object(
        [
          ("check", .string(check)), ("file", .string(file)), ("document", .int(document)),
          ("message", .string(message)),
        ]
          + (difference?.json ?? []))
    }
  }

  private let tokenizer: Tokenizer
  private let other: Tokenizer?
  private let options: EncodeOptions
  private let threads: Int
  private let encoder: BatchEncoder
  private let otherEncoder: BatchEncoder?
  private var documents = 0
  private var bytes = 0
  private var tokens = 0
  private(set) var differences = 0
  private var findings: [Finding] = []

  /// So many differences are shown; all are counted.
  static let shown = 10

  init(_ tokenizer: Tokenizer, _ other: Tokenizer?, _ options: EncodeOptions, threads: Int) throws {
    self.tokenizer = tokenizer
    self.other = other
    self.options = options
    self.threads = threads
    encoder = try BatchEncoder(tokenizer, options: options, threads: threads)
    otherEncoder = try other.map { try BatchEncoder($0, options: options, threads: threads) }
  }

  /// Checks the documents of a batch; `name` gives the name of a file.
  mutating func add(_ batch: DocumentReader.Batch, _ name: (Int) -> String) throws {
    let result = try batch.withBytes { try encoder.encode($0, documents: batch.documents) }
    let second = try batch.withBytes { try otherEncoder?.encode($0, documents: batch.documents) }
    documents += batch.documents.count
    bytes += batch.documents.reduce(0) { $0 + $1.count }
    tokens += result.ids.count
    let (tokenizer, other, options) = (tokenizer, other, options)
    let found = try parallelMap(Blocks.count(batch.documents.count), threads: threads) { block in
      var found: [(Int, String, Difference?, String)] = []
      for document in Blocks.range(block, of: batch.documents.count) {
        let text = Array(batch.bytes[batch.documents[document]])
        if let message = try Self.roundTrip(text, Array(result[document]), tokenizer) {
          found.append((document, "round-trip", nil, message))
        }
        if let other, let second, result[document] != second[document] {
          let difference = Difference(
            text: text, try tokenizer.encode(text, options: options),
            try other.encode(text, options: options),
            tokenizer, other)
          found.append((document, "against", difference, "the ids differ"))
        }
      }
      return found
    }
    for (document, check, difference, message) in found.joined() {
      note(
        Finding(
          check: check, file: name(batch.files[document]), document: batch.first + document,
          difference: difference, message: message))
    }
  }

  /// Checks the samples that were stored when the tokenizer was made.
  mutating func addStored(_ samples: [(text: String, ids: [TokenID])]) throws {
    for (index, sample) in samples.enumerated() {
      documents += 1
      bytes += sample.text.utf8.count
      let encoding = try tokenizer.encode(sample.text)
      tokens += encoding.ids.count
      if encoding.ids == sample.ids { continue }
      let stored = Encoding(ids: sample.ids)
      note(
        Finding(
          check: "stored-sample", file: "self-test", document: index,
          difference: Difference(text: Array(sample.text.utf8), encoding, stored, tokenizer, tokenizer),
          message: "the ids differ from the stored ones"))
    }
  }

  private mutating func note(_ finding: Finding) {
    differences += 1
    if findings.count < Self.shown { findings.append(finding) }
  }

  /// What is wrong with the way back, or nil. A normalizer's changes, and a space that the tokenizer puts
  /// before text, belong to the way there.
  private static func roundTrip(_ text: [UInt8], _ ids: [TokenID], _ tokenizer: Tokenizer) throws -> String? {
    let normalized = try tokenizer.normalizer?.normalized(text) ?? text
    let expected =
      tokenizer.scannerPreTokenizer == nil
      ? try tokenizer.preTokenization.pieces(of: normalized).flatMap(\.bytes) : normalized
    let back = try tokenizer.decode(ids, skipSpecialTokens: false)
    if back == expected || back == text { return nil }
    let byte =
      zip(back, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? min(back.count, expected.count)
    func around(_ bytes: [UInt8]) -> String {
      ByteEscape.string(bytes[max(0, min(byte, bytes.count) - 12)..<min(bytes.count, byte + 12)])
    }
    return "byte \(byte) does not come back: \"\(around(expected))\" became \"\(around(back))\""
  }

  var json: [(String, JSON)] {
    [
      ("equal", .bool(differences == 0)), ("documents", .int(documents)), ("bytes", .int(bytes)),
      ("tokens", .int(tokens)), ("differences", .int(differences)),
      ("findings", .array(findings.map(\.json))),
    ]
  }

  func text(_ label: String, _ other: String?, _ style: Style) -> String {
    var out = ""
    for finding in findings {
      out +=
        style.red("differs")
        + "  \(finding.check), \(finding.file), document \(finding.document): \(finding.message)\n"
      guard let difference = finding.difference else { continue }
      out +=
        "  at byte \(difference.byte), token \(difference.index): \"\(ByteEscape.string(difference.context))\"\n"
      out +=
        "  \(label): \(difference.firstText)\n  \(finding.check == "against" ? other ?? "other" : "stored"): \(difference.secondText)\n"
    }
    if differences > findings.count { out += "… and \(Numbers.grouped(differences - findings.count)) more\n" }
    let checked =
      "\(Numbers.grouped(documents)) documents, \(Numbers.grouped(bytes)) bytes, \(Numbers.grouped(tokens)) tokens"
    out +=
      differences == 0
      ? style.green("equal") + "  \(label)" + (other.map { " and \($0)" } ?? "") + ": \(checked)\n"
      : "\(Numbers.grouped(differences)) differences in \(checked)\n"
    return out
  }
}

extension DocumentReader.Batch {
  /// A batch of texts in memory.
  init(_ texts: [[UInt8]]) {
    for text in texts {
      let start = bytes.count
      bytes += text
      documents.append(start..<bytes.count)
      files.append(0)
      origins.append(0)
    }
    bytes.append(contentsOf: repeatElement(0, count: Self.padding))
  }
}
