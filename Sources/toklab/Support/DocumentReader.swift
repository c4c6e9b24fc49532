import Glibc
import Tokenizers

/// Reads the documents of all inputs in order, in batches of a few megabytes that lie in one buffer.
///
/// A single document may be larger than a batch; lines and records never make more than a batch and the
/// longest line stay in memory.
final class DocumentReader {
  struct Batch: Sendable {
    /// The texts of the documents, and 16 bytes more that may be read.
    var bytes: [UInt8] = []
    /// Each document's place in `bytes`.
    var documents: [Range<Int>] = []
    /// For each document its file, as an index of ``DocumentReader/files``.
    var files: [Int] = []
    /// For each document its first byte in the unpacked file (whole files and lines) or its line from 1
    /// (JSON Lines).
    var origins: [Int] = []
    /// The number of the first document, from 0 over all inputs.
    var first = 0

    static let padding = 16

    /// Calls `body` with the texts, which are followed by ``padding`` readable bytes.
    func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
      try bytes.withUnsafeBufferPointer {
        try body(UnsafeBufferPointer(rebasing: $0.dropLast(Self.padding)))
      }
    }
  }

  /// Every file, as it was named or found in a folder; `-` is standard input.
  let files: [String]
  /// Bytes read from the files so far, before unpacking, and what there is in all where that is known.
  var bytesRead: Int { bytesDone + (stream?.consumed ?? 0) }
  let totalBytes: Int?

  private let rules: DocumentRules
  private let provenance: Provenance?
  private let target: Int
  private var fileIndex = -1
  private var stream: ByteStream?
  private var unit = DocumentRules.Unit.file
  /// The beginning of a line, or of a record, whose end has not been read.
  private var openLine: [UInt8] = []
  private var openRecord: [UInt8] = []
  private var offset = 0
  private var line = 0
  private var documents = 0
  private var bytesDone = 0

  /// - Parameters:
  ///   - inputs: files, folders and `-`; none means standard input.
  ///   - provenance: gets each file with its digest when the file has been read.
  /// - Throws: ``ToklabError`` for a folder without text or an input that does not exist.
  init(_ inputs: [String], _ rules: DocumentRules, provenance: Provenance? = nil, batch: Int = 4 << 20) throws
  {
    self.rules = rules
    self.provenance = provenance
    target = batch
    files = try Self.expand(inputs.isEmpty ? ["-"] : inputs, rules)
    guard files.count(where: { $0 == "-" }) < 2 else {
      throw ToklabError("standard input is named twice", expected: "- at most once")
    }
    totalBytes = files.reduce(Int?(0)) { sum, file in
      var status = stat()
      guard let sum, stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return sum + Int(status.st_size)
    }
  }

  private static func expand(_ inputs: [String], _ rules: DocumentRules) throws -> [String] {
    let format: Corpus.Format = rules.format == .jsonl ? .jsonLines : .automatic
    return try inputs.flatMap { input in
      try Corpus(inputs: [input], options: Corpus.Options(format: format)).sources.flatMap(\.files).map(
        \.path)
    }
  }

  /// The name of a file in messages and results.
  func name(_ file: Int) -> String { files[file] }

  /// The next documents, or nil at the end of the last file.
  func next() throws -> Batch? {
    var batch = Batch()
    batch.first = documents
    batch.bytes = openLine
    openLine = []
    var lineStart = 0
    while batch.bytes.count < target || batch.documents.isEmpty {
      if stream == nil {
        guard try open() else { break }
        lineStart = batch.bytes.count
      }
      switch unit {
      case .file:
        let start = batch.bytes.count
        if start == 0 {
          try stream!.readAll(into: &batch.bytes)
        } else {
          var bytes: [UInt8] = []
          try stream!.readAll(into: &bytes)
          batch.bytes += bytes
        }
        add(start..<batch.bytes.count, origin: 0, to: &batch)
        try close()
      case .line:
        try readLines(&batch, &lineStart)
      case .json(let field):
        try readRecords(&batch, field)
      }
    }
    if case .line = unit, stream != nil {
      openLine = Array(batch.bytes[lineStart...])
      batch.bytes.removeSubrange(lineStart...)
    }
    if batch.documents.isEmpty { return nil }
    batch.bytes.append(contentsOf: repeatElement(0, count: Batch.padding))
    documents += batch.documents.count
    return batch
  }

  private func add(_ range: Range<Int>, origin: Int, to batch: inout Batch) {
    batch.documents.append(range)
    batch.files.append(fileIndex)
    batch.origins.append(origin)
  }

  private func open() throws -> Bool {
    guard fileIndex + 1 < files.count else { return false }
    fileIndex += 1
    stream = try ByteStream(files[fileIndex], hashing: provenance != nil)
    unit = rules.unit(of: files[fileIndex])
    offset = 0
    line = 0
    return true
  }

  private func close() throws {
    guard let stream else { return }
    if let provenance, let digest = try stream.sha256() {
      provenance.add(file: files[fileIndex], sha256: digest, bytes: stream.consumed)
    }
    bytesDone += stream.consumed
    self.stream = nil
  }

  /// Appends one block of the file and cuts it at line feeds; `lineStart` is where the open line begins.
  private func readLines(_ batch: inout Batch, _ lineStart: inout Int) throws {
    let known = batch.bytes.count
    let count = try readBlock(into: &batch.bytes)
    let end = batch.bytes.count
    for feed in Self.lineFeeds(batch.bytes, from: known) {
      add(lineStart..<feed, origin: offset, to: &batch)
      offset += feed + 1 - lineStart
      lineStart = feed + 1
    }
    if count == 0 {
      if lineStart < end {
        add(lineStart..<end, origin: offset, to: &batch)
        lineStart = end
      }
      try close()
    }
  }

  private static func lineFeeds(_ bytes: [UInt8], from start: Int) -> [Int] {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return [] }
      var feeds: [Int] = []
      var position = start
      while position < bytes.count, let found = memchr(base + position, 0x0A, bytes.count - position) {
        let feed = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        feeds.append(feed)
        position = feed + 1
      }
      return feeds
    }
  }

  /// Reads about a megabyte of whole lines and appends the string of each.
  private func readRecords(_ batch: inout Batch, _ field: String) throws {
    var block = openRecord
    openRecord = []
    var scanned = 0
    while true {
      let count = try readBlock(into: &block)
      var start = 0
      var position = scanned
      while let feed = block[position...].firstIndex(of: 0x0A) {
        try addRecord(block[start..<feed], field, to: &batch)
        start = feed + 1
        position = start
      }
      if count == 0 {
        if start < block.count { try addRecord(block[start...], field, to: &batch) }
        return try close()
      }
      if start > 0 {
        openRecord = Array(block[start...])
        return
      }
      scanned = block.count
    }
  }

  private func addRecord(_ bytes: ArraySlice<UInt8>, _ field: String, to batch: inout Batch) throws {
    line += 1
    if bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return }
    let start = batch.bytes.count
    do {
      let root = try ByteJSON(Array(bytes)).root
      guard root.kind == .object else { throw ToklabError("a line that is no JSON object") }
      let wanted = Array(field.utf8)
      var text: [UInt8]?
      var found = false
      try root.forEachMember { (key, value) throws(ToklabError) in
        guard try key.bytes() == wanted else { return }
        found = true
        text = value.kind == .string ? try value.bytes() : nil
      }
      guard let text else {
        throw ToklabError(
          found ? "\"\(field)\" is no string" : "no \"\(field)\" in the object",
          expected: "a JSON object with the string \"\(field)\" on each line",
          advice: "name the member that holds the text with --json-field")
      }
      batch.bytes += text
    } catch let error as ToklabError {
      var located = error.in(files[fileIndex])
      located.position = .line(line)
      throw located
    }
    add(start..<batch.bytes.count, origin: line, to: &batch)
  }

  /// Appends up to a megabyte; returns how much, 0 at the end.
  private func readBlock(into bytes: inout [UInt8]) throws -> Int {
    let size = 1 << 20
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: size))
    let count = try bytes.withUnsafeMutableBytes {
      try stream!.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...]))
    }
    bytes.removeLast(size - count)
    return count
  }

  /// An error of encoding a batch, moved from the batch's buffer to the file.
  func located(_ error: ToklabError, in batch: Batch) -> ToklabError {
    guard case .byte(let byte)? = error.position else { return error }
    guard
      let index = batch.documents.firstIndex(where: {
        $0.upperBound > byte || $0.lowerBound == byte && $0.isEmpty
      })
    else { return error }
    var located = error.in(name(batch.files[index]))
    switch rules.unit(of: files[batch.files[index]]) {
    case .file, .line:
      located.position = .byte(batch.origins[index] + byte - batch.documents[index].lowerBound)
    case .json: located.position = .line(batch.origins[index])
    }
    return located
  }
}
