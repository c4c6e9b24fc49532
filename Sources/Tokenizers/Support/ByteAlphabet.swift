/// GPT-2's map of the 256 bytes to printable characters, in which byte-level vocabularies are spelled.
///
/// Bytes 33–126, 161–172 and 174–255 are the character of the same number; the other 68, in byte order,
/// are U+0100, U+0101, … Source: openai/gpt-2, `src/encoder.py`, `bytes_to_unicode`.
public enum ByteAlphabet {
  /// The scalar value of each byte.
  public static let scalars: [UInt32] = {
    var table: [UInt32] = []
    var next: UInt32 = 0x100
    for byte: UInt32 in 0..<256 {
      if (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte) {
        table.append(byte)
      } else {
        table.append(next)
        next += 1
      }
    }
    return table
  }()

  /// The byte of each scalar value below 324, or -1.
  package static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar)] = Int16(byte) }
    return table
  }()

  /// Appends the bytes that `text` spells; false, and `out` as it was, when a character is outside the
  /// alphabet or the text is not UTF-8.
  @inline(__always)
  package static func append(_ text: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) -> Bool {
    let start = out.count
    let failed = bytes.withUnsafeBufferPointer { table -> Bool in
      var index = 0
      while index < text.count {
        let first = text[index]
        var scalar = UInt32(first)
        if first < 0x80 {
          index &+= 1
        } else if first >= 0xC2, first < 0xC6, index &+ 1 < text.count, text[index &+ 1] & 0xC0 == 0x80 {
          scalar = UInt32(first & 0x1F) << 6 | UInt32(text[index &+ 1] & 0x3F)
          index &+= 2
        } else {
          return true
        }
        guard scalar < 0x144, table[Int(scalar)] >= 0 else { return true }
        out.append(UInt8(truncatingIfNeeded: table[Int(scalar)]))
      }
      return false
    }
    if failed { out.removeLast(out.count - start) }
    return !failed
  }

  /// The bytes that `text` spells, or nil when a character is outside the alphabet.
  public static func bytes(spelledBy text: [UInt8]) -> [UInt8]? {
    var out: [UInt8] = []
    return text.withUnsafeBufferPointer { append($0, to: &out) } ? out : nil
  }

  /// The spelling of `bytes`, as UTF-8.
  public static func spelling(of bytes: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes {
      let scalar = scalars[Int(byte)]
      if scalar < 0x80 {
        out.append(UInt8(scalar))
      } else {
        out.append(0xC0 | UInt8(scalar >> 6))
        out.append(0x80 | UInt8(scalar & 0x3F))
      }
    }
    return out
  }
}
