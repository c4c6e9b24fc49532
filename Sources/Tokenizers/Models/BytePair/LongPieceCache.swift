/// Pre-token bytes → its tokens, for pieces of 16 to 255 bytes.
///
/// Keys and tokens lie in two arenas, entries in a list, and an open-addressing index holds 32 bits of the
/// hash beside the entry's number; a hit compares all bytes. Bounded like ``PreTokenCache``.
package struct LongPieceCache: ~Copyable {
  package static let keyLimit = 255
  private static let maximumEntries = 1 << 19

  private struct Entry {
    var key: Int
    var tokens: Int
    var keyCount: UInt32
    var tokenCount: UInt32
  }

  private var index: [UInt64]
  private var mask: Int
  private var entries: [Entry] = []
  private var keys: [UInt8] = []
  private var tokens: [TokenID] = []

  package init() {
    mask = (1 << 12) - 1
    index = [UInt64](repeating: 0, count: 1 << 12)
  }

  /// Calls `body` with the tokens of the piece; false when it is not cached.
  package func withTokens(
    of piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64,
    _ body: (UnsafeBufferPointer<TokenID>) -> Void
  ) -> Bool {
    var slot = Int(truncatingIfNeeded: hash) & mask
    let tag = hash & 0xFFFF_FFFF_0000_0000
    while index[slot] != 0 {
      if index[slot] & 0xFFFF_FFFF_0000_0000 == tag {
        let entry = entries[Int(index[slot] & 0xFFFF_FFFF) - 1]
        let isEqual =
          Int(entry.keyCount) == count
          && keys.withUnsafeBufferPointer { keys in
            let key = keys.baseAddress! + entry.key
            for position in 0..<count where key[position] != piece[position] { return false }
            return true
          }
        if isEqual {
          tokens.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[entry.tokens..<entry.tokens + Int(entry.tokenCount)]))
          }
          return true
        }
      }
      slot = (slot &+ 1) & mask
    }
    return false
  }

  package func contains(_ piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64) -> Bool {
    withTokens(of: piece, count, hash: hash) { _ in }
  }

  package mutating func insert(
    _ piece: UnsafePointer<UInt8>, _ count: Int, hash: UInt64, _ produced: UnsafeBufferPointer<TokenID>
  ) {
    if entries.count == Self.maximumEntries {
      entries.removeAll(keepingCapacity: true)
      keys.removeAll(keepingCapacity: true)
      tokens.removeAll(keepingCapacity: true)
      for slot in index.indices { index[slot] = 0 }
    }
    entries.append(
      Entry(
        key: keys.count, tokens: tokens.count, keyCount: UInt32(count), tokenCount: UInt32(produced.count)))
    keys.append(contentsOf: UnsafeBufferPointer(start: piece, count: count))
    tokens.append(contentsOf: produced)
    if entries.count * 2 > mask { rebuild(size: (mask + 1) * 4) }
    place(hash, entries.count)
  }

  private mutating func place(_ hash: UInt64, _ number: Int) {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while index[slot] != 0 { slot = (slot &+ 1) & mask }
    index[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number)
  }

  private mutating func rebuild(size: Int) {
    mask = size - 1
    index = [UInt64](repeating: 0, count: size)
    for (number, entry) in entries.dropLast().enumerated() {
      let hash = keys.withUnsafeBufferPointer {
        ByteHash.hash($0.baseAddress! + entry.key, Int(entry.keyCount))
      }
      place(hash, number + 1)
    }
  }
}
