/// Pre-token bytes → its tokens, for pieces of up to 15 bytes: a ``PieceTable`` whose values are the number of
/// tokens and up to three of them; longer encodings lie in its arena.
package struct PreTokenCache: ~Copyable {
  package typealias Key = PieceTable.Key
  package static let keyLimit = PieceTable.keyLimit

  private var table = PieceTable(maximumBits: 21)

  package init() {}

  @inline(__always)
  package func prefetch(_ key: Key) { table.prefetch(key) }

  /// The entry of a key (four words: key, key, count | id << 32, id | id << 32), or the free entry where it
  /// belongs (second word 0).
  @inline(__always)
  package func entry(_ key: Key) -> UnsafeMutablePointer<UInt64> { table.entry(key) }

  @inline(__always)
  package func entry(_ low: UInt64, _ high: UInt64) -> UnsafeMutablePointer<UInt64> { entry(Key(low, high)) }

  /// The tokens of an entry with more than three.
  @inline(__always)
  package func overflow(_ entry: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<TokenID> {
    table.kept(entry[3])
  }

  /// Adds a key that is not there.
  package mutating func insert(_ key: Key, _ tokens: UnsafeMutablePointer<TokenID>, _ count: Int) {
    let entry = table.add(key)
    if count <= 3 {
      let first = UInt64(count > 0 ? tokens[0] : 0)
      let second = UInt64(count > 1 ? tokens[1] : 0)
      let third = UInt64(count > 2 ? tokens[2] : 0)
      entry[2] = UInt64(count) | first << 32
      entry[3] = second | third << 32
    } else {
      entry[2] = UInt64(count)
      entry[3] = table.keep(tokens, count)
    }
  }

  package mutating func insert(
    _ low: UInt64, _ high: UInt64, _ tokens: UnsafeMutablePointer<TokenID>, _ count: Int
  ) {
    insert(Key(low, high), tokens, count)
  }
}
