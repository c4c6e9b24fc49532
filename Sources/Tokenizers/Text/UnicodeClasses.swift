import Glibc

/// What the pre-tokenization patterns ask of a character, as one bit each.
///
/// Every scalar has exactly one of the bits, except CR and LF, which have ``space`` and ``newline``, and
/// controls, format characters, private use and unassigned code points, which have none.
package struct ScalarClass: OptionSet, Sendable {
  package let rawValue: UInt8
  @inline(__always) package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `\p{Lu}` and `\p{Lt}`.
  package static let upper = ScalarClass(rawValue: 1)
  /// `\p{Ll}`.
  package static let lower = ScalarClass(rawValue: 2)
  /// `\p{Lm}` and `\p{Lo}`.
  package static let caseless = ScalarClass(rawValue: 4)
  /// `\p{M}`.
  package static let mark = ScalarClass(rawValue: 8)
  /// `\p{N}`.
  package static let number = ScalarClass(rawValue: 16)
  /// `\s`: White_Space, 25 code points.
  package static let space = ScalarClass(rawValue: 32)
  /// CR and LF.
  package static let newline = ScalarClass(rawValue: 64)
  /// `\p{P}` and `\p{S}`.
  package static let punctuation = ScalarClass(rawValue: 128)

  /// `\p{L}`.
  package static let letter: ScalarClass = [.upper, .lower, .caseless]
}

/// The class of every code point at Unicode 16.0, as a two-stage table that is expanded on first use.
///
/// Version: tiktoken 0.14 and tokenizers 0.23.3 hold 16.0, proven on every scalar by the peer tests. ICU 72
/// is at 15.0 and Swift's standard library at 17.0; neither may decide here.
///
/// Unsafe: two raw tables read without bounds checks by the scanners; a code point is always at most
/// 0x10FFFF when it gets here. 64 code points a block, because the last byte of a UTF-8 sequence then is
/// the index within the block.
package struct UnicodeClasses: Sendable {
  /// Block number for `codePoint >> 6`.
  nonisolated(unsafe) package let stage1: UnsafePointer<UInt16>
  /// 64 classes a block.
  nonisolated(unsafe) package let stage2: UnsafePointer<UInt8>
  /// Classes of the 128 ASCII characters, then 128 zeros.
  nonisolated(unsafe) package let ascii: UnsafePointer<UInt8>

  /// 402 are distinct in ``shared``.
  private static let mostBlocks = 512

  package static let shared = UnicodeClasses()

  /// A table where `change` replaces the classes of the code points in `ranges`. Kept for the life of the
  /// process; 0.3 ms.
  package init(changing ranges: [ClosedRange<Int>] = [], _ change: (UInt8) -> UInt8 = { $0 }) {
    let flat = Self.expandRuns()
    defer { flat.deallocate() }
    for range in ranges {
      for codePoint in range { flat[codePoint] = change(flat[codePoint]) }
    }
    let blockCount = 0x110000 >> 6
    let stage1 = UnsafeMutablePointer<UInt16>.allocate(capacity: blockCount)
    let stage2 = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.mostBlocks << 6)
    var known = 0
    for block in 0..<blockCount {
      let source = flat + block << 6
      // Neighbours are mostly equal (unassigned planes, ideographs), so the block before is tried first.
      if block > 0, memcmp(source, stage2 + Int(stage1[block - 1]) << 6, 64) == 0 {
        stage1[block] = stage1[block - 1]
        continue
      }
      var index = 0
      while index < known, memcmp(source, stage2 + index << 6, 64) != 0 { index += 1 }
      if index == known {
        precondition(known < Self.mostBlocks, "too many distinct blocks of classes")
        (stage2 + known << 6).update(from: source, count: 64)
        known += 1
      }
      stage1[block] = UInt16(index)
    }
    let ascii = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for value in 0..<256 { ascii[value] = value < 128 ? flat[value] : 0 }
    self.stage1 = UnsafePointer(stage1)
    self.stage2 = UnsafePointer(stage2)
    self.ascii = UnsafePointer(ascii)
  }

  /// The class of a code point in 0...0x10FFFF.
  @inline(__always)
  package subscript(codePoint: Int) -> ScalarClass {
    ScalarClass(rawValue: stage2[Int(stage1[codePoint >> 6]) << 6 | codePoint & 63])
  }

  /// One class a code point, 0x110000 in all; the caller frees it.
  private static func expandRuns() -> UnsafeMutablePointer<UInt8> {
    let flat = UnsafeMutablePointer<UInt8>.allocate(capacity: 0x110000)
    var filled = 0
    var index = 0
    let count = runs.utf8CodeUnitCount
    while index < count {
      let bits = bits(ofRunLetter: runs.utf8Start[index])
      index += 1
      var length = 0
      while index < count, case let digit = runs.utf8Start[index] &- 0x30, digit < 10 {
        length = length * 10 + Int(digit)
        index += 1
      }
      length = max(length, 1)
      precondition(filled + length <= 0x110000, "the class runs exceed the code points")
      (flat + filled).initialize(repeating: bits, count: length)
      filled += length
    }
    precondition(filled == 0x110000, "the class runs do not cover all code points")
    return flat
  }

  private static func bits(ofRunLetter letter: UInt8) -> UInt8 {
    let scalarClass: ScalarClass =
      switch letter {
      case UInt8(ascii: "u"): .upper
      case UInt8(ascii: "l"): .lower
      case UInt8(ascii: "o"): .caseless
      case UInt8(ascii: "m"): .mark
      case UInt8(ascii: "n"): .number
      case UInt8(ascii: "r"): [.space, .newline]
      case UInt8(ascii: "s"): .space
      case UInt8(ascii: "p"), UInt8(ascii: "y"): .punctuation
      default: []
      }
    return scalarClass.rawValue
  }
}
