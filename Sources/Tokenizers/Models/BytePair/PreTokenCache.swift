/// Pre-token bytes → its tokens, for pieces of up to 15 bytes.
///
/// A key is the piece itself in two words, its length in the top byte, so a hit compares whole keys and is
/// exact. An entry has 32 bytes: the key, the number of tokens and up to three of them; longer encodings
/// lie in an arena. Open addressing, at most half full; the table grows by doubling up to a bound and then
/// starts afresh, so memory is bounded whatever the text.
///
/// Unsafe: raw memory; indices are masked, arena offsets written by this type alone.
package struct PreTokenCache: ~Copyable {
  /// Longest key in bytes.
  package static let keyLimit = 15
  private static let maximumBits = 21

  package private(set) var slots: UnsafeMutablePointer<UInt64>
  package private(set) var mask: Int
  private var bits: Int
  private var used = 0
  private var arena: UnsafeMutablePointer<TokenID>
  private var arenaCount = 0
  private var arenaCapacity = 4096

  package init() {
    bits = 14
    mask = (1 << bits) - 1
    slots = .allocate(capacity: 4 << bits)
    slots.initialize(repeating: 0, count: 4 << bits)
    arena = .allocate(capacity: arenaCapacity)
  }

  deinit {
    slots.deallocate()
    arena.deallocate()
  }

  @inline(__always)
  package static func hash(_ low: UInt64, _ high: UInt64) -> UInt64 {
    ByteHash.fold(low ^ 0xE703_7ED1_A0B4_28DB, high ^ 0x9E37_79B9_7F4A_7C15)
  }

  /// The entry of a key (four words: key, key, count | id << 32, id | id << 32), or the free entry where it
  /// belongs (second word 0).
  @inline(__always)
  package func entry(_ low: UInt64, _ high: UInt64) -> UnsafeMutablePointer<UInt64> {
    var index = Int(truncatingIfNeeded: Self.hash(low, high)) & mask
    while true {
      let entry = slots + index &* 4
      let found = entry[1]
      if found == high, entry[0] == low { return entry }
      if found == 0 { return entry }
      index = (index &+ 1) & mask
    }
  }

  /// The tokens of an entry with more than three.
  @inline(__always)
  package func overflow(_ entry: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<TokenID> {
    arena + Int(truncatingIfNeeded: entry[3])
  }

  /// Adds a key that is not there.
  package mutating func insert(
    _ low: UInt64, _ high: UInt64, _ tokens: UnsafeMutablePointer<TokenID>, _ count: Int
  ) {
    if used &* 2 >= mask { makeRoom() }
    let entry = entry(low, high)
    entry[0] = low
    entry[1] = high
    if count <= 3 {
      let first = UInt64(count > 0 ? tokens[0] : 0)
      let second = UInt64(count > 1 ? tokens[1] : 0)
      let third = UInt64(count > 2 ? tokens[2] : 0)
      entry[2] = UInt64(count) | first << 32
      entry[3] = second | third << 32
    } else {
      if arenaCount + count > arenaCapacity { growArena(count) }
      (arena + arenaCount).update(from: tokens, count: count)
      entry[2] = UInt64(count)
      entry[3] = UInt64(arenaCount)
      arenaCount &+= count
    }
    used &+= 1
  }

  private mutating func growArena(_ extra: Int) {
    while arenaCapacity < arenaCount + extra { arenaCapacity *= 2 }
    let new = UnsafeMutablePointer<TokenID>.allocate(capacity: arenaCapacity)
    new.update(from: arena, count: arenaCount)
    arena.deallocate()
    arena = new
  }

  private mutating func makeRoom() {
    let old = slots
    let oldSize = mask + 1
    if bits >= Self.maximumBits {
      old.update(repeating: 0, count: oldSize * 4)
      used = 0
      arenaCount = 0
      return
    }
    // Quadruple while small: fewer rehashes on the way up.
    bits += bits < 18 ? 2 : 1
    mask = (1 << bits) - 1
    slots = .allocate(capacity: 4 << bits)
    slots.initialize(repeating: 0, count: 4 << bits)
    for index in 0..<oldSize {
      let source = old + index * 4
      if source[1] == 0 { continue }
      entry(source[0], source[1]).update(from: source, count: 4)
    }
    old.deallocate()
  }
}
