/// The one way toklab shows token bytes to people and in JSON: UTF-8 as it is, everything else `\xNN`.
public enum ByteEscape {
  /// Valid UTF-8 as itself, invalid bytes as `\xNN`. `escaped` tells whether any byte was.
  public static func utf8(_ bytes: some Collection<UInt8>) -> (text: String, escaped: Bool) {
    let array = Array(bytes)
    if let text = String(validating: array, as: UTF8.self) { return (text, false) }
    var text = ""
    var index = 0
    while index < array.count {
      let length = UTF8Scalar.length(array, at: index)
      if length > 0 {
        text += String(decoding: array[index..<index + length], as: UTF8.self)
        index += length
      } else {
        text += hex(array[index])
        index += 1
      }
    }
    return (text, true)
  }

  /// A text for a message: no longer than a line or two.
  static func shortened(_ text: String) -> String {
    text.unicodeScalars.count <= 400
      ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(400))) + "…"
  }

  /// As ``utf8(_:)``, and control characters, quotes and backslashes escaped too: safe on one line, and
  /// different for different bytes.
  public static func string(_ bytes: some Collection<UInt8>) -> String {
    let array = Array(bytes)
    var out = ""
    var index = 0
    while index < array.count {
      let length = UTF8Scalar.length(array, at: index)
      guard length > 0 else {
        out += hex(array[index])
        index += 1
        continue
      }
      let text = String(decoding: array[index..<index + length], as: UTF8.self)
      let scalar = text.unicodeScalars[text.unicodeScalars.startIndex]
      switch scalar.value {
      case 0x0A: out += "\\n"
      case 0x0D: out += "\\r"
      case 0x09: out += "\\t"
      case 0x22: out += "\\\""
      case 0x5C: out += "\\\\"
      case 0..<0x20, 0x7F: out += hex(UInt8(scalar.value))
      case 0x80..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        out += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default: out.unicodeScalars.append(scalar)
      }
      index += length
    }
    return out
  }

  /// `\xNN`.
  public static func hex(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var out = "\\x"
    out.unicodeScalars.append(digits[Int(byte >> 4)])
    out.unicodeScalars.append(digits[Int(byte & 15)])
    return out
  }
}

/// UTF-8 by the Unicode standard's table of well-formed sequences (Unicode 16.0, table 3-7).
public enum UTF8Scalar {
  /// The length of the well-formed scalar at `index`, or 0 when the bytes there are not one.
  @inlinable
  public static func length(_ bytes: [UInt8], at index: Int) -> Int {
    bytes.withUnsafeBufferPointer { length($0.baseAddress! + index, $0.count - index) }
  }

  /// The length of the well-formed scalar at `pointer`, of which `available` bytes can be read; 0 when
  /// the bytes there are not one.
  @inlinable
  public static func length(_ pointer: UnsafePointer<UInt8>, _ available: Int) -> Int {
    guard available > 0 else { return 0 }
    let first = pointer[0]
    if first < 0x80 { return 1 }
    if first < 0xC2 || first > 0xF4 { return 0 }
    guard available > 1 else { return 0 }
    let second = pointer[1]
    if first < 0xE0 { return second & 0xC0 == 0x80 ? 2 : 0 }
    let low: UInt8 = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
    guard second >= low, second <= high else { return 0 }
    guard available > 2, pointer[2] & 0xC0 == 0x80 else { return 0 }
    if first < 0xF0 { return 3 }
    guard available > 3, pointer[3] & 0xC0 == 0x80 else { return 0 }
    return 4
  }

  /// The offset of the first byte that is not part of a well-formed scalar, or nil for valid UTF-8.
  public static func firstInvalid(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = text.baseAddress else { return nil }
    let count = text.count
    var index = 0
    while index < count {
      while index &+ 8 <= count {
        let word = UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if word & 0x8080_8080_8080_8080 != 0 { break }
        index &+= 8
      }
      if index == count { break }
      let length = length(base + index, count &- index)
      if length == 0 { return index }
      index &+= length
    }
    return nil
  }
}
