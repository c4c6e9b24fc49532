/// Where a text without pre-tokenizer may be cut before U+2581, which stands for a space in the vocabularies of
/// SentencePiece and its heirs.
///
/// A cut is safe when nothing the model builds spans it. That is decided by the byte before the U+2581: a
/// model lists the bytes it has in front of one inside a piece, or at the junction of a merge. Runs of spaces
/// are kept together that way wherever a vocabulary has pieces for them (0x81 is such a byte then), and a rare
/// piece such as `>▁</` costs only the cuts after `>`.
package struct SpaceCuts: Sendable {
  /// U+2581 in UTF-8.
  package static let space: [UInt8] = [0xE2, 0x96, 0x81]

  private var crosses = [Bool](repeating: false, count: 256)

  package init() {}

  /// Forbids cuts between this byte and U+2581.
  package mutating func forbid(after byte: UInt8) { crosses[Int(byte)] = true }

  /// Forbids every cut inside the piece.
  package mutating func forbid(inside piece: UnsafeBufferPointer<UInt8>) {
    if piece.count < 4 { return }
    for index in 1..<piece.count - 2
    where piece[index] == 0xE2 && piece[index + 1] == 0x96 && piece[index + 2] == 0x81 {
      crosses[Int(piece[index - 1])] = true
    }
  }

  /// The first cut after `position`, or `end`. Looks at eight bytes at a time for the first byte of U+2581,
  /// which is the rarest of the three in text.
  @inline(__always)
  package func next(_ text: UnsafePointer<UInt8>, after position: Int, _ end: Int) -> Int {
    var index = position &+ 1
    let last = end &- 3
    while index <= last {
      if index &+ 8 <= end {
        let word =
          UnsafeRawPointer(text + index).loadUnaligned(as: UInt64.self) ^ 0xE2E2_E2E2_E2E2_E2E2
        let found = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if found == 0 {
          index &+= 8
          continue
        }
        index &+= found.trailingZeroBitCount >> 3
        if index > last { return end }
      }
      if text[index] == 0xE2, text[index &+ 1] == 0x96, text[index &+ 2] == 0x81,
        !crosses[Int(text[index &- 1])]
      {
        return index
      }
      index &+= 1
    }
    return end
  }
}
