/// Encodes single byte-level pieces without a cache: the miss path.
///
/// Three engines that must agree (tests hold them against ``NaiveBytePair``):
/// - up to 32 bytes, a scan for the lowest rank after each merge, in two small arrays;
/// - longer, a heap of candidate merges over a linked list: n log n;
/// - long pieces, backtracking over the trie (``BacktrackingTable``): linear. The table costs time to
///   build, so it is asked for only once enough long text has been seen.
///
/// Unsafe: scratch memory is raw; every index is bounded by the piece's length.
package final class PieceMerger {
  private static let scanLimit = 32
  /// Pieces of this length ask for the table at once; shorter ones when `heapBytes` passes the second bound.
  private static let backtrackLimit = 4096
  private static let heapBytesBeforeTable = 1 << 22
  /// Once the table is there, it takes pieces from this length on.
  private static let backtrackMinimum = 64

  private let model: BytePairModel
  private let merges: MergeTable
  private let results: UnsafeMutablePointer<TokenID>?
  private let byteTokens: UnsafeMutablePointer<TokenID>
  private let bytePairRanks: UnsafeMutablePointer<UInt32>
  private let ids: UnsafeMutablePointer<TokenID>
  private let ranks: UnsafeMutablePointer<UInt32>
  private let engine = HeapMergeEngine()
  private var heapBytes = 0
  private var table: BacktrackingTable?
  private var hasAskedForTable = false
  private var visited: [UInt64] = []
  /// The same merges for many short pieces at once.
  package let interleaved: InterleavedMerger

  package init(_ model: BytePairModel) {
    self.model = model
    merges = model.merges
    if let list = model.results {
      results = .allocate(capacity: max(1, list.count))
      results!.initialize(from: list, count: list.count)
    } else {
      results = nil
    }
    byteTokens = .allocate(capacity: 256)
    byteTokens.initialize(from: model.byteTokens, count: 256)
    bytePairRanks = .allocate(capacity: 65536)
    bytePairRanks.initialize(from: model.bytePairRanks, count: 65536)
    ids = .allocate(capacity: Self.scanLimit + 1)
    ids.initialize(repeating: 0, count: Self.scanLimit + 1)
    ranks = .allocate(capacity: Self.scanLimit + 1)
    ranks.initialize(repeating: MergeTable.none, count: Self.scanLimit + 1)
    interleaved = InterleavedMerger(
      merges: merges, results: results.map { UnsafePointer($0) }, byteTokens: byteTokens,
      bytePairRanks: bytePairRanks)
  }

  deinit {
    results?.deallocate()
    byteTokens.deallocate()
    bytePairRanks.deallocate()
    ids.deallocate()
    ranks.deallocate()
  }

  /// Appends the tokens of one piece. The output needs no room made before.
  package func encode(_ piece: UnsafePointer<UInt8>, _ count: Int, into output: TokenBuffer) {
    if count <= Self.scanLimit {
      scan(piece, count, into: output)
    } else if let table = tableForPiece(of: count) {
      backtrack(piece, count, table, into: output)
    } else {
      heapBytes &+= count
      heap(piece, count, into: output)
    }
  }

  package enum Engine: CaseIterable, Sendable { case scan, heap, backtracking }

  /// The same by one engine, for tests; false when it cannot take this piece or vocabulary.
  package func encode(
    _ piece: UnsafePointer<UInt8>, _ count: Int, by engine: Engine, into output: TokenBuffer
  ) -> Bool {
    switch engine {
    case .scan:
      guard count <= Self.scanLimit else { return false }
      scan(piece, count, into: output)
    case .heap: heap(piece, count, into: output)
    case .backtracking:
      guard let table = model.backtrackingTable else { return false }
      backtrack(piece, count, table, into: output)
    }
    return true
  }

  private func scan(_ piece: UnsafePointer<UInt8>, _ count: Int, into output: TokenBuffer) {
    let produced = scan(piece, count)
    output.reserve(produced)
    (output.base + output.count).update(from: ids, count: produced)
    output.count &+= produced
  }

  private func heap(_ piece: UnsafePointer<UInt8>, _ count: Int, into output: TokenBuffer) {
    engine.begin()
    for index in 0..<count { engine.append(byteTokens[Int(piece[index])]) }
    engine.merge(model)
    engine.forEach { id, _ in output.append(id) }
  }

  private func tableForPiece(of count: Int) -> BacktrackingTable? {
    if !hasAskedForTable, count >= Self.backtrackLimit || heapBytes >= Self.heapBytesBeforeTable {
      table = model.backtrackingTable
      hasAskedForTable = true
    }
    return count >= Self.backtrackMinimum ? table : nil
  }

  @inline(__always)
  private func result(of rank: UInt32) -> TokenID {
    if let results { return results[Int(rank)] }
    return rank
  }

  /// Merges up to ``scanLimit`` bytes in `ids`; returns how many tokens are left.
  private func scan(_ piece: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let ids = self.ids
    let ranks = self.ranks
    let merges = self.merges
    var remaining = count
    ids[0] = byteTokens[Int(piece[0])]
    for index in 1..<max(1, count) {
      ids[index] = byteTokens[Int(piece[index])]
      ranks[index &- 1] = bytePairRanks[Int(piece[index &- 1]) << 8 | Int(piece[index])]
    }
    while remaining > 1 {
      var best = MergeTable.none
      var at = 0
      for index in 0..<(remaining &- 1) {
        let rank = ranks[index]
        if rank < best {
          best = rank
          at = index
        }
      }
      if best == MergeTable.none { break }
      let merged = result(of: best)
      ids[at] = merged
      remaining &-= 1
      var index = at &+ 1
      while index < remaining {
        ids[index] = ids[index &+ 1]
        ranks[index] = ranks[index &+ 1]
        index &+= 1
      }
      if at &+ 1 < remaining { ranks[at] = merges.rank(merged, ids[at &+ 1]) }
      if at > 0 { ranks[at &- 1] = merges.rank(ids[at &- 1], merged) }
    }
    return remaining
  }

  /// The theorem and the idea are stated at ``BacktrackingTable``.
  private func backtrack(
    _ piece: UnsafePointer<UInt8>, _ count: Int, _ table: BacktrackingTable, into output: TokenBuffer
  ) {
    let words = count / 64 + 1
    if visited.count < words { visited = [UInt64](repeating: 0, count: words) }
    visited.withUnsafeMutableBufferPointer { dead in
      for index in 0..<words { dead[index] = 0 }
      let start = output.count
      var position = 0
      var candidate = table.trie.longestMatch(piece, count)!.value
      while true {
        let length = Int(table.lengths[Int(candidate)])
        let end = position &+ length
        let isOpen = dead[end >> 6] >> UInt64(end & 63) & 1 == 0
        if isOpen, output.count == start || table.isValid(output.base[output.count &- 1], candidate) {
          output.append(candidate)
          position = end
          if position == count { return }
          candidate = table.trie.longestMatch(piece + position, count &- position)!.value
          continue
        }
        let shorter = table.nextPrefix[Int(candidate)]
        if shorter != VocabularyStorage.none {
          candidate = shorter
          continue
        }
        dead[position >> 6] |= 1 << UInt64(position & 63)
        output.count &-= 1
        candidate = output.base[output.count]
        position &-= Int(table.lengths[Int(candidate)])
      }
    }
  }
}
