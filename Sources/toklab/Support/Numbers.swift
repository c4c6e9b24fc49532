/// How toklab prints numbers, durations and sizes. `String(format:)` would cost 45 MB of ICU in the
/// binary; these few lines do.
enum Numbers {
  /// The shortest decimal that reads back to the same double; whole numbers without a fraction.
  /// What is not finite is `null`: results never hold NaN.
  static func shortest(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A fixed number of decimals, rounded half away from zero, for tables.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
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
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var out = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
      out.append(digit)
    }
    return out
  }

  /// `1.5 MB`: powers of 1,000, as in the SIZE suffixes k, M and G.
  static func bytes(_ count: Int) -> String { scaled(Double(count), unit: "B") }

  /// `12.3 M` and a unit.
  static func scaled(_ value: Double, unit: String) -> String {
    let steps = ["", "k", "M", "G", "T"]
    var rest = value
    var step = 0
    while rest >= 999.5, step < steps.count - 1 {
      rest /= 1000
      step += 1
    }
    if step == 0 { return "\(fixed(rest, 0)) \(unit)" }
    return "\(fixed(rest, rest < 99.95 ? 1 : 0)) \(steps[step])\(unit)"
  }

  /// `0.42 s`, `12 s`, `3:07`, `1:02:03`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 10 { return "\(fixed(seconds, 2)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }
}
