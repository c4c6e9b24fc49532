/// Hashing of short byte strings for toklab's own tables: fast, not keyed.
///
/// Every table compares whole keys after the hash, so collisions cost time, never correctness. The
/// multiply-fold step is the one published with wyhash; hostile input can slow a table down but is
/// bounded by linear probing over a load of at most one half.
package enum ByteHash {
  @inline(__always)
  package static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// A 64-bit hash of `count` bytes at `pointer`.
  @inline(__always)
  package static func hash(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = UnsafeRawPointer(pointer)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
    var offset = 0
    while offset &+ 8 <= count {
      let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      state = fold(state ^ word, 0xE703_7ED1_A0B4_28DB)
      offset &+= 8
    }
    var tail: UInt64 = 0
    let rest = count &- offset
    if rest >= 4 {
      tail = UInt64(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      tail |= UInt64(raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)) << 32
    } else if rest > 0 {
      tail = UInt64(pointer[offset])
      tail |= UInt64(pointer[offset &+ (rest >> 1)]) << 8
      tail |= UInt64(pointer[count &- 1]) << 16
    }
    return fold(state ^ tail, 0x8EBC_6AF0_9C88_C6E3)
  }

  /// A 64-bit hash of one word.
  @inline(__always)
  package static func hash(_ word: UInt64) -> UInt64 {
    fold(word ^ 0x9E37_79B9_7F4A_7C15, 0xE703_7ED1_A0B4_28DB)
  }
}
