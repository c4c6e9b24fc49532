import CIntrinsics

/// Merges many short pieces at once: the miss path of the encoder's cache.
///
/// After each merge of a piece two look-ups in the merge table decide how it goes on, and on text that is
/// new those lie outside the caches near the core: one piece alone mostly waits. Here ``lanes`` pieces take
/// turns. A lane asks for the memory of its look-ups and yields; when its turn comes again they are there.
/// Each piece goes through the same merges as in ``PieceMerger``, so the tokens are the same.
///
/// Unsafe: raw scratch memory of ``pieceLimit`` tokens a lane; pieces are no longer than that.
package final class InterleavedMerger {
  package static let pieceLimit = 32
  private static let lanes = 8
  private static let stride = pieceLimit + 1

  /// One piece at work.
  private struct Lane {
    /// The caller's number of the piece; -1 for an idle lane.
    var piece = -1
    var remaining = 0
    /// Where the last merge was, and the slots of the two look-ups that wait, -1 for none.
    var at = 0
    var left = -1
    var right = -1
  }

  private let merges: MergeTable
  private let results: UnsafePointer<TokenID>?
  private let byteTokens: UnsafePointer<TokenID>
  private let bytePairRanks: UnsafePointer<UInt32>
  private let ids: UnsafeMutablePointer<TokenID>
  private let ranks: UnsafeMutablePointer<UInt32>
  private let state: UnsafeMutablePointer<Lane>

  /// The tables belong to the caller, who keeps them alive as long as this object.
  package init(
    merges: MergeTable, results: UnsafePointer<TokenID>?, byteTokens: UnsafePointer<TokenID>,
    bytePairRanks: UnsafePointer<UInt32>
  ) {
    self.merges = merges
    self.results = results
    self.byteTokens = byteTokens
    self.bytePairRanks = bytePairRanks
    ids = .allocate(capacity: Self.lanes * Self.stride)
    ids.initialize(repeating: 0, count: Self.lanes * Self.stride)
    ranks = .allocate(capacity: Self.lanes * Self.stride)
    ranks.initialize(repeating: MergeTable.none, count: Self.lanes * Self.stride)
    state = .allocate(capacity: Self.lanes)
    state.initialize(repeating: Lane(), count: Self.lanes)
  }

  deinit {
    ids.deallocate()
    ranks.deallocate()
    state.deallocate()
  }

  /// Merges the pieces `0..<count`, in any order.
  ///
  /// - Parameters:
  ///   - bytes: start and length of a piece; the length is in 1...``pieceLimit``.
  ///   - done: receives the number of a piece and its tokens, which are valid during the call.
  @inline(__always)
  package func merge(
    _ count: Int, bytes: (Int) -> (UnsafePointer<UInt8>, Int),
    done: (Int, UnsafeMutablePointer<TokenID>, Int) -> Void
  ) {
    var next = 0
    var active = 0
    while active < Self.lanes, next < count {
      let (start, length) = bytes(next)
      begin(active, next, start, length)
      active &+= 1
      next &+= 1
    }
    while active > 0 {
      var lane = 0
      while lane < active {
        if step(lane) {
          lane &+= 1
          continue
        }
        done(state[lane].piece, ids + lane &* Self.stride, state[lane].remaining)
        if next < count {
          let (start, length) = bytes(next)
          begin(lane, next, start, length)
          next &+= 1
          lane &+= 1
        } else {
          active &-= 1
          if lane < active { move(from: active, to: lane) }
        }
      }
    }
  }

  @inline(__always)
  private func begin(_ lane: Int, _ piece: Int, _ start: UnsafePointer<UInt8>, _ length: Int) {
    let ids = self.ids + lane &* Self.stride
    let ranks = self.ranks + lane &* Self.stride
    ids[0] = byteTokens[Int(start[0])]
    for index in 1..<max(1, length) {
      ids[index] = byteTokens[Int(start[index])]
      ranks[index &- 1] = bytePairRanks[Int(start[index &- 1]) << 8 | Int(start[index])]
    }
    state[lane] = Lane(piece: piece, remaining: length)
  }

  private func move(from source: Int, to target: Int) {
    state[target] = state[source]
    let remaining = state[source].remaining
    (ids + target &* Self.stride).update(from: ids + source &* Self.stride, count: remaining)
    (ranks + target &* Self.stride).update(from: ranks + source &* Self.stride, count: remaining)
  }

  /// One merge; false when there is none left.
  @inline(__always)
  private func step(_ lane: Int) -> Bool {
    let ids = self.ids + lane &* Self.stride
    let ranks = self.ranks + lane &* Self.stride
    let at = state[lane].at
    var remaining = state[lane].remaining
    if state[lane].right >= 0 { ranks[at] = merges.rank(ids[at], ids[at &+ 1], at: state[lane].right) }
    if state[lane].left >= 0 {
      ranks[at &- 1] = merges.rank(ids[at &- 1], ids[at], at: state[lane].left)
    }
    var best = MergeTable.none
    var place = 0
    for index in 0..<(remaining &- 1) {
      let rank = ranks[index]
      if rank < best {
        best = rank
        place = index
      }
    }
    if best == MergeTable.none { return false }
    let merged = results.map { $0[Int(best)] } ?? best
    ids[place] = merged
    remaining &-= 1
    var index = place &+ 1
    while index < remaining {
      ids[index] = ids[index &+ 1]
      ranks[index] = ranks[index &+ 1]
      index &+= 1
    }
    var right = -1
    var left = -1
    if place &+ 1 < remaining {
      ranks[place] = MergeTable.none
      right = merges.slotForRank(merged, ids[place &+ 1])
    }
    if place > 0 {
      ranks[place &- 1] = MergeTable.none
      left = merges.slotForRank(ids[place &- 1], merged)
    }
    state[lane].remaining = remaining
    state[lane].at = place
    state[lane].left = left
    state[lane].right = right
    return true
  }
}
