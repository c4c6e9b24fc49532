/// Do two groups spread equally? Three answers, since the oldest believes in normal data.
public enum VarianceTests {
  public struct Outcome: Sendable, Hashable {
    public var statistic: Double
    /// Degrees of freedom of the numerator and the denominator.
    public var degrees: (Int, Int) { (numerator, denominator) }
    public var pValue: Double
    private let numerator: Int
    private let denominator: Int

    init(_ statistic: Double, _ numerator: Int, _ denominator: Int, _ pValue: Double) {
      self.statistic = statistic
      self.numerator = numerator
      self.denominator = denominator
      self.pValue = pValue
    }
  }

  /// The F-test, two-sided: variance of `a` over variance of `b`, p = 2 · min(tail, 1 − tail), as the
  /// premium paper uses it. Its level is wrong for data that are not normal: read it beside
  /// ``brownForsythe(_:)``.
  ///
  /// - Returns: nil when a group has fewer than two values or `b` does not vary.
  public static func fTest(_ a: [Double], _ b: [Double]) -> Outcome? {
    guard let va = Descriptive.variance(a), let vb = Descriptive.variance(b), vb > 0 else { return nil }
    return fTest(ratio: va / vb, a.count - 1, b.count - 1)
  }

  /// The two-sided p-value of a published ratio.
  public static func fTest(ratio: Double, _ degreesA: Int, _ degreesB: Int) -> Outcome? {
    guard ratio >= 0, ratio.isFinite, degreesA > 0, degreesB > 0 else { return nil }
    let upper = SpecialFunctions.fUpperTail(ratio, Double(degreesA), Double(degreesB))
    let lower = SpecialFunctions.fCDF(ratio, Double(degreesA), Double(degreesB))
    return Outcome(ratio, degreesA, degreesB, min(1, 2 * min(upper, lower)))
  }

  /// Brown and Forsythe 1974: a one-way analysis of variance of |x − median of its group|.
  ///
  /// - Returns: nil with fewer than two groups, an empty group, or no spread left to divide by.
  public static func brownForsythe(_ groups: [[Double]]) -> Outcome? {
    let total = groups.reduce(0) { $0 + $1.count }
    guard groups.count > 1, total > groups.count else { return nil }
    var deviations: [[Double]] = []
    for group in groups {
      guard let median = Descriptive.median(group) else { return nil }
      deviations.append(group.map { abs($0 - median) })
    }
    let means = deviations.map { Descriptive.mean($0)! }
    let grand = deviations.joined().reduce(0, +) / Double(total)
    var between = 0.0
    var within = 0.0
    for (values, mean) in zip(deviations, means) {
      between += Double(values.count) * (mean - grand) * (mean - grand)
      for value in values { within += (value - mean) * (value - mean) }
    }
    guard within > 0 else { return nil }
    let d1 = groups.count - 1
    let d2 = total - groups.count
    let statistic = between / Double(d1) / (within / Double(d2))
    return Outcome(statistic, d1, d2, SpecialFunctions.fUpperTail(statistic, Double(d1), Double(d2)))
  }

  /// Bootstrap interval of var(a)/var(b).
  ///
  /// - Parameter paired: `a[i]` and `b[i]` belong to one language and are drawn together.
  /// - Returns: nil when the ratio or one of its replicates is undefined.
  public static func varianceRatio(
    _ a: [Double], _ b: [Double], paired: Bool, bootstrap: Bootstrap
  ) -> (ratio: Double, interval: ClosedRange<Double>?)? {
    guard let va = Descriptive.variance(a), let vb = Descriptive.variance(b), vb > 0 else { return nil }
    if paired && a.count != b.count { return nil }
    let results = SharedResults<Double>(bootstrap.replicates, repeating: .nan)
    Parallel.forEach(bootstrap.replicates, threads: bootstrap.threads) { replicate in
      var random = SplitMix64(seed: bootstrap.seed, stream: UInt64(replicate))
      let first = a.indices.map { _ in random.below(a.count) }
      let second = paired ? first : b.indices.map { _ in random.below(b.count) }
      let top = Descriptive.variance(first.map { a[$0] }) ?? .nan
      let bottom = Descriptive.variance(second.map { b[$0] }) ?? .nan
      results[replicate] = bottom > 0 ? top / bottom : .nan
    }
    let interval = bootstrap.interval(point: va / vb, values: results.array) {
      func without(_ values: [Double], _ index: Int) -> Double {
        var rest = values
        rest.remove(at: index)
        return Descriptive.variance(rest) ?? .nan
      }
      if paired { return a.indices.map { without(a, $0) / without(b, $0) } }
      return a.indices.map { without(a, $0) / vb } + b.indices.map { va / without(b, $0) }
    }
    return (va / vb, interval)
  }
}
