import CIntrinsics

/// Pair of tokens → rank of their merge.
///
/// Representation: open addressing over 64-bit slots; 21 bits left token, 21 bits right token, 22 bits
/// rank, at most half full. One load answers a look-up most of the time. The limits (2²¹ ids, 2²² ranks)
/// hold every published vocabulary with room to spare and are checked when a model is made. Pairs of single
/// bytes, where every merge begins, have a dense table of their own (256 KiB, stays in the L2 cache).
///
/// Most look-ups find nothing: two tokens side by side rarely merge. A filter of one bit a pair (256 KiB,
/// stays in the L2 cache too) answers most of those without touching the table.
///
/// Unsafe: raw slots, read several times a byte on the miss path of the encoder.
package final class MergeTable: @unchecked Sendable {
  package static let maximumRank = (1 << 22) - 2
  package static let none = UInt32.max
  private static let free = UInt64.max

  private var slots: UnsafeMutablePointer<UInt64>
  private var shift: UInt64
  private var mask: Int
  package private(set) var count = 0
  private let filter: UnsafeMutablePointer<UInt64>
  private static let filterBits: UInt64 = 21

  package init(expecting count: Int) {
    var bits = 6
    while 1 << bits < count * 2 { bits += 1 }
    mask = (1 << bits) - 1
    shift = UInt64(64 - bits)
    slots = .allocate(capacity: 1 << bits)
    slots.initialize(repeating: Self.free, count: 1 << bits)
    filter = .allocate(capacity: 1 << (Int(Self.filterBits) - 6))
    filter.initialize(repeating: 0, count: 1 << (Int(Self.filterBits) - 6))
  }

  deinit {
    slots.deallocate()
    filter.deallocate()
  }

  @inline(__always)
  private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 {
    UInt64(left) << 21 | UInt64(right)
  }

  /// The multiplier of Fibonacci hashing; the high bits choose the slot and the filter's bit.
  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 { key &* 0x9E37_79B9_7F4A_7C15 }

  @inline(__always)
  private func slot(of key: UInt64) -> Int { Int(truncatingIfNeeded: Self.hash(key) >> shift) }

  /// The rank of the merge of `left` and `right`, or ``none``.
  @inline(__always)
  package func rank(_ left: TokenID, _ right: TokenID) -> UInt32 {
    let key = Self.key(left, right)
    let hash = Self.hash(key)
    let bit = hash >> (64 &- Self.filterBits)
    if filter[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 == 0 { return Self.none }
    return search(key, Int(truncatingIfNeeded: hash >> shift))
  }

  /// Where the search for a pair begins, its memory asked for; -1 when the pair has no merge.
  @inline(__always)
  package func slotForRank(_ left: TokenID, _ right: TokenID) -> Int {
    let hash = Self.hash(Self.key(left, right))
    let bit = hash >> (64 &- Self.filterBits)
    if filter[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 == 0 { return -1 }
    let index = Int(truncatingIfNeeded: hash >> shift)
    toklab_prefetch(slots + index)
    return index
  }

  /// The rank of a pair whose search begins at the slot that ``slotForRank(_:_:)`` gave.
  @inline(__always)
  package func rank(_ left: TokenID, _ right: TokenID, at slot: Int) -> UInt32 {
    search(Self.key(left, right), slot)
  }

  @inline(__always)
  private func search(_ key: UInt64, _ slot: Int) -> UInt32 {
    var index = slot
    while true {
      let slot = slots[index]
      if slot >> 22 == key { return UInt32(truncatingIfNeeded: slot & 0x3F_FFFF) }
      if slot == Self.free { return Self.none }
      index = (index &+ 1) & mask
    }
  }

  /// Sets the rank of a pair; a pair set again keeps the last rank, as reference readers do.
  package func set(_ left: TokenID, _ right: TokenID, rank: UInt32) {
    if count * 2 > mask { grow() }
    let key = Self.key(left, right)
    var index = slot(of: key)
    while slots[index] != Self.free {
      if slots[index] >> 22 == key {
        slots[index] = key << 22 | UInt64(rank)
        return
      }
      index = (index &+ 1) & mask
    }
    slots[index] = key << 22 | UInt64(rank)
    count += 1
    let bit = Self.hash(key) >> (64 - Self.filterBits)
    filter[Int(bit >> 6)] |= 1 << (bit & 63)
  }

  private func grow() {
    let old = slots
    let oldCount = mask + 1
    mask = oldCount * 2 - 1
    shift -= 1
    slots = .allocate(capacity: oldCount * 2)
    slots.initialize(repeating: Self.free, count: oldCount * 2)
    for position in 0..<oldCount where old[position] != Self.free {
      var index = slot(of: old[position] >> 22)
      while slots[index] != Self.free { index = (index &+ 1) & mask }
      slots[index] = old[position]
    }
    old.deallocate()
  }
}
