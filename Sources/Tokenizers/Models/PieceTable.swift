import CIntrinsics

/// Pieces of up to 15 bytes → two words of what is known of each, and an arena for what does not fit: the memory
/// of ``PreTokenCache`` and ``UnigramSegmentCache``.
///
/// A key is the piece itself in two words, its length in the top byte, so a hit compares whole keys and is
/// exact. An entry has 32 bytes: the key and the value. Open addressing, at most half full; the table grows by
/// doubling up to a bound and then starts afresh, so memory is bounded whatever the text.
///
/// Unsafe: raw memory; indices are masked, arena offsets written by this type alone.
package struct PieceTable: ~Copyable {
  /// Longest key in bytes.
  package static let keyLimit = 15

  private let maximumBits: Int
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private var bits = 14
  private var used = 0
  private var arena: UnsafeMutablePointer<TokenID>
  private var arenaCount = 0
  private var arenaCapacity = 4096

  package init(maximumBits: Int) {
    self.maximumBits = maximumBits
    mask = (1 << bits) - 1
    slots = Self.table(bits)
    arena = .allocate(capacity: arenaCapacity)
  }

  /// Zeroed memory of `1 << bits` entries.
  private static func table(_ bits: Int) -> UnsafeMutablePointer<UInt64> {
    RawPages.allocateTable(bytes: 32 << bits).bindMemory(to: UInt64.self, capacity: 4 << bits)
  }

  deinit {
    RawPages.release(slots, bytes: 32 << bits)
    arena.deallocate()
  }

  /// A piece of up to 15 bytes as two words, and their hash.
  package struct Key {
    package fileprivate(set) var low: UInt64 = 0
    package fileprivate(set) var high: UInt64 = 0
    package fileprivate(set) var hash: UInt64 = 0

    package init() {}

    /// A key from two words made elsewhere: the bytes, little end first, and the length in the top byte.
    @inline(__always)
    package init(_ low: UInt64, _ high: UInt64) {
      self.low = low
      self.high = high
      hash = PieceTable.hash(low, high)
    }

    /// - Parameters:
    ///   - total: how many bytes can be read from `text`.
    ///   - mark: tells apart pieces with the same bytes; a multiple of 16 below 256.
    @inline(__always)
    package init(
      _ text: UnsafePointer<UInt8>, _ start: Int, _ length: Int, _ total: Int, mark: UInt64 = 0
    ) {
      if start &+ 16 <= total {
        let raw = UnsafeRawPointer(text + start)
        low = raw.loadUnaligned(as: UInt64.self)
        high = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      } else {
        for index in 0..<length {
          if index < 8 {
            low |= UInt64(text[start &+ index]) << UInt64(index &* 8)
          } else {
            high |= UInt64(text[start &+ index]) << UInt64(index &* 8 &- 64)
          }
        }
      }
      // No branch: the lengths of words cannot be foretold.
      let bits = UInt64(truncatingIfNeeded: length &* 8)
      low &= ~(UInt64.max << bits)
      high &= ~(UInt64.max << (bits < 64 ? 0 : bits &- 64))
      high |= (UInt64(truncatingIfNeeded: length) | mark) << 56
      hash = PieceTable.hash(low, high)
    }
  }

  @inline(__always)
  fileprivate static func hash(_ low: UInt64, _ high: UInt64) -> UInt64 {
    ByteHash.fold(low ^ 0xE703_7ED1_A0B4_28DB, high ^ 0x9E37_79B9_7F4A_7C15)
  }

  @inline(__always)
  package func prefetch(_ key: Key) {
    toklab_prefetch(slots + (Int(truncatingIfNeeded: key.hash) & mask) &* 4)
  }

  /// The entry of a key (four words: key, key, value, value), or the free entry where it belongs (second word 0).
  @inline(__always)
  package func entry(_ key: Key) -> UnsafeMutablePointer<UInt64> {
    var index = Int(truncatingIfNeeded: key.hash) & mask
    while true {
      let entry = slots + index &* 4
      let found = entry[1]
      if found == key.high, entry[0] == key.low { return entry }
      if found == 0 { return entry }
      index = (index &+ 1) & mask
    }
  }

  /// Tokens that ``keep(_:_:)`` put into the arena.
  @inline(__always)
  package func kept(_ place: UInt64) -> UnsafeMutablePointer<TokenID> {
    arena + Int(truncatingIfNeeded: place)
  }

  /// Adds a key that is not there; the caller writes the two words of its value.
  package mutating func add(_ key: Key) -> UnsafeMutablePointer<UInt64> {
    if used &* 2 >= mask { makeRoom() }
    let entry = entry(key)
    entry[0] = key.low
    entry[1] = key.high
    used &+= 1
    return entry
  }

  /// Puts tokens into the arena, for the entry that was added last; gives their place.
  package mutating func keep(_ tokens: UnsafePointer<TokenID>, _ count: Int) -> UInt64 {
    if arenaCount + count > arenaCapacity { growArena(count) }
    (arena + arenaCount).update(from: tokens, count: count)
    defer { arenaCount &+= count }
    return UInt64(arenaCount)
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
    if bits >= maximumBits {
      old.update(repeating: 0, count: oldSize * 4)
      used = 0
      arenaCount = 0
      return
    }
    // Quadruple while small: fewer rehashes on the way up.
    bits += bits < 18 ? 2 : 1
    mask = (1 << bits) - 1
    slots = Self.table(bits)
    for index in 0..<oldSize {
      let source = old + index * 4
      if source[1] == 0 { continue }
      var target = Int(truncatingIfNeeded: Self.hash(source[0], source[1])) & mask
      while slots[target * 4 + 1] != 0 { target = (target &+ 1) & mask }
      (slots + target * 4).update(from: source, count: 4)
    }
    RawPages.release(old, bytes: oldSize * 32)
  }
}
