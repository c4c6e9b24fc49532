/// Short segments of text → their pieces by a unigram model, with the sums up to which that holds.
///
/// A ``PieceTable`` whose first value word holds a ``Value``; the other one two ids, or the place of more in the
/// arena.
package struct UnigramSegmentCache: ~Copyable {
  /// What is known of the tokens of a segment that were found after a sum of 0: in one word, the number of tokens
  /// in 15 bits, one bit, the weight in 16 and the limit in 32.
  package struct Value {
    package var count: Int
    /// Whether the tokens say less than the path: unknown characters fused, or taken into bytes.
    package var isOpaque: Bool
    /// The tokens hold when the sum before the segment is of a magnitude below this.
    package var limit: Float
    /// At least the magnitudes of the tokens' scores together.
    package var weight: Double

    @inline(__always)
    package init(count: Int, isOpaque: Bool, limit: Float, weight: Double) {
      self.count = count
      self.isOpaque = isOpaque
      self.limit = limit
      self.weight = weight
    }

    @inline(__always)
    package init(_ word: UInt64) {
      count = Int(truncatingIfNeeded: word & 0x7FFF)
      isOpaque = word & 0x8000 != 0
      weight = Double(Float(bitPattern: UInt32(truncatingIfNeeded: word) & 0xFFFF_0000))
      limit = Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))
    }

    /// The weight keeps the upper half of its bits in single precision, rounded up.
    package var word: UInt64 {
      let bits = Float(weight).nextUp.bitPattern
      let upper = (bits &+ 0xFFFF) & 0xFFFF_0000
      return UInt64(count) | (isOpaque ? 0x8000 : 0) | UInt64(upper) | UInt64(limit.bitPattern) << 32
    }
  }

  private var table = PieceTable(maximumBits: 20)

  package init() {}

  @inline(__always)
  package func prefetch(_ key: PieceTable.Key) { table.prefetch(key) }

  /// The entry of a key, or the free entry where it belongs (second word 0).
  @inline(__always)
  package func entry(_ key: PieceTable.Key) -> UnsafeMutablePointer<UInt64> { table.entry(key) }

  /// The tokens of an entry with more than two.
  @inline(__always)
  package func overflow(_ entry: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<TokenID> {
    table.kept(entry[3])
  }

  /// Adds a key that is not there.
  package mutating func insert(_ key: PieceTable.Key, _ value: Value, _ tokens: UnsafePointer<TokenID>) {
    let entry = table.add(key)
    entry[2] = value.word
    if value.count <= 2 {
      entry[3] = UInt64(value.count > 0 ? tokens[0] : 0) | UInt64(value.count > 1 ? tokens[1] : 0) << 32
    } else {
      entry[3] = table.keep(tokens, value.count)
    }
  }
}
