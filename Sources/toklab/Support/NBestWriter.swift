import Tokenizers

/// Writes the n best tokenizations of each document of `encode --nbest`, best first.
struct NBestWriter: DocumentWriter {
  private let count: Int
  private let format: Encode.Format
  private let tokenizer: Tokenizer
  private let encoders: [DocumentEncoder]
  private let output: Output
  private(set) var documents = 0
  private(set) var tokens = 0

  init(
    _ count: Int, format: Encode.Format, tokenizer: Tokenizer, options: EncodeOptions, threads: Int,
    output: Output
  ) throws {
    self.count = count
    self.format = format
    self.tokenizer = tokenizer
    self.output = output
    encoders = try (0..<threads).map { _ in try DocumentEncoder(tokenizer, options: options) }
  }

  mutating func write(_ batch: DocumentReader.Batch, _ reader: DocumentReader) throws {
    let names = Set(batch.files).reduce(into: [Int: String]()) { $0[$1] = reader.name($1) }
    let (tokenizer, wanted, format, total) = (tokenizer, count, format, batch.documents.count)
    let blocks = try parallelMap(Blocks.count(total), workers: encoders) { block, encoder in
      var out: [UInt8] = []
      var tokens = 0
      for document in Blocks.range(block, of: total) {
        let range = batch.documents[document]
        let paths = try batch.withBytes { text in
          do { return try encoder.nBest(UnsafeBufferPointer(rebasing: text[range]), count: wanted) } catch let
            error as ToklabError
          {
            throw error.shifted(by: range.lowerBound)
          }
        }
        tokens += paths.first?.ids.count ?? 0
        out += Self.lines(
          paths, batch.first + document, names[batch.files[document]] ?? "", format, tokenizer)
      }
      return (out, tokens)
    }
    documents += total
    for (bytes, count) in blocks {
      tokens += count
      try output.write(bytes)
    }
  }

  mutating func finish() throws {}

  /// A JSON record with all paths, or a line a path: document, score, tokens.
  private static func lines(
    _ paths: [DocumentEncoder.ScoredEncoding], _ number: Int, _ file: String, _ format: Encode.Format,
    _ tokenizer: Tokenizer
  ) -> [UInt8] {
    func names(_ ids: [TokenID]) -> [String] { ids.map { ByteEscape.string(tokenizer.bytes(of: $0) ?? []) } }
    if format == .json {
      let list = paths.map { path in
        JSON.object([
          ("score", .number(path.score)), ("ids", .array(path.ids.map { .int(Int($0)) })),
          ("tokens", .array(path.ids.map { .string(ByteEscape.utf8(tokenizer.bytes(of: $0) ?? []).0) })),
        ])
      }
      return JSON.object([("document", .int(number)), ("file", .string(file)), ("paths", .array(list))])
        .line()
        + [0x0A]
    }
    return paths.flatMap { path in
      let cells = format == .tokens ? names(path.ids) : [path.ids.map(String.init).joined(separator: " ")]
      return Array(([String(number), String(path.score)] + cells).joined(separator: "\t").utf8) + [0x0A]
    }
  }
}
