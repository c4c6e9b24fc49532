/// Merges a sequence of symbols of any length by a heap of candidate merges: n log n.
///
/// Symbols form a doubly linked list over their first positions. A heap entry is stale when the rank now
/// standing at its position is another one; stale entries are dropped when they come up.
///
/// Unsafe: raw arrays indexed by positions below `count`, which every append bounds.
package final class HeapMergeEngine {
  private static let none = -1

  private var ids: UnsafeMutablePointer<TokenID>
  private var lengths: UnsafeMutablePointer<Int32>
  private var previous: UnsafeMutablePointer<Int>
  private var next: UnsafeMutablePointer<Int>
  private var ranks: UnsafeMutablePointer<UInt32>
  private var capacity = 256
  private var count = 0
  private var heap = MinimumHeap()

  package init() {
    ids = .allocate(capacity: capacity)
    lengths = .allocate(capacity: capacity)
    previous = .allocate(capacity: capacity)
    next = .allocate(capacity: capacity)
    ranks = .allocate(capacity: capacity)
  }

  deinit {
    ids.deallocate()
    lengths.deallocate()
    previous.deallocate()
    next.deallocate()
    ranks.deallocate()
  }

  package func begin() { count = 0 }

  package func append(_ id: TokenID, length: Int = 1) {
    if count == capacity { grow() }
    ids[count] = id
    lengths[count] = Int32(truncatingIfNeeded: length)
    count &+= 1
  }

  private func grow() {
    func widen<T: BitwiseCopyable>(_ old: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
      let new = UnsafeMutablePointer<T>.allocate(capacity: capacity * 2)
      new.update(from: old, count: count)
      old.deallocate()
      return new
    }
    ids = widen(ids)
    lengths = widen(lengths)
    previous = widen(previous)
    next = widen(next)
    ranks = widen(ranks)
    capacity *= 2
  }

  /// Merges until no pair can. With dropout every candidate that comes up is set aside with probability
  /// `dropout` and comes back after the next accepted merge (Provilkov, Emelianenko and Voita, "BPE-Dropout",
  /// ACL 2020, as huggingface/tokenizers `models/bpe/word.rs` runs it).
  package func merge(_ model: BytePairModel, dropout: Double = 0, random: inout SplitMix64) {
    let merges = model.merges
    heap.removeAll()
    for index in 0..<count {
      previous[index] = index &- 1
      next[index] = index &+ 1 < count ? index &+ 1 : Self.none
      ranks[index] = index &+ 1 < count ? merges.rank(ids[index], ids[index &+ 1]) : MergeTable.none
      if ranks[index] != MergeTable.none { push(index) }
    }
    var skipped: [UInt64] = []
    while let key = heap.popMinimum() {
      if dropout > 0, random.unitInterval() < dropout {
        skipped.append(key)
        continue
      }
      if !skipped.isEmpty {
        for key in skipped { heap.insert(key) }
        skipped.removeAll(keepingCapacity: true)
      }
      let index = Int(truncatingIfNeeded: key & 0xFF_FFFF_FFFF)
      let rank = UInt32(truncatingIfNeeded: key >> 40)
      guard ranks[index] == rank else { continue }
      let right = next[index]
      ids[index] = model.result(of: rank)
      lengths[index] &+= lengths[right]
      ranks[right] = MergeTable.none
      lengths[right] = -1
      let after = next[right]
      next[index] = after
      if after != Self.none {
        previous[after] = index
        ranks[index] = merges.rank(ids[index], ids[after])
        if ranks[index] != MergeTable.none { push(index) }
      } else {
        ranks[index] = MergeTable.none
      }
      let before = previous[index]
      if before != Self.none {
        ranks[before] = merges.rank(ids[before], ids[index])
        if ranks[before] != MergeTable.none { push(before) }
      }
    }
  }

  package func merge(_ model: BytePairModel) {
    var random = SplitMix64(seed: 0)
    merge(model, random: &random)
  }

  private func push(_ index: Int) {
    heap.insert(UInt64(ranks[index]) << 40 | UInt64(index))
  }

  /// The symbols that are left, from left to right, with the bytes they stand for.
  package func forEach(_ body: (TokenID, Int) -> Void) {
    var index = count == 0 ? Self.none : 0
    while index != Self.none {
      body(ids[index], Int(lengths[index]))
      index = next[index]
    }
  }
}
