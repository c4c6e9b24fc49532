/// Writes the normalized form of a text character by character, with the alignment that the reference
/// library keeps.
///
/// Each character written says how it changed the text: 0 stands for the next character of the source,
/// 1 is inserted and shares the range of the character before, and −n stands for the next character and
/// takes n more with it, whose ranges are lost. Source: huggingface/tokenizers
/// `tokenizer/normalizer.rs` (`NormalizedString::transform`).
struct TextTransform {
  /// Valid UTF-8.
  let source: UnsafeBufferPointer<UInt8>
  let alignment: Bool
  private(set) var bytes: [UInt8] = []
  private var starts: [UInt32] = []
  private var ends: [UInt32] = []
  /// The next character of the source, and the one before it.
  private(set) var offset = 0
  private var previous = 0

  init(_ source: UnsafeBufferPointer<UInt8>, alignment: Bool) {
    self.source = source
    self.alignment = alignment
    bytes.reserveCapacity(source.count + source.count / 8)
    if alignment {
      starts.reserveCapacity(source.count + source.count / 8)
      ends.reserveCapacity(source.count + source.count / 8)
    }
  }

  var atEnd: Bool { offset >= source.count }

  /// The scalar at ``offset`` and its length.
  @inline(__always)
  var next: (scalar: UInt32, length: Int) { Self.scalar(source, at: offset) }

  @inline(__always)
  static func scalar(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
    let lead = UInt32(text[index])
    if lead < 0x80 { return (lead, 1) }
    let second = UInt32(text[index + 1] & 0x3F)
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | second, 2) }
    let third = UInt32(text[index + 2] & 0x3F)
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | second << 6 | third, 3) }
    return ((lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[index + 3] & 0x3F), 4)
  }

  /// Passes over a character of the source without a trace.
  mutating func drop() {
    previous = offset
    offset += atEnd ? 0 : next.length
  }

  /// Takes the next character as it is.
  @inline(__always)
  mutating func keep() {
    let length = next.length
    let end = offset + length
    for index in offset..<end { bytes.append(source[index]) }
    if alignment { align(offset, end, length) }
    previous = offset
    offset = end
  }

  /// Writes a scalar that changes the text as described above.
  mutating func emit(_ scalar: UInt32, change: Int) {
    let before = bytes.count
    Self.append(scalar, to: &bytes)
    let length = bytes.count - before
    if change > 0 {
      if alignment { align(offset == 0 ? 0 : previous, offset, length) }
      return
    }
    let start = offset
    if alignment { align(start, atEnd ? start : start + next.length, length) }
    for _ in 0...(-change) { drop() }
  }

  /// Writes text in place of the source from ``offset`` to `end`; it is aligned to the last character it
  /// replaces.
  mutating func replace(to end: Int, with content: [UInt8]) {
    while offset < end { drop() }
    bytes.append(contentsOf: content)
    if alignment { align(offset == 0 ? 0 : previous, offset, content.count) }
  }

  private mutating func align(_ start: Int, _ end: Int, _ count: Int) {
    for _ in 0..<count {
      starts.append(UInt32(truncatingIfNeeded: start))
      ends.append(UInt32(truncatingIfNeeded: end))
    }
  }

  /// The result, or nil when the text did not change.
  consuming func result() -> NormalizedText? {
    if bytes.count == source.count, bytes.elementsEqual(source) { return nil }
    return NormalizedText(bytes: bytes, starts: starts, ends: ends)
  }

  static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
    if scalar < 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: scalar))
    } else if scalar < 0x800 {
      bytes.append(0xC0 | UInt8(truncatingIfNeeded: scalar >> 6))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
    } else if scalar < 0x10000 {
      bytes.append(0xE0 | UInt8(truncatingIfNeeded: scalar >> 12))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
    } else {
      bytes.append(0xF0 | UInt8(truncatingIfNeeded: scalar >> 18))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 12 & 0x3F))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F))
      bytes.append(0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F))
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The number of leading ASCII bytes, eight a step.
  var asciiPrefix: Int {
    var index = 0
    while index + 8 <= count {
      let word = UnsafeRawPointer(baseAddress! + index).loadUnaligned(as: UInt64.self)
      let high = UInt64(littleEndian: word) & 0x8080_8080_8080_8080
      if high != 0 { return index + high.trailingZeroBitCount >> 3 }
      index += 8
    }
    while index < count, self[index] < 0x80 { index += 1 }
    return index
  }

  /// - Throws: ``ToklabError`` naming the first byte that belongs to no UTF-8 sequence.
  func requireUTF8() throws(ToklabError) {
    do throws(Unicode.UTF8.ValidationError) {
      _ = try UTF8Span(validating: span)
    } catch {
      throw ToklabError(
        at: .byte(error.byteOffsets.lowerBound), "the text is not UTF-8",
        expected: "UTF-8, since the tokenizer normalizes text")
    }
  }
}
