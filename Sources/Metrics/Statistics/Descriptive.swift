/// Means, variances, quantiles, inequality.
public enum Descriptive {
  /// Nil for an empty list.
  public static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The sample variance (divisor n − 1); nil for fewer than two values.
  public static func variance(_ values: [Double]) -> Double? {
    guard values.count > 1, let mean = mean(values) else { return nil }
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  public static func standardDeviation(_ values: [Double]) -> Double? {
    variance(values)?.squareRoot()
  }

  public static func median(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : quantile(sorted: values.sorted(), 0.5)
  }

  /// Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, numpy's default).
  package static func quantile(sorted values: [Double], _ p: Double) -> Double {
    precondition(!values.isEmpty)
    let position = min(max(p, 0), 1) * Double(values.count - 1)
    let below = Int(position)
    let share = position - Double(below)
    if share == 0 { return values[below] }
    return values[below] + share * (values[below + 1] - values[below])
  }

  /// The Gini coefficient Σᵢⱼ|xᵢ − xⱼ| / (2n²μ) of values ≥ 0: 0 when all are equal (exactly), at most
  /// 1 − 1/n. Nil for fewer than two values or a sum of 0. O(n log n).
  public static func gini(_ values: [Double]) -> Double? {
    let count = values.count
    guard count > 1 else { return nil }
    let sorted = values.sorted()
    let sum = sorted.reduce(0, +)
    guard sum > 0 else { return nil }
    var spread = 0.0
    for i in 0..<(count / 2) {
      spread += Double(count - 1 - 2 * i) * (sorted[count - 1 - i] - sorted[i])
    }
    return spread / (Double(count) * sum)
  }

  /// The Lorenz curve: n + 1 points (share of the values, cheapest first; share of their sum) from
  /// (0, 0) to (1, 1). Nil where ``gini(_:)`` is, except that one value is allowed.
  public static func lorenz(_ values: [Double]) -> [(population: Double, cost: Double)]? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let sum = sorted.reduce(0, +)
    guard sum > 0 else { return nil }
    var points: [(population: Double, cost: Double)] = [(0, 0)]
    var running = 0.0
    for (index, value) in sorted.enumerated() {
      running += value
      points.append((Double(index + 1) / Double(sorted.count), index + 1 == sorted.count ? 1 : running / sum))
    }
    return points
  }
}
