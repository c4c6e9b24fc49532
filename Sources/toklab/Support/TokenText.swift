import Tokenizers

/// A token as people see it in a terminal or a page: text as it is, line feeds marked, everything that
/// could disturb the screen escaped.
enum TokenText {
  /// Text for one token; `newline` is what a line feed becomes.
  static func visible(_ bytes: some Collection<UInt8>, newline: String = "⏎\n") -> String {
    var out = ""
    let array = Array(bytes)
    var index = 0
    while index < array.count {
      let length = UTF8Scalar.length(array, at: index)
      guard length > 0 else {
        out += ByteEscape.hex(array[index])
        index += 1
        continue
      }
      switch array[index] {
      case 0x0A: out += newline
      case 0x09: out += "⇥"
      case 0x0D: out += "␍"
      case 0..<0x20, 0x7F: out += ByteEscape.hex(array[index])
      default:
        let scalar = String(decoding: array[index..<index + length], as: UTF8.self)
        out +=
          isDisturbing(scalar.unicodeScalars.first!)
          ? ByteEscape.string(array[index..<index + length]) : scalar
      }
      index += length
    }
    return out
  }

  /// Controls, and characters that reorder or hide text.
  private static func isDisturbing(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x80..<0xA0, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
