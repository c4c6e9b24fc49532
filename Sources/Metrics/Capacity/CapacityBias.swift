/// The bias b of information capacity, fitted so that models of one series get alike values.
///
/// The paper states that goal and not its method; both answers here are ours. A model is a point (log₂ N,
/// gain T̄ − H̄).
public enum CapacityBias {
  public struct Model: Sendable, Hashable {
    /// log₂ of the operations a token.
    public var logOperations: Double
    /// T̄ − H̄, bits.
    public var gain: Double

    public init(logOperations: Double, gain: Double) {
      self.logOperations = logOperations
      self.gain = gain
    }
  }

  /// The line gain = IC · log₂ N − b through one series: slope and bias.
  ///
  /// - Returns: nil for fewer than two models or equal sizes.
  public static func line(_ series: [Model]) -> (capacity: Double, bias: Double)? {
    guard series.count > 1 else { return nil }
    let meanX = series.reduce(0) { $0 + $1.logOperations } / Double(series.count)
    let meanY = series.reduce(0) { $0 + $1.gain } / Double(series.count)
    var xx = 0.0
    var xy = 0.0
    for model in series {
      xx += (model.logOperations - meanX) * (model.logOperations - meanX)
      xy += (model.logOperations - meanX) * (model.gain - meanY)
    }
    guard xx > 0 else { return nil }
    let slope = xy / xx
    return (slope, -(meanY - slope * meanX))
  }

  /// The one b that leaves the least variance of IC within the series together.
  ///
  /// IC = g/x + b/x is linear in b, so the sum of squared deviations from the series' means has one minimum.
  ///
  /// - Returns: nil when no series has two models of different size.
  public static func shared(_ series: [[Model]]) -> Double? {
    var top = 0.0
    var bottom = 0.0
    for models in series where models.count > 1 {
      let n = Double(models.count)
      let inverse = models.map { 1 / $0.logOperations }
      let quotient = models.map { $0.gain / $0.logOperations }
      let meanInverse = inverse.reduce(0, +) / n
      let meanQuotient = quotient.reduce(0, +) / n
      for (u, v) in zip(inverse, quotient) {
        top += (u - meanInverse) * (v - meanQuotient)
        bottom += (u - meanInverse) * (u - meanInverse)
      }
    }
    return bottom > 0 ? -top / bottom : nil
  }
}
