import Glibc
import Tokenizers

/// Sums of probabilities that are given by their natural logarithms.
public enum LogProbabilities {
  /// log Σ exp(values), in order and shifted by the largest, so that nothing overflows and only what is
  /// below e⁻⁷⁴⁵ of it is lost; `-.infinity` for nothing.
  public static func sum(_ values: some Collection<Double>) -> Double {
    var largest = -Double.infinity
    for value in values where value > largest { largest = value }
    guard largest > -.infinity else { return -.infinity }
    var total = 0.0
    for value in values { total += exp(value - largest) }
    return largest + log(total)
  }

  public static func sum(_ a: Double, _ b: Double) -> Double {
    let (high, low) = a > b ? (a, b) : (b, a)
    if low == -.infinity { return high }
    return high + log1p(exp(low - high))
  }

  /// Makes a row of logits, or of logarithms that are nearly normalized, one whose exponentials sum to 1.
  ///
  /// - Throws: ``ToklabError`` for NaN, +∞ and a row without any finite score.
  public static func normalize(_ row: inout [Double]) throws(ToklabError) {
    try check(row)
    let total = sum(row)
    guard total > -.infinity else {
      throw ToklabError("a row of scores that are all -inf", expected: "at least one finite score")
    }
    for index in row.indices { row[index] -= total }
  }

  /// - Throws: ``ToklabError`` naming the first NaN or +∞.
  public static func check(_ row: [Double]) throws(ToklabError) {
    for (index, value) in row.enumerated() where value.isNaN || value == .infinity {
      throw ToklabError(
        "score \(value.isNaN ? "NaN" : "+inf") of token \(index)", expected: "finite numbers or -inf",
        advice: "the model's output is damaged")
    }
  }
}
