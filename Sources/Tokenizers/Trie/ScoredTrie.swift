/// A byte trie whose entries carry the score of the piece that ends there: what a unigram search walks.
///
/// The same double array as ``DoubleArrayTrie``, laid out for one reader: base, check and score lie together
/// in 16 bytes, so that a step and the score of the piece it completes cost one cache line. Identifiers are
/// needed only for pieces of the best path and lie apart.
///
/// Unsafe: raw arrays; a walk never leaves them for the reason given at ``DoubleArrayTrie``.
package final class ScoredTrie: @unchecked Sendable {
  package struct Entry {
    var base: UInt32
    var check: UInt32
    /// Negative infinity where no piece ends.
    var score: Double
  }

  package static let noState = UInt32.max

  package let entries: UnsafeMutablePointer<Entry>
  package let ids: UnsafeMutablePointer<TokenID>
  /// Of the mapping that holds the entries, in bytes.
  private let size: Int
  /// The length in bytes of the longest piece.
  package let depth: Int

  /// - Parameter pieces: ids of non-empty pieces, sorted by their bytes.
  package init(_ vocabulary: Vocabulary, pieces: [TokenID], score: (TokenID) -> Double) {
    let trie =
      DoubleArrayBuilder.build(
        count: pieces.count, key: { vocabulary.bytes(of: pieces[$0]) }, value: { pieces[$0] }
      ).trie
    size = RawPages.tableSize(trie.capacity * MemoryLayout<Entry>.stride)
    entries = RawPages.allocateTable(bytes: size).bindMemory(to: Entry.self, capacity: trie.capacity)
    ids = .allocate(capacity: trie.capacity)
    for index in 0..<trie.capacity {
      let unit = trie.units[index]
      let id = trie.values[index]
      ids[index] = id
      entries[index] = Entry(
        base: UInt32(truncatingIfNeeded: unit), check: UInt32(truncatingIfNeeded: unit >> 32),
        score: id == DoubleArrayTrie.noValue ? -.infinity : score(id))
    }
    depth = pieces.reduce(0) { max($0, vocabulary.length(of: $1)) }
  }

  deinit {
    RawPages.release(entries, bytes: size)
    ids.deallocate()
  }

  /// Calls `body` with (length, id, score) of every piece that is a prefix of `count` bytes, shortest first.
  @inline(__always)
  package func forEachPrefix(
    of text: UnsafePointer<UInt8>, _ count: Int,
    _ body: (_ length: Int, _ id: TokenID, _ score: Double) -> Void
  ) {
    var state: UInt32 = 0
    var index = 0
    while index < count {
      let next = entries[Int(state)].base ^ UInt32(text[index])
      if entries[Int(next)].check != state { return }
      state = next
      index &+= 1
      let score = entries[Int(state)].score
      if score > -.infinity { body(index, ids[Int(state)], score) }
    }
  }
}
