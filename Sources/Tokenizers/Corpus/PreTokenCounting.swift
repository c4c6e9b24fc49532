import Dispatch
import Glibc
import Synchronization

extension PreTokenCounts {
  /// Counts the pre-tokens of a corpus, line by line, on several threads.
  ///
  /// - Throws: ``ToklabError`` for input that cannot be read, is not UTF-8 (naming file and byte), is not
  ///   JSON Lines where it should be, or holds no text at all.
  public init(
    _ corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) {
    let counting = PreTokenCounting(preTokenization: preTokenization, field: corpus.jsonField, run: run)
    if corpus.isPlain {
      self = try counting.count(corpus.sources.flatMap(\.files))
    } else {
      let sources = corpus.sources.filter { $0.weight > 0 }
      var parts: [PreTokenCounts] = []
      for source in sources { parts.append(try counting.count(source.files)) }
      let factors = SourceFactors.factors(
        weights: sources.map(\.weight), bytes: parts.map(\.textBytes), balance: corpus.balance)
      self = try SourceFactors.sum(parts, factors: factors, threads: run.threads)
    }
    guard count > 0 else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one byte of text",
        advice: "check the input files, their format and their weights")
    }
  }
}

/// One counting pass: workers take blocks from one reader and count into tables of their own.
final class PreTokenCounting {
  private let preTokenization: PreTokenization
  private let field: [UInt8]
  private let run: TrainingRun
  private var bytesDone = 0

  init(preTokenization: PreTokenization, field: String, run: TrainingRun) {
    self.preTokenization = preTokenization
    self.field = Array(field.utf8)
    self.run = run
  }

  /// The counts of these files together.
  func count(_ files: [CorpusFile]) throws(ToklabError) -> PreTokenCounts {
    try count(files, hashing: false).counts
  }

  /// The counts of these files together, and the SHA-256 of each file's text.
  func countWithDigests(
    _ files: [CorpusFile]
  ) throws(ToklabError) -> (counts: PreTokenCounts, digests: [String]) {
    try count(files, hashing: true)
  }

  private func count(
    _ files: [CorpusFile], hashing: Bool
  ) throws(ToklabError) -> (counts: PreTokenCounts, digests: [String]) {
    let workers = (0..<run.threads).map { _ in
      PreTokenWorker(preTokenization: preTokenization, field: field)
    }
    let shared = SharedReader(files, hashing: hashing)
    let (progress, before) = (run.progress, bytesDone)
    DispatchQueue.concurrentPerform(iterations: workers.count) { index in
      let block = TextBlock()
      while let number = shared.next(block) {
        progress?(.count, before + shared.bytesRead)
        do throws(ToklabError) {
          try workers[index].count(block, isJSONLines: files[block.file].isJSONLines)
        } catch {
          shared.fail(error.in(files[block.file].name), number)
        }
      }
    }
    if let error = shared.error { throw error }
    bytesDone += shared.bytesRead
    let shards = PreTokenShards.sum(workers.map(\.shards), threads: run.threads)
    return (PreTokenFreezer.freeze(shards, threads: run.threads), shared.digests)
  }
}

/// The reader behind a lock, and the first fault in the order of the text.
private final class SharedReader: @unchecked Sendable {
  private let reader: TextBlockReader
  private let lock = Mutex<(block: Int, error: ToklabError)?>(nil)
  private let progress = Atomic(0)

  init(_ files: [CorpusFile], hashing: Bool) {
    reader = TextBlockReader(files: files, hashing: hashing)
  }

  /// After the last block.
  var digests: [String] { reader.digests }

  var bytesRead: Int { progress.load(ordering: .relaxed) }

  var error: ToklabError? { lock.withLock { $0?.error } }

  /// Fills `block` and returns its number; nil at the end or after a fault.
  func next(_ block: TextBlock) -> Int? {
    lock.withLock { fault -> Int? in
      guard fault == nil else { return nil }
      do throws(ToklabError) {
        guard try reader.next(block) else { return nil }
        progress.store(reader.bytesRead, ordering: .relaxed)
        return block.number
      } catch {
        fault = (.max, error)
        return nil
      }
    }
  }

  func fail(_ error: ToklabError, _ block: Int) {
    lock.withLock { fault in
      if fault == nil || block < fault!.block { fault = (block, error) }
    }
  }
}

/// What one thread counts with.
private final class PreTokenWorker: @unchecked Sendable {
  let shards = PreTokenShards()
  private let scanner: any PreTokenScanner
  private let normalizer: (any Normalizer)?
  private var json: JSONLineText
  private var scratch: [UInt8] = []
  private let ends = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1024)

  init(preTokenization: PreTokenization, field: [UInt8]) {
    scanner = preTokenization.preTokenizer.makeScanner()
    normalizer = preTokenization.normalizer
    json = JSONLineText(field: field)
  }

  deinit { ends.deallocate() }

  func count(_ block: TextBlock, isJSONLines: Bool) throws(ToklabError) {
    if let offset = UTF8Scalar.firstInvalid(block.bytes) {
      throw ToklabError(
        at: .byte(block.offset + offset),
        "not UTF-8 (byte 0x\(ByteEscape.hex(block.bytes[offset]).dropFirst(2)))",
        expected: "UTF-8 text", advice: "convert the file to UTF-8, or leave it out")
    }
    guard isJSONLines else { return try countLines(block.bytes) }
    var position = 0
    while position < block.count {
      let end = Self.lineEnd(block.bytes, from: position)
      let line = UnsafeBufferPointer(rebasing: block.bytes[position..<end])
      if var text = try json.text(of: line, at: block.offset + position) {
        let count = text.count
        text.append(contentsOf: repeatElement(0, count: TextBlock.padding))
        try text.withUnsafeBufferPointer { (buffer) throws(ToklabError) in
          try countLines(UnsafeBufferPointer(rebasing: buffer[..<count]))
        }
      }
      position = end
    }
  }

  private static func lineEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let base = text.baseAddress!
    guard let found = memchr(base + start, 0x0A, text.count - start) else { return text.count }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
  }

  /// - Parameter text: followed by 16 readable bytes.
  private func countLines(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    var position = 0
    while position < text.count {
      let end = Self.lineEnd(text, from: position)
      let line = UnsafeBufferPointer(rebasing: text[position..<end])
      if let normalized = try normalizer?.normalize(line, alignment: false) {
        scratch.removeAll(keepingCapacity: true)
        scratch += normalized.bytes
        scratch.append(contentsOf: repeatElement(0, count: TextBlock.padding))
        try scratch.withUnsafeBufferPointer { (buffer) throws(ToklabError) in
          try countPieces(UnsafeBufferPointer(rebasing: buffer[..<normalized.bytes.count]))
        }
      } else {
        try countPieces(line)
      }
      position = end
    }
  }

  private func countPieces(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    guard let base = text.baseAddress, text.count > 0 else { return }
    let (ends, shards) = (self.ends, self.shards)
    try scanner.begin(text)
    var start = 0
    while true {
      let count = try scanner.fill(ends)
      if count == 0 { return }
      for index in 0..<count {
        let end = ends[index]
        shards.add(base + start, end &- start, 1)
        start = end
      }
    }
  }
}
