/// Ordinary least squares with an intercept.
///
/// Columns are centred and scaled to unit length, then decomposed by Householder reflections: no normal
/// equations, so that predictors of very different size (bytes, shares, entropies) do not spoil each other.
public struct Regression: Sendable, Hashable {
  public struct Term: Sendable, Hashable {
    public var name: String
    public var coefficient: Double
    public var standardError: Double
    public var t: Double
    /// Two-sided, Student with ``Regression/degreesOfFreedom``.
    public var pValue: Double
  }

  /// The intercept first, then the predictors in the order given.
  public let terms: [Term]
  public let rSquared: Double
  public let adjustedRSquared: Double
  /// Residual standard error.
  public let residualError: Double
  public let degreesOfFreedom: Int
  public let n: Int
  /// Of the whole model against the intercept alone; nil when nothing is left to explain.
  public let f: Double?
  public let fPValue: Double?

  /// Fits `y` on the predictors.
  ///
  /// - Throws: ``ToklabError`` that names the predictor that is constant or a combination of earlier
  ///   ones, or says that there are too few rows (at least predictors + 2) or that `y` is constant.
  public init(_ y: [Double], on predictors: [(name: String, values: [Double])]) throws(ToklabError) {
    let n = y.count
    let p = predictors.count
    guard n >= p + 2 else {
      throw ToklabError("\(n) observations for \(p) predictors", expected: "at least \(p + 2)")
    }
    for predictor in predictors {
      guard predictor.values.count == n else {
        throw ToklabError(
          "predictor \(predictor.name) has \(predictor.values.count) values", expected: "\(n)")
      }
      guard predictor.values.allSatisfy(\.isFinite) else {
        throw ToklabError("predictor \(predictor.name) has a value that is not finite")
      }
    }
    guard y.allSatisfy(\.isFinite) else { throw ToklabError("a response is not finite") }
    let meanY = Descriptive.mean(y)!
    let centredY = y.map { $0 - meanY }
    let total = centredY.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { throw ToklabError("the response is constant") }

    var columns: [[Double]] = []
    var means: [Double] = []
    var scales: [Double] = []
    for predictor in predictors {
      let mean = Descriptive.mean(predictor.values)!
      let centred = predictor.values.map { $0 - mean }
      let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 1e-12 * max(1, abs(mean)) else {
        throw ToklabError("predictor \(predictor.name) is constant")
      }
      columns.append(centred.map { $0 / length })
      means.append(mean)
      scales.append(length)
    }
    var target = centredY
    let r = try Self.triangularize(&columns, &target, names: predictors.map(\.name))
    let scaled = Self.backSubstitute(r, Array(target[..<p]))
    // The rest of the rotated response is the residual, already orthogonal to the predictors.
    let residual = target[p...].reduce(0) { $0 + $1 * $1 }
    let degrees = n - p - 1
    let variance = residual / Double(degrees)

    // (RᵀR)⁻¹ from the columns of R⁻¹.
    var inverse: [[Double]] = []
    for column in 0..<p {
      var unit = [Double](repeating: 0, count: p)
      unit[column] = 1
      inverse.append(Self.backSubstitute(r, unit))
    }
    func covariance(_ i: Int, _ j: Int) -> Double {
      (0..<p).reduce(0) { $0 + inverse[$1][i] * inverse[$1][j] } / (scales[i] * scales[j])
    }
    func term(_ name: String, _ coefficient: Double, _ error: Double) -> Term {
      let t = coefficient / error
      return Term(
        name: name, coefficient: coefficient, standardError: error, t: t,
        pValue: SpecialFunctions.studentTwoSided(t, degrees: Double(degrees)))
    }
    let slopes = (0..<p).map { scaled[$0] / scales[$0] }
    var intercept = meanY
    var interceptVariance = 1 / Double(n)
    for i in 0..<p {
      intercept -= slopes[i] * means[i]
      for j in 0..<p { interceptVariance += means[i] * means[j] * covariance(i, j) }
    }
    var terms = [term("intercept", intercept, (variance * interceptVariance).squareRoot())]
    for i in 0..<p {
      terms.append(term(predictors[i].name, slopes[i], (variance * covariance(i, i)).squareRoot()))
    }
    self.terms = terms
    self.n = n
    degreesOfFreedom = degrees
    residualError = variance.squareRoot()
    rSquared = max(0, 1 - residual / total)
    adjustedRSquared = 1 - variance / (total / Double(n - 1))
    if p > 0, variance > 0 {
      let f = (total - residual) / Double(p) / variance
      self.f = f
      fPValue = SpecialFunctions.fUpperTail(f, Double(p), Double(degrees))
    } else {
      f = nil
      fPValue = nil
    }
  }

  public func term(_ name: String) -> Term? { terms.first { $0.name == name } }

  /// Householder reflections of the columns, applied to `target` as well; returns R by rows.
  private static func triangularize(
    _ columns: inout [[Double]], _ target: inout [Double], names: [String]
  ) throws(ToklabError) -> [[Double]] {
    let p = columns.count
    let n = target.count
    var r = [[Double]](repeating: [Double](repeating: 0, count: p), count: p)
    for k in 0..<p {
      let length = columns[k][k...].reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 1e-10 else {
        throw ToklabError("predictor \(names[k]) is a combination of the ones before it")
      }
      let alpha = columns[k][k] > 0 ? -length : length
      var v = Array(columns[k][k...])
      v[0] -= alpha
      let norm = v.reduce(0) { $0 + $1 * $1 }
      func reflect(_ x: inout [Double]) {
        var dot = 0.0
        for i in k..<n { dot += v[i - k] * x[i] }
        let factor = 2 * dot / norm
        for i in k..<n { x[i] -= factor * v[i - k] }
      }
      for j in k..<p { reflect(&columns[j]) }
      reflect(&target)
      for j in k..<p { r[k][j] = columns[j][k] }
    }
    return r
  }

  private static func backSubstitute(_ r: [[Double]], _ right: [Double]) -> [Double] {
    let p = right.count
    var x = [Double](repeating: 0, count: p)
    for i in stride(from: p - 1, through: 0, by: -1) {
      var sum = right[i]
      for j in (i + 1)..<max(i + 1, p) { sum -= r[i][j] * x[j] }
      x[i] = sum / r[i][i]
    }
    return x
  }
}
