/// The trie of a vocabulary, and its tokens in byte order.
///
/// Sorted by bytes, the tokens that start with any given string are neighbours: every trie state owns one
/// contiguous range of ranks. A sum over "all tokens that begin with these bytes" is then a difference of
/// two prefix sums over one permuted vector, which is what byte-level probabilities are made of.
///
/// Invariants (tested): ranges of siblings are disjoint and ascend with the byte; a child's range lies in
/// its parent's; the root owns all ranks.
public struct TokenRanges: Sendable {
  /// Maps the bytes of each token to its id. Literals and holes are not in it.
  public let trie: DoubleArrayTrie
  /// The id of the token at each rank of the byte order.
  public let tokenAtRank: [TokenID]
  private let lows: [UInt32]
  private let highs: [UInt32]

  /// Sorts and builds: O(n log n) comparisons, memory 20 bytes a trie state.
  public init(_ vocabulary: Vocabulary) {
    let order = Self.byteOrder(vocabulary)
    let result = DoubleArrayBuilder.build(
      count: order.count, keepsRanges: true, key: { vocabulary.bytes(of: order[$0]) }, value: { order[$0] })
    trie = result.trie
    tokenAtRank = order
    lows = result.lows
    highs = result.highs
  }

  /// The ranks of the tokens that start with the string that leads to `state`.
  @inline(__always)
  public func range(of state: DoubleArrayTrie.State) -> Range<Int> {
    Int(lows[Int(state)])..<Int(highs[Int(state)])
  }

  /// The ids of the ordinary tokens (no holes, no literals) that `isIncluded`, sorted by their bytes.
  package static func byteOrder(
    _ vocabulary: Vocabulary, where isIncluded: (TokenID) -> Bool = { _ in true }
  ) -> [TokenID] {
    struct Key {
      var head: UInt64
      var id: TokenID
    }
    var keys: [Key] = []
    keys.reserveCapacity(vocabulary.capacity)
    for id in 0..<TokenID(vocabulary.capacity)
    where vocabulary.contains(id) && !vocabulary.isLiteral(id) && isIncluded(id) {
      let bytes = vocabulary.bytes(of: id)
      var head: UInt64 = 0
      for index in 0..<min(8, bytes.count) { head |= UInt64(bytes[index]) << UInt64(56 - 8 * index) }
      keys.append(Key(head: head, id: id))
    }
    keys.sort { a, b in
      if a.head != b.head { return a.head < b.head }
      return vocabulary.bytes(of: a.id).lexicographicallyPrecedes(vocabulary.bytes(of: b.id))
    }
    return keys.map(\.id)
  }
}
