/// Decimal text of floating-point numbers, laid out as `serde_json` in tokenizers 0.23.3 writes them:
/// shortest digits that read back to the same number, `.0` after whole numbers, an exponent outside
/// 1e-5 ..< 1e16 (1e-6 ..< 1e13 in single precision), with its sign.
public enum ShortestDecimal {
  /// - Precondition: `value` is finite; JSON has no other numbers.
  public static func text(_ value: Double) -> String {
    layOut(value.description, zero: value == 0, negative: value.sign == .minus, largest: 16, smallest: -5)
  }

  /// - Precondition: `value` is finite.
  public static func text(_ value: Float) -> String {
    layOut(value.description, zero: value == 0, negative: value.sign == .minus, largest: 13, smallest: -6)
  }

  private static func layOut(
    _ description: String, zero: Bool, negative: Bool, largest: Int, smallest: Int
  ) -> String {
    if zero { return negative ? "-0.0" : "0.0" }
    var digits: [UInt8] = []
    var point = 0
    var exponent = 0
    var seenPoint = false
    var text = Substring(description)
    if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      exponent = Int(text[text.index(after: mark)...].drop { $0 == "+" }) ?? 0
      text = text[..<mark]
    }
    for byte in text.utf8 {
      if byte == 0x2E {
        seenPoint = true
      } else if byte != 0x2D {
        if !seenPoint { point += 1 }
        digits.append(byte)
      }
    }
    let leading = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(leading)
    point += exponent - leading
    while digits.last == 0x30 { digits.removeLast() }
    // 0.d₁d₂… × 10^point from here on.
    var out = negative ? "-" : ""
    func append(_ slice: ArraySlice<UInt8>) { out += String(decoding: slice, as: UTF8.self) }
    if point >= digits.count && point <= largest {
      append(digits[...])
      out += String(repeating: "0", count: point - digits.count) + ".0"
    } else if point > 0 && point <= largest {
      append(digits[..<point])
      out += "."
      append(digits[point...])
    } else if point > smallest && point <= 0 {
      out += "0." + String(repeating: "0", count: -point)
      append(digits[...])
    } else {
      append(digits[..<1])
      if digits.count > 1 {
        out += "."
        append(digits[1...])
      }
      out += point > 0 ? "e+\(point - 1)" : "e\(point - 1)"
    }
    return out
  }
}
