/// What linear-time BPE encoding needs to know about a vocabulary.
///
/// Theory (github/rust-gems, `crates/bpe/README.md`; stated here for merge lists too). Call a token
/// *reachable* if its own bytes encode to it, and two reachable tokens a *valid pair* if the concatenation
/// of their bytes encodes to exactly these two. A sequence of reachable tokens is the encoding of its bytes
/// if and only if every adjacent pair is valid. So the encoding of a text can be searched from left to
/// right, longest token first, stepping back where no token makes a valid pair; a position where every
/// continuation failed is marked and never tried again, which makes the search linear.
///
/// A token can be reached by one split only: if two of its merges could both be the last one, the
/// vocabulary does not pass the gate (``init(_:)`` returns nil) and the merge engine encodes everything.
/// So it is when a merge result is ranked before one of its parts.
package final class BacktrackingTable: Sendable {
  /// Reachable tokens by bytes.
  package let trie: DoubleArrayTrie
  /// For each token the longest reachable token that is a proper prefix of it, or ``VocabularyStorage/none``.
  package let nextPrefix: [TokenID]
  package let lengths: [UInt32]
  private let left: [TokenID]
  private let right: [TokenID]
  /// Rank of the merge that makes a token, plus one; 0 for single bytes; `UInt32.max` for unreachable tokens.
  private let order: [UInt32]
  private let merges: MergeTable
  private let byteTokens: [TokenID]

  /// - Parameter allowsLateMerges: makes a table too where a merge ranked before one of its parts makes a
  ///   token that has no other way (Llama 3 has 80). Such tokens count as unreachable then; pairs of the
  ///   others are decided rightly all the same.
  package init?(_ model: BytePairModel, allowsLateMerges: Bool = false) {
    guard model.definition.alphabet == .bytes else { return nil }
    let vocabulary = model.vocabulary
    let capacity = vocabulary.capacity
    var left = [TokenID](repeating: VocabularyStorage.none, count: capacity)
    var right = left
    var order = [UInt32](repeating: .max, count: capacity)
    // A byte without a token never gets here, see PartialByteEncoder.
    for id in model.byteTokens where id != VocabularyStorage.none {
      left[Int(id)] = id
      right[Int(id)] = id
      order[Int(id)] = 0
    }
    let splits = Self.splits(of: model)
    merges = model.merges
    byteTokens = model.byteTokens
    for split in splits {
      guard merges.rank(split.left, split.right) == split.rank else { continue }  // a duplicate lost its rank
      let result = Int(split.result)
      let made = split.rank + 1
      guard order[Int(split.left)] <= made, order[Int(split.right)] <= made else { continue }
      guard
        Self.isValid(
          split.left, split.right, joined: true, left: left, right: right, order: order, merges: merges)
      else { continue }
      guard order[result] == .max else { return nil }  // reachable in two ways
      left[result] = split.left
      right[result] = split.right
      order[result] = made
    }
    // A merge ranked before one of its parts could still make a token that has no other way.
    for split in splits
    where !allowsLateMerges && order[Int(split.result)] == .max && order[Int(split.left)] != .max
      && order[Int(split.right)] != .max && merges.rank(split.left, split.right) == split.rank
    {
      if Self.isValid(
        split.left, split.right, joined: true, left: left, right: right, order: order, merges: merges)
      {
        return nil
      }
    }
    self.left = left
    self.right = right
    self.order = order
    lengths = (0..<capacity).map { UInt32(vocabulary.length(of: TokenID($0))) }
    let sorted = TokenRanges.byteOrder(vocabulary) { order[Int($0)] != .max }
    trie =
      DoubleArrayBuilder.build(
        count: sorted.count, key: { vocabulary.bytes(of: sorted[$0]) }, value: { sorted[$0] }
      ).trie
    nextPrefix = Self.prefixes(of: sorted, vocabulary)
  }

  /// Whether the table knows how the token comes about.
  package func isReachable(_ id: TokenID) -> Bool { order[Int(id)] != .max }

  private struct Split {
    var left: TokenID
    var right: TokenID
    var result: TokenID
    var rank: UInt32
  }

  /// All merges in rank order.
  private static func splits(of model: BytePairModel) -> [Split] {
    switch model.definition.semantics {
    case .mergeList:
      let list = model.definition.merges
      return (0..<list.count).map {
        Split(left: list.left[$0], right: list.right[$0], result: list.result[$0], rank: UInt32($0))
      }
    case .rankByBytes, .scores:
      let vocabulary = model.vocabulary
      var splits: [Split] = []
      for id in 0..<TokenID(vocabulary.capacity) where !vocabulary.isLiteral(id) {
        let bytes = vocabulary.bytes(of: id)
        guard bytes.count > 1 else { continue }
        for cut in 1..<bytes.count {
          let l = vocabulary.storage.find(bytes.baseAddress!, cut)
          let r = vocabulary.storage.find(bytes.baseAddress! + cut, bytes.count - cut)
          if l != VocabularyStorage.none, r != VocabularyStorage.none {
            splits.append(Split(left: l, right: r, result: id, rank: model.merges.rank(l, r)))
          }
        }
      }
      return splits.sorted { $0.rank != $1.rank ? $0.rank < $1.rank : $0.left < $1.left }
    }
  }

  /// In byte order the tokens that are prefixes of the current one form a stack.
  private static func prefixes(of sorted: [TokenID], _ vocabulary: Vocabulary) -> [TokenID] {
    var result = [TokenID](repeating: VocabularyStorage.none, count: vocabulary.capacity)
    var stack: [TokenID] = []
    for id in sorted {
      let bytes = vocabulary.bytes(of: id)
      while let top = stack.last {
        let prefix = vocabulary.bytes(of: top)
        if prefix.count < bytes.count, zip(prefix, bytes).allSatisfy({ $0 == $1 }) { break }
        stack.removeLast()
      }
      if let top = stack.last { result[Int(id)] = top }
      stack.append(id)
    }
    return result
  }

  /// Whether the bytes of two reachable tokens encode to exactly these two.
  @inline(__always)
  package func isValid(_ a: TokenID, _ b: TokenID) -> Bool {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        order.withUnsafeBufferPointer { order in
          Self.isValid(a, b, joined: false, left: left, right: right, order: order, merges: merges)
        }
      }
    }
  }

  /// The walk of ``isValid(_:_:)`` over another table of the same kind: `left` and `right` the parts of each symbol,
  /// `order` the place of the merge that makes it plus one, 0 for the smallest parts.
  package static func areNeighbours(
    _ a: TokenID, _ b: TokenID, joined: Bool, left: [TokenID], right: [TokenID], order: [UInt32],
    merges: MergeTable
  ) -> Bool {
    isValid(a, b, joined: joined, left: left, right: right, order: order, merges: merges)
  }

  /// Walks back in time along the junction: if the two tokens there could have merged before the later of
  /// them was made, the pair is not valid; else that later one is taken apart and the walk goes on with its
  /// part at the junction. On equal order the right one is the later, since the merge engine works from
  /// left to right. At most one step a merge in the two tokens.
  ///
  /// - Parameter joined: asks whether the two tokens come to stand side by side at all, whatever they
  ///   merge into then.
  @inline(__always)
  private static func isValid<Tokens: RandomAccessCollection, Orders: RandomAccessCollection>(
    _ a: TokenID, _ b: TokenID, joined: Bool, left: Tokens, right: Tokens, order: Orders,
    merges: MergeTable
  ) -> Bool
  where Tokens.Element == TokenID, Tokens.Index == Int, Orders.Element == UInt32, Orders.Index == Int {
    var (a, b) = (a, b)
    var limit: UInt32 = joined ? 0 : .max
    while true {
      let rank = merges.rank(a, b)
      if rank != MergeTable.none, rank &+ 1 < limit { return false }
      let (orderA, orderB) = (order[Int(a)], order[Int(b)])
      if orderA == 0, orderB == 0 { return true }
      if orderA > orderB {
        limit = orderA
        a = right[Int(a)]
      } else {
        limit = orderB &+ 1
        b = left[Int(b)]
      }
    }
  }
}
