import Dispatch

/// Counts the words of a corpus for unigram training: each line normalized as SentencePiece does, cut before
/// each U+2581.
///
/// Left out, as in SentencePiece: empty lines, lines that hold U+2585, and lines over the limit.
enum UnigramLoading {
  /// What counting needs: the normalizer, texts of special tokens, and the most bytes of a line.
  struct Rules {
    let normalizer: any Normalizer
    let specials: [[UInt8]]
    let maxLineLength: Int?
  }

  /// - Returns: word bytes and a byte more (0 before the end of the line, 1 before another word) with their
  ///   counts, and the digests of the texts when they are asked for.
  /// - Throws: ``ToklabError`` as counting pre-tokens does.
  static func entries(
    _ corpus: Corpus, _ rules: Rules, hashing: Bool = false, run: TrainingRun
  ) throws(ToklabError) -> (entries: PreTokenCounts, digests: [String]) {
    func count(_ files: [CorpusFile]) throws(ToklabError) -> (PreTokenCounts, [String]) {
      let workers = (0..<run.threads).map { _ in
        Worker(rules, field: Array(corpus.jsonField.utf8))
      }
      let shared = SharedReader(files, hashing: hashing)
      let progress = run.progress
      DispatchQueue.concurrentPerform(iterations: workers.count) { index in
        let block = TextBlock()
        while let number = shared.next(block) {
          progress?(.count, shared.bytesRead)
          do throws(ToklabError) {
            try workers[index].count(block, isJSONLines: files[block.file].isJSONLines)
          } catch {
            shared.fail(error.in(files[block.file].name), number)
          }
        }
      }
      if let error = shared.error { throw error }
      let shards = PreTokenShards.sum(workers.map(\.shards), threads: run.threads)
      return (PreTokenFreezer.freeze(shards, threads: run.threads), shared.digests)
    }
    if corpus.isPlain { return try count(corpus.sources.flatMap(\.files)) }
    var parts: [PreTokenCounts] = []
    for source in corpus.weighed { parts.append(try count(source.files).0) }
    let factors = SourceFactors.factors(
      weights: corpus.weighed.map(\.weight), bytes: parts.map(textBytes), balance: corpus.balance)
    return (try SourceFactors.sum(parts, factors: factors, threads: run.threads), [])
  }

  /// The bytes of normalized text that these words make up.
  static func textBytes(_ entries: PreTokenCounts) -> Int64 { entries.textBytes &- entries.occurrences }

  private final class Worker: @unchecked Sendable {
    let shards = PreTokenShards()
    private let normalizer: any Normalizer
    private let specials: [[UInt8]]
    private let limit: Int
    private let texts: LineTexts
    private var word: [UInt8] = []

    init(_ rules: Rules, field: [UInt8]) {
      normalizer = rules.normalizer
      specials = rules.specials
      limit = rules.maxLineLength ?? .max
      texts = LineTexts(normalizer: nil, field: field)
    }

    func count(_ block: TextBlock, isJSONLines: Bool) throws(ToklabError) {
      try texts.forEach(of: block, isJSONLines: isJSONLines) { (line) throws(ToklabError) in
        let end = line.last == 0x0A ? line.count - 1 : line.count
        guard end > 0 else { return }
        guard end <= limit else { return }
        let text = UnsafeBufferPointer(rebasing: line[..<end])
        guard !Self.holdsReserved(text) else { return }
        if let normalized = try normalizer.normalize(text, alignment: false) {
          normalized.bytes.withUnsafeBufferPointer(countWords)
        } else {
          countWords(text)
        }
      }
    }

    /// U+2585, which stands for characters beyond the coverage.
    private static func holdsReserved(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
      guard let base = text.baseAddress, text.count > 2 else { return false }
      for index in 0..<text.count - 2
      where base[index] == 0xE2 && base[index + 1] == 0x96 && base[index + 2] == 0x85 { return true }
      return false
    }

    private func countWords(_ text: UnsafeBufferPointer<UInt8>) {
      guard text.count > 0 else { return }
      if text.contains(0x3C), let replaced = withoutSpecials(text) {
        return replaced.withUnsafeBufferPointer(addWords)
      }
      addWords(text)
    }

    /// Each special token replaced by a tab, which no piece holds; nil when there is none.
    private func withoutSpecials(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
      var result: [UInt8] = []
      var (index, found) = (0, false)
      while index < text.count {
        let matches = specials.filter { text[index...].starts(with: $0) }
        if let longest = matches.max(by: { $0.count < $1.count }) {
          result.append(0x09)
          index += longest.count
          found = true
        } else {
          result.append(text[index])
          index += 1
        }
      }
      return found ? result : nil
    }

    private func addWords(_ text: UnsafeBufferPointer<UInt8>) {
      let base = text.baseAddress!
      var start = 0
      var index = 1
      while index <= text.count {
        let isEnd = index == text.count
        if isEnd || base[index] == 0xE2,
          isEnd
            || index + 2 < text.count && base[index + 1] == 0x96
              && base[index + 2] == 0x81
        {
          add(base + start, index - start, isEnd ? 0 : 1)
          start = index
          index += 2
        }
        index += 1
      }
    }

    private func add(_ word: UnsafePointer<UInt8>, _ count: Int, _ follower: UInt8) {
      self.word.removeAll(keepingCapacity: true)
      self.word.append(contentsOf: UnsafeBufferPointer(start: word, count: count))
      self.word.append(follower)
      let length = self.word.count
      self.word.append(contentsOf: repeatElement(0, count: 16))
      self.word.withUnsafeBufferPointer { shards.add($0.baseAddress!, length, 1) }
    }
  }
}
