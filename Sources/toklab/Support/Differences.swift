import Tokenizers

/// Which tokens two tokenizers share, by their bytes.
struct VocabularyDifference {
  private struct Entry {
    var id: TokenID
    var bytes: [UInt8]
    var json: JSON {
      let (text, escaped) = ByteEscape.utf8(bytes)
      return .object(
        [("id", .int(Int(id))), ("token", .string(text))] + (escaped ? [("escaped", .bool(true))] : []))
    }
  }

  private var shared = 0
  private var moved = 0
  private var lost: [Entry] = []
  private var added: [Entry] = []

  init(_ first: Tokenizer, _ second: Tokenizer) {
    for id in 0..<TokenID(first.capacity) {
      guard let bytes = first.bytes(of: id) else { continue }
      if let other = second.id(of: bytes) {
        shared += 1
        if other != id { moved += 1 }
      } else {
        lost.append(Entry(id: id, bytes: bytes))
      }
    }
    for id in 0..<TokenID(second.capacity) {
      guard let bytes = second.bytes(of: id), first.id(of: bytes) == nil else { continue }
      added.append(Entry(id: id, bytes: bytes))
    }
  }

  var json: JSON {
    .object([
      ("shared", .int(shared)), ("shared_with_another_id", .int(moved)), ("lost", .array(lost.map(\.json))),
      ("added", .array(added.map(\.json))),
    ])
  }

  func pairs(_ labels: [String], top: Int) -> [(String, String)] {
    func examples(_ entries: [Entry]) -> String {
      guard !entries.isEmpty else { return "none" }
      let shown = entries.prefix(top).map { "\"\(ByteEscape.string($0.bytes.prefix(32)))\"" }
      return "\(Numbers.grouped(entries.count)): " + shown.joined(separator: ", ")
        + (entries.count > top ? ", …" : "")
    }
    return [
      ("shared tokens", "\(Numbers.grouped(shared)), \(Numbers.grouped(moved)) of them with another id"),
      ("only in \(labels[0])", examples(lost)), ("only in \(labels[1])", examples(added)),
    ]
  }
}

/// Where two merge lists part.
struct MergeDifference {
  private let counts: [Int]
  private let common: Int
  private let next: [String?]

  /// nil where a tokenizer has no merge list.
  init?(_ first: Tokenizer, _ second: Tokenizer) {
    guard case .bytePair(let a) = first.definition.model, case .bytePair(let b) = second.definition.model,
      a.merges.count > 0, b.merges.count > 0
    else { return nil }
    var index = 0
    func same(_ left: TokenID, _ right: TokenID) -> Bool { a.vocabulary[left] == b.vocabulary[right] }
    while index < min(a.merges.count, b.merges.count), same(a.merges.left[index], b.merges.left[index]),
      same(a.merges.right[index], b.merges.right[index])
    {
      index += 1
    }
    func show(_ definition: BytePairDefinition) -> String? {
      guard index < definition.merges.count else { return nil }
      return [definition.merges.left[index], definition.merges.right[index]]
        .map { "\"\(ByteEscape.string(definition.vocabulary[$0]))\"" }.joined(separator: " + ")
    }
    counts = [a.merges.count, b.merges.count]
    common = index
    next = [show(a), show(b)]
  }

  var json: JSON {
    .object([
      ("first_count", .int(counts[0])), ("second_count", .int(counts[1])), ("common_prefix", .int(common)),
      ("first_next", .string(next[0])), ("second_next", .string(next[1])),
    ])
  }

  var text: String {
    if common == counts[0], common == counts[1] { return "all \(Numbers.grouped(common)) the same" }
    return
      "the first \(Numbers.grouped(common)) the same, then \(next[0] ?? "no more") against \(next[1] ?? "no more")"
  }
}

/// Texts by how much their token boundaries differ.
struct TextDifferences {
  private struct Row {
    /// The place among all documents, which decides between equal shares.
    var order: Int
    var file: String
    var document: Int
    var tokens: [Int]
    /// Boundaries inside the text that both have, and that only one has.
    var both: Int
    var one: Int
    var sample: String

    var share: Double { both + one == 0 ? 0 : Double(one) / Double(both + one) }
  }

  private let workers: [[DocumentEncoder]]
  private let keep: Int
  private var rows: [Row] = []
  private var documents = 0
  private var different = 0
  private var tokens = [0, 0]

  init(_ tokenizers: [Tokenizer], _ options: EncodeOptions, threads: Int, keep: Int) throws {
    self.keep = keep
    workers = try (0..<threads).map { _ in try tokenizers.map { try DocumentEncoder($0, options: options) } }
  }

  mutating func add(_ batch: DocumentReader.Batch, _ name: (Int) -> String) throws {
    let found = try parallelMap(batch.documents.count, workers: workers) { index, encoders in
      try batch.withBytes { bytes in
        let range = batch.documents[index]
        let text = UnsafeBufferPointer(rebasing: bytes[range])
        let encodings = try encoders.map { encoder in
          do { return try encoder.encodeWithOffsets(text) } catch let error as ToklabError {
            throw error.shifted(by: range.lowerBound)
          }
        }
        let ends = encodings.map { Set($0.offsets.map(\.upperBound)).subtracting([text.count]) }
        return (
          tokens: encodings.map(\.ids.count), both: ends[0].intersection(ends[1]).count,
          one: ends[0].symmetricDifference(ends[1]).count, sample: Array(text.prefix(60))
        )
      }
    }
    for (index, result) in found.enumerated() {
      documents += 1
      for side in 0..<2 { tokens[side] += result.tokens[side] }
      guard result.one > 0 else { continue }
      different += 1
      rows.append(
        Row(
          order: batch.first + index, file: name(batch.files[index]), document: batch.first + index,
          tokens: result.tokens,
          both: result.both,
          one: result.one, sample: ByteEscape.string(result.sample)))
    }
    rows.sort { $0.share != $1.share ? $0.share > $1.share : $0.order < $1.order }
    rows.removeLast(max(0, rows.count - keep))
  }

  var json: JSON {
    .object([
      ("documents", .int(documents)), ("different", .int(different)), ("first_tokens", .int(tokens[0])),
      ("second_tokens", .int(tokens[1])),
      (
        "most_different",
        .array(
          rows.map {
            .object([
              ("file", .string($0.file)), ("document", .int($0.document)),
              ("first_tokens", .int($0.tokens[0])),
              ("second_tokens", .int($0.tokens[1])), ("common_boundaries", .int($0.both)),
              ("other_boundaries", .int($0.one)), ("share", .number($0.share)),
            ])
          })
      ),
    ])
  }

  var summary: String {
    "\(Numbers.grouped(different)) of \(Numbers.grouped(documents)) cut in another way; \(Numbers.grouped(tokens[0])) against \(Numbers.grouped(tokens[1])) tokens"
  }

  func table(_ labels: [String]) -> Table? {
    guard !rows.isEmpty else { return nil }
    var table = Table([
      .init("file"), .init("document", .right), .init("tokens \(labels[0])", .right),
      .init("tokens \(labels[1])", .right), .init("boundaries that differ", .right), .init("text"),
    ])
    for row in rows {
      table.append([
        row.file, String(row.document), Numbers.grouped(row.tokens[0]), Numbers.grouped(row.tokens[1]),
        "\(Numbers.fixed(row.share * 100, 1)) %", DisplayWidth.truncate(row.sample, to: 40),
      ])
    }
    return table
  }
}
