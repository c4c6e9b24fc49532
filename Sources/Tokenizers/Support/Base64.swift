/// Base64 with the standard alphabet and padding (RFC 4648 section 4), strict in both directions.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of each alphabet byte; 0xFF for every other byte.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
    return table
  }()

  public static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var word: UInt32 = 0
    var held = 0
    for byte in bytes {
      word = word << 8 | UInt32(byte)
      held += 1
      if held == 3 {
        for shift: UInt32 in [18, 12, 6, 0] { out.append(alphabet[Int(word >> shift) & 63]) }
        word = 0
        held = 0
      }
    }
    if held == 1 {
      out += [alphabet[Int(word >> 2) & 63], alphabet[Int(word << 4) & 63], 0x3D, 0x3D]
    } else if held == 2 {
      out += [
        alphabet[Int(word >> 10) & 63], alphabet[Int(word >> 4) & 63], alphabet[Int(word << 2) & 63], 0x3D,
      ]
    }
    return out
  }

  /// Appends the decoded bytes to `out`; returns the offset of the first byte that is wrong, or nil.
  ///
  /// Wrong are bytes outside the alphabet, a length that is no multiple of four, padding anywhere but at
  /// the end, and bits that the last group leaves over.
  public static func decode(_ text: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) -> Int? {
    guard text.count % 4 == 0 else { return text.count }
    guard !text.isEmpty else { return nil }
    let padding = text[text.count - 1] != 0x3D ? 0 : text[text.count - 2] != 0x3D ? 1 : 2
    let significant = text.count - padding
    var word: UInt32 = 0
    for index in 0..<significant {
      let value = values[Int(text[index])]
      guard value != 0xFF else { return index }
      word = word << 6 | UInt32(value)
      if index & 3 == 3 {
        out.append(UInt8(truncatingIfNeeded: word >> 16))
        out.append(UInt8(truncatingIfNeeded: word >> 8))
        out.append(UInt8(truncatingIfNeeded: word))
        word = 0
      }
    }
    switch padding {
    case 1:
      guard word & 3 == 0 else { return significant - 1 }
      out.append(UInt8(truncatingIfNeeded: word >> 10))
      out.append(UInt8(truncatingIfNeeded: word >> 2))
    case 2:
      guard word & 15 == 0 else { return significant - 1 }
      out.append(UInt8(truncatingIfNeeded: word >> 4))
    default: break
    }
    return nil
  }

  /// The decoded bytes, or nil when `text` is not base64.
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(text.count / 4 * 3)
    return text.withUnsafeBufferPointer { decode($0, into: &out) } == nil ? out : nil
  }
}
