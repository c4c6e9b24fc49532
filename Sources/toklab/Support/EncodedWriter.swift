import Tokenizers

/// Encodes batches of documents and writes them.
protocol DocumentWriter {
  var documents: Int { get }
  var tokens: Int { get }
  mutating func write(_ batch: DocumentReader.Batch, _ reader: DocumentReader) throws
  mutating func finish() throws
}

/// Encodes batches and writes them in one of the formats of `encode`.
///
/// Ids become text on all threads: printing decimal numbers costs as much as encoding.
struct EncodedWriter: DocumentWriter {
  private let format: Encode.Format
  private let tokenizer: Tokenizer
  private let options: EncodeOptions
  private let threads: Int
  private let output: Output
  private let lengths: Output?
  private let encoder: BatchEncoder
  private(set) var documents = 0
  private(set) var tokens = 0
  /// `u16` of a large vocabulary writes nothing before every id is known to fit.
  private var held: [UInt8]?
  /// One a thread, made when first needed.
  private var recordEncoders: [DocumentEncoder] = []

  init(
    format: Encode.Format, tokenizer: Tokenizer, options: EncodeOptions, threads: Int, output: Output,
    lengths: Output?
  ) throws {
    encoder = try BatchEncoder(tokenizer, options: options, threads: threads)
    self.format = format
    self.tokenizer = tokenizer
    self.options = options
    self.threads = threads
    self.output = output
    self.lengths = lengths
    held = format == .u16 && tokenizer.capacity > 1 << 16 ? [] : nil
  }

  mutating func write(_ batch: DocumentReader.Batch, _ reader: DocumentReader) throws {
    documents += batch.documents.count
    if format == .json { return try writeRecords(batch, reader) }
    let result = try batch.withBytes {
      try encoder.encode($0, documents: batch.documents, first: batch.first)
    }
    tokens += result.ids.count
    switch format {
    case .ids: for block in try IDText.lines(result, threads: threads) { try output.write(block) }
    case .tokens: try writeTokens(result)
    case .u32: try result.ids.withUnsafeBytes { try output.write(Self.bytes($0)) }
    case .u16: try writeShort(result.ids)
    case .json: break
    }
    if let lengths {
      var start = 0
      let counts = result.ends.map { end -> UInt64 in
        defer { start = end }
        return UInt64(end - start).littleEndian
      }
      try counts.withUnsafeBytes { try lengths.write(Self.bytes($0)) }
    }
  }

  /// Little-endian memory as it is: every machine Swift runs on is little-endian.
  private static func bytes(_ raw: UnsafeRawBufferPointer) -> UnsafeBufferPointer<UInt8> {
    raw.assumingMemoryBound(to: UInt8.self)
  }

  mutating func finish() throws {
    if let held { try output.write(held) }
    held = nil
  }

  private mutating func writeShort(_ ids: [TokenID]) throws {
    if let large = ids.first(where: { $0 > 0xFFFF }) {
      throw ToklabError(
        "token id \(large) does not fit in 16 bits", expected: "ids up to 65535", advice: "use --format u32")
    }
    let short = ids.map { UInt16(truncatingIfNeeded: $0).littleEndian }
    try short.withUnsafeBytes { raw in
      if held == nil { try output.write(Self.bytes(raw)) } else { held!.append(contentsOf: raw) }
    }
  }

  /// The tokens of a document on one line, escaped and separated by tabs.
  private func writeTokens(_ result: BatchEncoder.Result) throws {
    let tokenizer = tokenizer
    let blocks = try parallelMap(Blocks.count(result.ends.count), threads: threads) { block in
      var out: [UInt8] = []
      for document in Blocks.range(block, of: result.ends.count) {
        for (index, id) in result[document].enumerated() {
          if index > 0 { out.append(0x09) }
          out.append(contentsOf: ByteEscape.string(tokenizer.bytes(of: id) ?? []).utf8)
        }
        out.append(0x0A)
      }
      return out
    }
    for block in blocks { try output.write(block) }
  }

  private mutating func writeRecords(_ batch: DocumentReader.Batch, _ reader: DocumentReader) throws {
    let count = batch.documents.count
    let tokenizer = tokenizer
    if recordEncoders.isEmpty {
      for _ in 0..<threads { recordEncoders.append(try DocumentEncoder(tokenizer, options: options)) }
    }
    let names = Set(batch.files).reduce(into: [Int: String]()) { $0[$1] = reader.name($1) }
    let blocks = try parallelMap(Blocks.count(count), workers: recordEncoders) { block, encoder in
      var out: [UInt8] = []
      var tokens = 0
      for document in Blocks.range(block, of: count) {
        let encoding = try batch.withBytes { text in
          let range = batch.documents[document]
          do {
            return try encoder.encodeWithOffsets(
              UnsafeBufferPointer(rebasing: text[range]), number: batch.first + document)
          } catch let error as ToklabError { throw error.shifted(by: range.lowerBound) }
        }
        tokens += encoding.ids.count
        out += Self.record(
          batch.first + document, names[batch.files[document]] ?? "", encoding, tokenizer)
        out.append(0x0A)
      }
      return (out, tokens)
    }
    for (bytes, count) in blocks {
      tokens += count
      try output.write(bytes)
    }
  }

  private static func record(_ number: Int, _ file: String, _ encoding: Encoding, _ tokenizer: Tokenizer)
    -> [UInt8]
  {
    var escaped = false
    let tokens = encoding.ids.map { id in
      let (text, isEscaped) = ByteEscape.utf8(tokenizer.bytes(of: id) ?? [])
      escaped = escaped || isEscaped
      return JSON.string(text)
    }
    var members: [(String, JSON)] = [
      ("document", .int(number)), ("file", .string(file)),
      ("ids", .array(encoding.ids.map { .int(Int($0)) })), ("tokens", .array(tokens)),
      ("offsets", .array(encoding.offsets.map { .array([.int($0.lowerBound), .int($0.upperBound)]) })),
    ]
    if escaped { members.append(("escaped", .bool(true))) }
    return JSON.object(members).line()
  }
}

/// Work on many small items, some hundred at a time.
enum Blocks {
  static let size = 256
  static func count(_ items: Int) -> Int { (items + size - 1) / size }
  static func range(_ block: Int, of items: Int) -> Range<Int> {
    block * size..<min(items, (block + 1) * size)
  }
}

/// Decimal ids.
enum IDText {
  private static let blockIDs = 1 << 16

  /// Lines of ids separated by one space, cut into blocks at any place.
  static func lines(_ result: BatchEncoder.Result, threads: Int) throws -> [[UInt8]] {
    let count = result.ids.count
    let blocks = max(1, (count + blockIDs - 1) / blockIDs)
    return try parallelMap(blocks, threads: threads) { block in
      let first = block * blockIDs
      let last = block == blocks - 1 ? count : first + blockIDs
      // Documents that end in this block; one that ends at its first id ended in the block before.
      var document = block == 0 ? 0 : result.ends.partitioningIndex { $0 > first }
      let lineEnds =
        (block == blocks - 1 ? result.ends.count : result.ends.partitioningIndex { $0 > last }) - document
      return [UInt8](unsafeUninitializedCapacity: (last - first) * 11 + lineEnds + 1) { out, size in
        var position = 0
        var start = document == 0 ? 0 : result.ends[document - 1]
        func endDocuments(upTo index: Int) {
          while document < result.ends.count, result.ends[document] <= index {
            out[position] = 0x0A
            position += 1
            start = result.ends[document]
            document += 1
          }
        }
        if block == 0 { endDocuments(upTo: 0) }
        for index in first..<last {
          if index > start {
            out[position] = 0x20
            position += 1
          }
          position += decimal(result.ids[index], out.baseAddress! + position)
          endDocuments(upTo: index + 1)
        }
        size = position
      }
    }
  }

  @inline(__always)
  private static func decimal(_ value: UInt32, _ out: UnsafeMutablePointer<UInt8>) -> Int {
    var digits = 1
    var limit: UInt64 = 10
    while UInt64(value) >= limit {
      digits += 1
      limit *= 10
    }
    var rest = value
    var index = digits
    while index > 0 {
      index -= 1
      out[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return digits
  }
}

extension Array {
  /// The first index whose element satisfies a condition that no later element breaks; `count` if none.
  func partitioningIndex(_ condition: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
