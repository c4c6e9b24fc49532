/// A map of character sequences compiled by SentencePiece: a double array of byte strings, each with the
/// offset of its replacement in a blob of texts that end in a zero byte.
///
/// Layout: the size of the array in bytes as a little-endian UInt32, the array of little-endian UInt32, the
/// blob. A unit of darts-clone: bits 10–30 the offset (shifted by 8 when bit 9 is set), bit 8 whether the
/// child by 0 holds a value, bits 0–7 and 31 the label; the child of unit `i` by byte `b` is
/// `i ^ offset ^ b`. Sources: google/sentencepiece `src/normalizer.cc`, s-yata/darts-clone `darts.h`.
///
/// Unsafe: raw arrays, walked once a character of every text. The array is checked as a whole when it is
/// read: no unit leads out of it and no value out of the blob, so a walk needs no checks and, since each
/// step takes a byte of the text, ends.
package final class CharsMap: @unchecked Sendable {
  private let units: UnsafeMutablePointer<UInt32>
  private let unitCount: Int
  /// The replacements.
  let texts: UnsafeMutablePointer<UInt8>
  private let textBytes: Int

  /// A rule that begins a text.
  struct Match {
    /// The bytes of the text it takes.
    var length: Int
    /// Its replacement.
    var text: UnsafePointer<UInt8>
    var count: Int
  }

  /// - Throws: ``ToklabError`` with the byte of the map that is wrong.
  package init(_ bytes: [UInt8]) throws(ToklabError) {
    func word(_ index: Int) -> UInt32 {
      UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
        | UInt32(bytes[index + 3]) << 24
    }
    let expected = "a charsmap that SentencePiece compiled"
    guard bytes.count > 4 else {
      throw ToklabError(at: .byte(0), "a charsmap of \(bytes.count) bytes", expected: expected)
    }
    let size = Int(word(0))
    guard size < bytes.count - 4, size >= 1024, size % 1024 == 0 else {
      throw ToklabError(
        at: .byte(0), "a charsmap of \(bytes.count) bytes with a trie of \(size)",
        expected: "a trie of whole blocks of 1,024 bytes and texts after it")
    }
    guard bytes[bytes.count - 1] == 0 else {
      throw ToklabError(
        at: .byte(bytes.count - 1), "a charsmap whose last text has no end", expected: "a zero byte")
    }
    let count = size / 4
    let textStart = 4 + size
    for index in 0..<count {
      let unit = word(4 + index * 4)
      if unit >> 31 != 0 {
        guard Int(unit & 0x7FFF_FFFF) < bytes.count - textStart else {
          throw ToklabError(
            at: .byte(4 + index * 4), "the text at \(unit & 0x7FFF_FFFF) of a charsmap",
            expected: "at most \(bytes.count - textStart - 1)")
        }
        continue
      }
      let base = UInt32(index) ^ Self.offset(unit)
      guard Int(base | 0xFF) < count, unit & 0x100 == 0 || word(4 + Int(base) * 4) >> 31 != 0 else {
        throw ToklabError(
          at: .byte(4 + index * 4), "unit \(index) of a charsmap leads to \(base)",
          expected: "a unit of its trie of \(count)")
      }
    }
    units = .allocate(capacity: count)
    for index in 0..<count { (units + index).initialize(to: word(4 + index * 4)) }
    unitCount = count
    textBytes = bytes.count - textStart
    texts = .allocate(capacity: textBytes)
    for index in 0..<textBytes { (texts + index).initialize(to: bytes[textStart + index]) }
  }

  deinit {
    units.deallocate()
    texts.deallocate()
  }

  @inline(__always)
  private static func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 0x200) >> 6) }

  /// The replacements are UTF-8 as a whole, as the reference library of `tokenizer.json` wants them.
  var isUTF8: Bool { UTF8Scalar.firstInvalid(UnsafeBufferPointer(start: texts, count: textBytes)) == nil }

  /// The longest rule that begins a text, or nil.
  @inline(__always)
  func longest(_ text: UnsafePointer<UInt8>, _ count: Int) -> Match? {
    var at = Self.offset(units[0])
    var value = UInt32.max
    var length = 0
    var index = 0
    while index < count {
      at ^= UInt32(text[index])
      let unit = units[Int(at)]
      if unit & 0x8000_00FF != UInt32(text[index]) { break }
      at ^= Self.offset(unit)
      index &+= 1
      if unit & 0x100 != 0 {
        value = units[Int(at)] & 0x7FFF_FFFF
        length = index
      }
    }
    return length == 0 ? nil : match(length, value)
  }

  /// The shortest rule that begins a text, or nil.
  @inline(__always)
  func shortest(_ text: UnsafePointer<UInt8>, _ count: Int) -> Match? {
    var at = Self.offset(units[0])
    var index = 0
    while index < count, text[index] != 0 {
      at ^= UInt32(text[index])
      let unit = units[Int(at)]
      if unit & 0x8000_00FF != UInt32(text[index]) { return nil }
      at ^= Self.offset(unit)
      index &+= 1
      if unit & 0x100 != 0 { return match(index, units[Int(at)] & 0x7FFF_FFFF) }
    }
    return nil
  }

  @inline(__always)
  private func match(_ length: Int, _ value: UInt32) -> Match {
    let text = texts + Int(value)
    var count = 0
    while text[count] != 0 { count &+= 1 }
    return Match(length: length, text: UnsafePointer(text), count: count)
  }

  /// ASCII characters that no rule begins with, unless with a character beyond ASCII after them.
  package var plainASCII: [Bool] {
    (0..<128).map { first in
      var at = Self.offset(units[0]) ^ UInt32(first)
      let unit = units[Int(at)]
      if unit & 0x8000_00FF != UInt32(first) { return true }
      if unit & 0x100 != 0 { return false }
      at ^= Self.offset(unit)
      return (UInt32(0)..<128).allSatisfy { units[Int(at ^ $0)] & 0x8000_00FF != $0 }
    }
  }

  /// Whether a rule begins with an ASCII character.
  func begins(with first: UInt8) -> Bool {
    units[Int(Self.offset(units[0]) ^ UInt32(first))] & 0x8000_00FF == UInt32(first)
  }

  /// For each block of 64 code points below U+10000 the characters that no rule begins with, a bit each; none of
  /// ASCII, none of the surrogates.
  var freeBlocks: [UInt64] {
    var blocks = [UInt64](repeating: 0, count: 1024)
    /// The place of the children of a unit's child by `byte`, or nil where there is no such child.
    func step(_ at: UInt32, _ byte: UInt32) -> UInt32? {
      let unit = units[Int(at ^ byte)]
      return unit & 0x8000_00FF == byte ? at ^ byte ^ Self.offset(unit) : nil
    }
    func free(below at: UInt32?) -> UInt64 {
      guard let at else { return .max }
      return (0..<64).reduce(0) { $0 | (step(at, 0x80 | UInt32($1)) == nil ? 1 << UInt64($1) : 0) }
    }
    let root = Self.offset(units[0])
    for block in 2..<32 { blocks[block] = free(below: step(root, 0xC0 | UInt32(block))) }
    for block in 32..<1024 where !(0x360..<0x380).contains(block) {
      let lead = step(root, 0xE0 | UInt32(block >> 6))
      blocks[block] = free(below: lead.flatMap { step($0, 0x80 | UInt32(block & 63)) })
    }
    return blocks
  }
}
