import Dispatch
import Synchronization

/// A text as runs of neighbouring pre-tokens that supermerges may join: each is a token of the ordinary training
/// and holds a letter, and the second pattern cuts between none of them.
///
/// Memory: four bytes a pre-token of the text.
final class BoundlessText: @unchecked Sendable {
  private static let end = TokenID.max

  private var blocks: [[TokenID]] = []
  private let sketch = PairSketch()

  init(
    _ files: [CorpusFile], field: String, words: BytePairTraining, cutBy preTokenization: PreTokenization,
    and second: any PreTokenizer, run: TrainingRun
  ) throws(ToklabError) {
    let workers = (0..<run.threads).map { _ in
      Worker(words, preTokenization, second, field: Array(field.utf8))
    }
    let shared = SharedReader(files, hashing: false)
    let progress = run.progress
    DispatchQueue.concurrentPerform(iterations: workers.count) { index in
      let block = TextBlock()
      while let number = shared.next(block) {
        progress?(.encode, shared.bytesRead)
        do throws(ToklabError) {
          try workers[index].take(block, number, isJSONLines: files[block.file].isJSONLines)
        } catch {
          shared.fail(error.in(files[block.file].name), number)
        }
      }
    }
    if let error = shared.error { throw error }
    for worker in workers { sketch.add(worker.sketch) }
    blocks = workers.flatMap(\.blocks).sorted { $0.number < $1.number }.map(\.ids)
  }

  /// The distinct runs with their counts, as little-endian ids of four bytes, cut where a pair of neighbours
  /// occurs less than `least` times.
  func runs(least: Int64, threads: Int) -> PreTokenCounts {
    let shards = PreTokenShards()
    var key: [UInt8] = []
    func flush() {
      if key.count > 4 {
        let count = key.count
        key.append(contentsOf: repeatElement(0, count: 16))
        key.withUnsafeBufferPointer { shards.add($0.baseAddress!, count, 1) }
      }
      key.removeAll(keepingCapacity: true)
    }
    for block in blocks {
      var previous = Self.end
      for id in block {
        if id == Self.end || previous != Self.end && sketch.bound(previous, id) < least { flush() }
        if id != Self.end {
          for shift: UInt32 in [0, 8, 16, 24] { key.append(UInt8(truncatingIfNeeded: id >> shift)) }
        }
        previous = id
      }
      flush()
    }
    return PreTokenFreezer.freeze(shards, threads: threads)
  }

  /// What one thread works with.
  private final class Worker: @unchecked Sendable {
    let sketch = PairSketch()
    private(set) var blocks: [(number: Int, ids: [TokenID])] = []
    private let tokens: TokenTable
    private let hasLetter: [Bool]
    private let first: any PreTokenScanner
    private let second: any PreTokenScanner
    private let lines: LineTexts
    private var ends = [Int](repeating: 0, count: 1024)
    private var ids: [TokenID] = []

    init(
      _ words: BytePairTraining, _ preTokenization: PreTokenization, _ second: any PreTokenizer,
      field: [UInt8]
    ) {
      tokens = words.tokens
      hasLetter = (0..<tokens.count).map { BoundlessRules.isEligible(words.tokens[TokenID($0)]) }
      first = preTokenization.preTokenizer.makeScanner()
      self.second = second.makeScanner()
      lines = LineTexts(normalizer: preTokenization.normalizer, field: field)
    }

    func take(_ block: TextBlock, _ number: Int, isJSONLines: Bool) throws(ToklabError) {
      ids.removeAll(keepingCapacity: true)
      try lines.forEach(of: block, isJSONLines: isJSONLines) { (line) throws(ToklabError) in
        try take(line)
      }
      blocks.append((number, ids))
    }

    private func take(_ line: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
      let cuts = Set(try ends(line, second))
      var previous = BoundlessText.end
      var start = 0
      for end in try ends(line, first) {
        let piece = Array(line[start..<end])
        let id = tokens.id(of: piece).flatMap { hasLetter[Int($0)] ? $0 : nil }
        if previous != BoundlessText.end, id == nil || cuts.contains(start) {
          ids.append(BoundlessText.end)
          previous = BoundlessText.end
        }
        if let id {
          if previous != BoundlessText.end { sketch.add(previous, id) }
          ids.append(id)
          previous = id
        }
        start = end
      }
      if previous != BoundlessText.end { ids.append(BoundlessText.end) }
    }

    private func ends(
      _ line: UnsafeBufferPointer<UInt8>, _ scanner: any PreTokenScanner
    ) throws(ToklabError) -> [Int] {
      var all: [Int] = []
      try scanner.begin(line)
      while true {
        let result: Result<Int, ToklabError> = ends.withUnsafeMutableBufferPointer { ends in
          do throws(ToklabError) { return .success(try scanner.fill(ends)) } catch { return .failure(error) }
        }
        let count = try result.get()
        if count == 0 { return all }
        all += ends[..<count]
      }
    }
  }
}

/// Which pre-tokens may take part in a supermerge.
enum BoundlessRules {
  /// Valid UTF-8 with a letter.
  static func isEligible(_ bytes: [UInt8]) -> Bool {
    UTF8Scalar.firstInvalid(bytes) == nil
      && String(decoding: bytes, as: UTF8.self).unicodeScalars.contains {
        !UnicodeClasses.shared[Int($0.value)].isDisjoint(with: .letter)
      }
  }
}
