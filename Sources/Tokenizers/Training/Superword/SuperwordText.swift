import Dispatch
import Synchronization

/// A text as tokens of the first stage, as far as the second can do anything with it: runs of at least two
/// tokens, cut where the second stage's pattern cuts and where no token may span.
///
/// The text is encoded as the finished tokenizer will encode it: pieces of the second pattern, the first
/// stage's merges run over them whole. Pieces are cut at junctions that no merge has (see ``SuperwordTable``),
/// so that words come from the encoder's cache. Memory: the width of `Symbol` a token of the text, and 16 MiB
/// a thread.
final class SuperwordText<Symbol: FixedWidthInteger & UnsignedInteger & Sendable>: @unchecked Sendable {
  /// Ends each run; no token has this id.
  static var end: Symbol { .max }

  /// Tokens of the whole text, and its bytes.
  private(set) var tokens: Int64 = 0
  private(set) var bytes: Int64 = 0
  private var blocks: [[Symbol]] = []
  /// Per block how often each of its runs occurs; none where each stands for itself.
  private var weights: [[Int64]] = []
  private let sketch: PairSketch

  init(
    _ files: [CorpusFile], field: String, cutBy preTokenization: PreTokenization, model: BytePairModel,
    run: TrainingRun
  ) throws(ToklabError) {
    let workers = (0..<run.threads).map { _ in
      SuperwordTextWorker<Symbol>(model: model, preTokenization: preTokenization, field: Array(field.utf8))
    }
    let shared = SharedReader(files, hashing: false)
    let progress = run.progress
    DispatchQueue.concurrentPerform(iterations: workers.count) { index in
      let block = TextBlock()
      while let number = shared.next(block) {
        progress?(.encode, shared.bytesRead)
        do throws(ToklabError) {
          try workers[index].encode(block, number, isJSONLines: files[block.file].isJSONLines)
        } catch {
          shared.fail(error.in(files[block.file].name), number)
        }
      }
    }
    sketch = PairSketch()
    if let error = shared.error { throw error }
    for worker in workers { sketch.add(worker.sketch) }
    let parts = workers.flatMap(\.blocks).sorted { $0.number < $1.number }
    blocks = parts.map(\.ids)
    for worker in workers {
      tokens += worker.tokens
      bytes += worker.bytes
    }
  }

  /// The same of counted pieces of the second pattern: the text that they make up.
  init(
    _ pieces: PreTokenCounts, cutBy preTokenization: PreTokenization, model: BytePairModel, run: TrainingRun
  ) throws(ToklabError) {
    let chunk = 1 << 14
    let number = (pieces.count + chunk - 1) / chunk
    let workers = (0..<run.threads).map { _ in
      SuperwordTextWorker<Symbol>(model: model, preTokenization: preTokenization, field: [])
    }
    let cursor = Atomic(0)
    let fault = Mutex<(block: Int, error: ToklabError)?>(nil)
    DispatchQueue.concurrentPerform(iterations: workers.count) { index in
      while true {
        let block = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        guard block < number else { return }
        do throws(ToklabError) {
          try workers[index].encode(pieces, block * chunk..<min(pieces.count, (block + 1) * chunk), block)
        } catch {
          fault.withLock { if $0 == nil || block < $0!.block { $0 = (block, error) } }
        }
      }
    }
    sketch = PairSketch()
    if let fault = fault.withLock({ $0 }) { throw fault.error }
    for worker in workers { sketch.add(worker.sketch) }
    let parts = workers.flatMap(\.blocks).sorted { $0.number < $1.number }
    blocks = parts.map(\.ids)
    weights = parts.map(\.weights)
    tokens = workers.reduce(0) { $0 &+ $1.tokens }
    bytes = pieces.textBytes
  }

  /// A count that about `number` pairs of neighbours reach.
  func count(reachedBy number: Int) -> Int64 { sketch.value(reachedBy: number) }

  /// The distinct runs with their counts, cut between tokens whose pair occurs less than `least` times.
  /// No pair that occurs so often, of tokens or of what is made of them, loses an occurrence.
  func runs(least: Int64, threads: Int) -> PreTokenCounts {
    let workers = (0..<threads).map { _ in PreTokenShards() }
    let cursor = Atomic(0)
    let width = MemoryLayout<Symbol>.size
    DispatchQueue.concurrentPerform(iterations: threads) { index in
      let shards = workers[index]
      while true {
        let number = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
        guard number < blocks.count else { return }
        let weights = self.weights.isEmpty ? nil : self.weights[number]
        blocks[number].withUnsafeBufferPointer { ids in
          let ids = ids.baseAddress!
          let total = blocks[number].count
          var (start, run) = (0, 0)
          var position = 0
          while position < total {
            let id = ids[position]
            if id != Self.end {
              let next = ids[position &+ 1]
              if next != Self.end, least <= 1 || sketch.bound(UInt32(id), UInt32(next)) >= least {
                position &+= 1
                continue
              }
              if position > start {
                let length = (position &+ 1 &- start) &* width
                let weight = weights?[run] ?? 1
                (ids + start).withMemoryRebound(to: UInt8.self, capacity: length) {
                  shards.add($0, length, weight)
                }
              }
            }
            if id == Self.end { run &+= 1 }
            position &+= 1
            start = position
          }
        }
      }
    }
    return PreTokenFreezer.freeze(PreTokenShards.sum(workers, threads: threads), threads: threads)
  }
}
