/// Short segments of text → their pieces by a unigram model, with the sums up to which that holds.
///
/// Keys and layout as in ``PreTokenCache``: 32 bytes an entry, whole keys compared, the segment itself in two words
/// with its length in the top byte. The third word holds the number of tokens (14 bits), whether there are
/// unknown or byte tokens among them, and `limit`; the last one two ids, or the place of more in the arena.
///
/// Unsafe: raw memory; indices are masked, arena offsets written by this type alone.
package struct UnigramSegmentCache: ~Copyable {
  private static let maximumBits = 20

  package struct Value {
    package var count: Int
    /// Whether the tokens say less than the path: unknown characters fused, or taken into bytes.
    package var isOpaque: Bool
    /// Whether the tokens were found after a sum of 0, and so hold there.
    package var isFromZero: Bool
    /// The tokens hold when the sum before the segment is of a magnitude below this.
    package var limit: Float

    @inline(__always)
    package init(count: Int, isOpaque: Bool, isFromZero: Bool, limit: Float) {
      self.count = count
      self.isOpaque = isOpaque
      self.isFromZero = isFromZero
      self.limit = limit
    }

    @inline(__always)
    package init(_ word: UInt64) {
      count = Int(truncatingIfNeeded: word & 0x3FFF)
      isOpaque = word & 0x8000 != 0
      isFromZero = word & 0x4000 != 0
      limit = Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))
    }

    @inline(__always)
    package var word: UInt64 {
      UInt64(count) | (isOpaque ? 0x8000 : 0) | (isFromZero ? 0x4000 : 0) | UInt64(limit.bitPattern) << 32
    }
  }

  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
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

  /// The entry of a key, or the free entry where it belongs (second word 0).
  @inline(__always)
  package func entry(_ key: PreTokenCache.Key) -> UnsafeMutablePointer<UInt64> {
    var index = Int(truncatingIfNeeded: key.hash) & mask
    while true {
      let entry = slots + index &* 4
      let found = entry[1]
      if found == key.high, entry[0] == key.low { return entry }
      if found == 0 { return entry }
      index = (index &+ 1) & mask
    }
  }

  /// The tokens of an entry with more than two.
  @inline(__always)
  package func overflow(_ entry: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<TokenID> {
    arena + Int(truncatingIfNeeded: entry[3])
  }

  /// Adds a key that is not there.
  package mutating func insert(
    _ key: PreTokenCache.Key, _ value: Value, _ tokens: UnsafePointer<TokenID>
  ) {
    if used &* 2 >= mask { makeRoom() }
    let entry = entry(key)
    entry[0] = key.low
    entry[1] = key.high
    entry[2] = value.word
    if value.count <= 2 {
      entry[3] = UInt64(value.count > 0 ? tokens[0] : 0) | UInt64(value.count > 1 ? tokens[1] : 0) << 32
    } else {
      if arenaCount + value.count > arenaCapacity { growArena(value.count) }
      (arena + arenaCount).update(from: tokens, count: value.count)
      entry[3] = UInt64(arenaCount)
      arenaCount &+= value.count
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
    bits += bits < 18 ? 2 : 1
    mask = (1 << bits) - 1
    slots = .allocate(capacity: 4 << bits)
    slots.initialize(repeating: 0, count: 4 << bits)
    for index in 0..<oldSize {
      let source = old + index * 4
      if source[1] == 0 { continue }
      entry(PreTokenCache.Key(source[0], source[1])).update(from: source, count: 4)
    }
    old.deallocate()
  }
}
