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
      let sources = corpus.weighed
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
final class SharedReader: @unchecked Sendable {
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
  private let lines: LineTexts
  private let ends = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1024)

  init(preTokenization: PreTokenization, field: [UInt8]) {
    scanner = preTokenization.preTokenizer.makeScanner()
    lines = LineTexts(normalizer: preTokenization.normalizer, field: field)
  }

  deinit { ends.deallocate() }

  func count(_ block: TextBlock, isJSONLines: Bool) throws(ToklabError) {
    try lines.forEach(of: block, isJSONLines: isJSONLines) { (line) throws(ToklabError) in
      try countPieces(line)
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
