/// Many tests at once, and proportions.
public enum MultipleTesting {
  /// p · number of tests, capped at 1.
  public static func bonferroni(_ pValues: [Double]) -> [Double] {
    pValues.map { min(1, $0 * Double(pValues.count)) }
  }

  /// Benjamini and Hochberg 1995: adjusted p-values that hold the false discovery rate; the order of the
  /// input is kept.
  public static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted {
      pValues[$0] == pValues[$1] ? $0 < $1 : pValues[$0] < pValues[$1]
    }
    var adjusted = pValues
    var least = 1.0
    for (place, index) in order.enumerated().reversed() {
      least = min(least, pValues[index] * Double(pValues.count) / Double(place + 1))
      adjusted[index] = least
    }
    return adjusted
  }

  /// Wilson's score interval for `successes` of `trials`; nil without trials.
  public static func wilson(
    _ successes: Int, of trials: Int, confidence: Double = 0.95
  ) -> ClosedRange<Double>? {
    guard trials > 0, successes >= 0, successes <= trials else { return nil }
    let n = Double(trials)
    let share = Double(successes) / n
    let z = SpecialFunctions.normalQuantile(1 - (1 - confidence) / 2)
    let scale = 1 + z * z / n
    let middle = (share + z * z / (2 * n)) / scale
    let half = z / scale * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let low = successes == 0 ? 0 : max(0, middle - half)
    let high = successes == trials ? 1 : min(1, middle + half)
    return low...high
  }
}
