/// How intervals are made.
public struct Bootstrap: Sendable, Hashable {
  public enum Interval: String, Sendable, Hashable, CaseIterable {
    /// Quantiles of the replicates.
    case percentile
    /// Bias-corrected and accelerated (Efron 1987): quantiles shifted by the median bias and by the
    /// jackknife's skewness.
    case bca
  }

  /// 0 turns intervals off.
  public var replicates: Int
  public var seed: UInt64
  public var interval: Interval
  /// The coverage aimed at.
  public var confidence: Double
  /// 0 takes all cores; the result is the same for any number.
  public var threads: Int

  public init(
    replicates: Int = 2000, seed: UInt64 = 0, interval: Interval = .percentile,
    confidence: Double = 0.95, threads: Int = 0
  ) {
    self.replicates = max(0, replicates)
    self.seed = seed
    self.interval = interval
    self.confidence = min(max(confidence, 0.5), 0.9999)
    self.threads = threads
  }

  /// No intervals.
  public static let off = Bootstrap(replicates: 0)

  /// The interval of a statistic whose replicates are `values`.
  ///
  /// - Parameters:
  ///   - point: the statistic of the sample itself.
  ///   - jackknife: the statistic without each unit in turn; needed for BCa only.
  /// - Returns: nil when there are no replicates or one of them has no finite value.
  package func interval(
    point: Double, values: [Double], jackknife: () -> [Double]?
  ) -> ClosedRange<Double>? {
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
    let sorted = values.sorted()
    var lower = (1 - confidence) / 2
    var upper = 1 - lower
    if interval == .bca, sorted.first != sorted.last {
      guard let left = jackknife(), left.allSatisfy(\.isFinite), !left.isEmpty else { return nil }
      (lower, upper) = accelerated(lower, upper, point: point, sorted: sorted, jackknife: left)
    }
    let low = Descriptive.quantile(sorted: sorted, lower)
    let high = Descriptive.quantile(sorted: sorted, upper)
    return low <= high ? low...high : high...low
  }

  /// The two BCa probabilities. Replicates equal to the point count half below it.
  private func accelerated(
    _ lower: Double, _ upper: Double, point: Double, sorted: [Double], jackknife: [Double]
  ) -> (Double, Double) {
    var below = 0.0
    for value in sorted {
      if value < point { below += 1 } else if value == point { below += 0.5 }
    }
    let count = Double(sorted.count)
    let share = min(max(below / count, 0.5 / count), 1 - 0.5 / count)
    let bias = SpecialFunctions.normalQuantile(share)
    let mean = jackknife.reduce(0, +) / Double(jackknife.count)
    var squares = 0.0
    var cubes = 0.0
    for value in jackknife {
      let difference = mean - value
      squares += difference * difference
      cubes += difference * difference * difference
    }
    let acceleration = squares > 0 ? cubes / (6 * squares * squares.squareRoot()) : 0
    func shifted(_ p: Double) -> Double {
      let z = bias + SpecialFunctions.normalQuantile(p)
      let scale = 1 - acceleration * z
      return scale > 0 ? SpecialFunctions.normalCDF(bias + z / scale) : (z > 0 ? 1 : 0)
    }
    return (shifted(lower), shifted(upper))
  }
}
