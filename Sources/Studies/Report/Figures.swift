/// Numbers as text in reports: the shortest decimal for machines, a sensible number of digits for people.
package enum Figures {
  /// The shortest decimal that reads back to the same double; whole numbers without a fraction.
  package static func shortest(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return "\(value)"
  }

  /// A fixed number of decimals, rounded half away from zero.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "n/a" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return shortest(value) }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let digits = String(Int64(scaled))
    if decimals == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  /// `1234567` as `1,234,567`.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var out = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
      out.append(digit)
    }
    return out
  }

  /// About four significant digits, for tables and hover texts.
  package static func readable(_ value: Double) -> String {
    let size = abs(value)
    if value == value.rounded(), size < 1e15 { return grouped(Int(value)) }
    switch size {
    case 1000...: return size < 1e15 ? grouped(Int(value.rounded())) : shortest(value)
    case 100..<1000: return fixed(value, 1)
    case 10..<100: return fixed(value, 2)
    case 0.1..<10: return fixed(value, 3)
    case 0.001..<0.1: return fixed(value, 5)
    default: return scientific(value)
    }
  }

  /// Three significant digits with an exponent: `1.88e-7`.
  private static func scientific(_ value: Double) -> String {
    var (mantissa, exponent) = (abs(value), 0)
    while mantissa >= 10, exponent < 400 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1, exponent > -400 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return "\(value < 0 ? "-" : "")\(fixed(mantissa, 2))e\(exponent)"
  }

  /// A coordinate of a drawing: one decimal, without a useless `.0`.
  static func coordinate(_ value: Double) -> String {
    let text = fixed(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
