import Tokenizers

/// Writes the documents of `encode` as a model takes them: pairs, cut and filled up.
struct SequenceWriter: DocumentWriter {
  private let settings: SequenceSettings
  private let format: Encode.Format
  private let tokenizer: Tokenizer
  private let encoders: [SequenceEncoder]
  private let output: Output
  private(set) var documents = 0
  private(set) var tokens = 0
  /// Everything, where sequences are filled up to the longest of the input.
  private var held: [Item] = []

  private struct Item: Sendable {
    var number: Int
    var file: String
    var encoding: SequenceEncoding
  }

  init(
    _ settings: SequenceSettings, format: Encode.Format, tokenizer: Tokenizer, options: EncodeOptions,
    threads: Int, output: Output
  ) throws {
    self.settings = settings
    self.format = format
    self.tokenizer = tokenizer
    self.output = output
    encoders = try (0..<threads).map { _ in try settings.encoder(tokenizer, options) }
  }

  mutating func write(_ batch: DocumentReader.Batch, _ reader: DocumentReader) throws {
    let names = Set(batch.files).reduce(into: [Int: String]()) { $0[$1] = reader.name($1) }
    let isPair = settings.pairs
    let count = batch.documents.count
    let blocks = try parallelMap(Blocks.count(count), workers: encoders) { block, encoder in
      try Blocks.range(block, of: count).map { document in
        let range = batch.documents[document]
        let number = batch.first + document
        let encoding = try batch.withBytes { text in
          do {
            let line = UnsafeBufferPointer(rebasing: text[range])
            guard isPair else { return try encoder.encode(line, number: number) }
            let (first, second) = try Self.halves(line)
            return try encoder.encode(first, second, number: number)
          } catch let error as ToklabError { throw error.shifted(by: range.lowerBound) }
        }
        return Item(number: number, file: names[batch.files[document]] ?? "", encoding: encoding)
      }
    }
    documents += count
    held += blocks.flatMap { $0 }
    if settings.padding != "longest", settings.padding != "file" { try release() }
  }

  mutating func finish() throws {
    var encodings = held.map(\.encoding)
    encoders[0].pad(&encodings)
    for index in held.indices { held[index].encoding = encodings[index] }
    try release()
  }

  private mutating func release() throws {
    for item in held {
      tokens += item.encoding.count
      switch format {
      case .json: try output.write(Self.record(item, tokenizer).line() + [0x0A])
      case .tokens:
        let names = item.encoding.ids.map { ByteEscape.string(tokenizer.bytes(of: $0) ?? []) }
        try output.write(Array(names.joined(separator: "\t").utf8) + [0x0A])
      default:
        try output.write(Array(item.encoding.ids.map(String.init).joined(separator: " ").utf8) + [0x0A])
      }
    }
    held = []
  }

  /// The two texts of a line.
  private static func halves(
    _ line: UnsafeBufferPointer<UInt8>
  ) throws(ToklabError) -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) {
    guard let tab = line.firstIndex(of: 0x09), !line[(tab + 1)...].contains(0x09) else {
      throw ToklabError(
        at: .byte(0), "a document without exactly one tab", expected: "a pair: two texts with a tab between",
        advice: "use --per-line for one pair a line")
    }
    return (
      UnsafeBufferPointer(rebasing: line[..<tab]), UnsafeBufferPointer(rebasing: line[(tab + 1)...])
    )
  }

  private static func record(_ item: Item, _ tokenizer: Tokenizer) -> JSON {
    .object(
      [("document", .int(item.number)), ("file", .string(item.file))] + columns(item.encoding, tokenizer))
  }

  private static func columns(_ encoding: SequenceEncoding, _ tokenizer: Tokenizer) -> [(String, JSON)] {
    var escaped = false
    let tokens = encoding.ids.map { id in
      let (text, isEscaped) = ByteEscape.utf8(tokenizer.bytes(of: id) ?? [])
      escaped = escaped || isEscaped
      return JSON.string(text)
    }
    var members: [(String, JSON)] = [
      ("ids", .array(encoding.ids.map { .int(Int($0)) })), ("tokens", .array(tokens)),
      ("type_ids", .array(encoding.typeIDs.map { .int(Int($0)) })),
      ("offsets", .array(encoding.offsets.map { .array([.int($0.lowerBound), .int($0.upperBound)]) })),
      ("special_tokens_mask", .array(encoding.isSpecial.map { .int($0 ? 1 : 0) })),
      ("attention_mask", .array(encoding.isAttended.map { .int($0 ? 1 : 0) })),
    ]
    if !encoding.overflow.isEmpty {
      members.append(("overflowing", .array(encoding.overflow.map { .object(columns($0, tokenizer)) })))
    }
    if escaped { members.append(("escaped", .bool(true))) }
    return members
  }
}
