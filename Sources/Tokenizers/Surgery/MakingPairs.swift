/// Which two tokens each token of a merge list is made of, when its own bytes are merged.
///
/// Most lists have one merge a token. Lists made from ranks have every pair (``MergeReconstruction``); there the
/// token's bytes are merged with the merges before its own, and the last pair left is the one. Tokens that no
/// merge makes have none.
package struct MakingPairs: Sendable {
  private var lefts: [TokenID]
  private var rights: [TokenID]
  private static let none = TokenID.max

  /// - Parameter kept: only merges of these tokens count.
  package init(_ model: BytePairDefinition, kept: Set<TokenID>) {
    let capacity = model.vocabulary.capacity
    lefts = [TokenID](repeating: Self.none, count: capacity)
    rights = lefts
    var ranks: [UInt64: Int] = [:]
    ranks.reserveCapacity(model.merges.count)
    var first = [Int](repeating: Int.max, count: capacity)
    var several: Set<TokenID> = []
    for index in 0..<model.merges.count {
      let (left, right, made) = (
        model.merges.left[index], model.merges.right[index], model.merges.result[index]
      )
      guard kept.contains(left), kept.contains(right), kept.contains(made) else { continue }
      ranks[UInt64(left) << 32 | UInt64(right)] = index
      if first[Int(made)] == Int.max {
        first[Int(made)] = index
        lefts[Int(made)] = left
        rights[Int(made)] = right
      } else {
        several.insert(made)
      }
    }
    guard model.alphabet == .bytes else { return }
    for id in several {
      let symbols = model.vocabulary[id].map { model.vocabulary.id(of: [$0]) ?? Self.none }
      if let (left, right) = Self.lastPair(symbols, below: first[Int(id)], ranks, model.merges) {
        lefts[Int(id)] = left
        rights[Int(id)] = right
      }
    }
  }

  package func pair(of id: TokenID) -> (TokenID, TokenID)? {
    guard Int(id) < lefts.count, lefts[Int(id)] != Self.none else { return nil }
    return (lefts[Int(id)], rights[Int(id)])
  }

  private static func lastPair(
    _ symbols: [TokenID], below limit: Int, _ ranks: [UInt64: Int], _ merges: MergeList
  ) -> (TokenID, TokenID)? {
    var symbols = symbols
    while symbols.count > 2 {
      var best = limit
      var place = -1
      for index in 0..<symbols.count - 1 {
        let rank = ranks[UInt64(symbols[index]) << 32 | UInt64(symbols[index + 1])] ?? Int.max
        if rank < best { (best, place) = (rank, index) }
      }
      guard place >= 0 else { return nil }
      symbols[place] = merges.result[best]
      symbols.remove(at: place + 1)
    }
    return symbols.count == 2 ? (symbols[0], symbols[1]) : nil
  }
}
