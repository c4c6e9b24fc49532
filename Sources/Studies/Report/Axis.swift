import Glibc

/// A scale of a plot: where a value lies, and the round values that a reader wants to see.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  let from: Double
  let to: Double

  /// Covers `values` with a little room. Logarithmic only where all are positive.
  init(_ values: [Double], logarithmic: Bool = false, from: Double, to: Double, includesZero: Bool = false) {
    isLogarithmic = logarithmic && values.allSatisfy { $0 > 0 }
    var low = values.min() ?? 0
    var high = values.max() ?? 1
    if isLogarithmic {
      low *= 0.96
      high *= 1.04
    } else {
      if includesZero { (low, high) = (min(0, low), max(0, high)) }
      let room = (high - low) * 0.04
      if low != 0 || !includesZero { low -= room }
      if high != 0 || !includesZero { high += room }
    }
    if !(high > low) { (low, high) = isLogarithmic ? (low / 2, low * 2 + 1) : (low - 0.5, low + 0.5) }
    (self.low, self.high, self.from, self.to) = (low, high, from, to)
  }

  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic ? (log(value) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
    return from + (to - from) * share
  }

  /// Four to eight round values inside the range.
  var ticks: [Double] {
    isLogarithmic && high / low > 1.5 ? logarithmicTicks : linearTicks
  }

  private var linearTicks: [Double] {
    let rough = (high - low) / 5
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
    let first = Int((low / step).rounded(.up))
    let last = Int((high / step).rounded(.down))
    guard last >= first, last - first < 50 else { return [] }
    return (first...last).map { Double($0) * step }
  }

  private var logarithmicTicks: [Double] {
    // The fullest list of steps that leaves room for the numbers.
    let choices: [[Double]] = [
      [1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 4, 5, 7], [1, 1.5, 2, 3, 5], [1, 2, 5], [1, 3],
      [1],
    ]
    var found: [Double] = []
    for steps in choices {
      found = []
      for decade in -12...15 {
        for step in steps {
          let value = step * pow(10, Double(decade))
          if value >= low, value <= high { found.append(value) }
        }
      }
      if found.count <= 9 { return found }
    }
    return found.count <= 30 ? found : found.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
  }

  static func label(_ value: Double) -> String {
    // A product of a step and a power of ten is not always the shortest decimal.
    let rounded = value == 0 ? 0 : value
    if abs(rounded) >= 10_000 {
      if rounded.truncatingRemainder(dividingBy: 1000) == 0 { return "\(Int(rounded / 1000))k" }
    }
    var text = Figures.fixed(rounded, 6)
    while text.contains("."), text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
