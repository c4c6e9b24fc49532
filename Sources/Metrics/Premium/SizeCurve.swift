import Glibc

/// Corpus token count as a function of vocabulary size: CTC(V) = a · V^(−b) + c with a, b > 0, c ≥ 0.
///
/// Non-linear least squares: for each b of a grid the best a and c are closed-form, and the best b is then
/// refined by golden section. The constraint is needed: for some languages the free c is negative, which
/// says that infinitely many tokens would cost less than none. A fit with c = 0 has two parameters and is
/// marked so. Power law after arXiv 2510.21909, appendix J, which does not print its form; the asymptote is
/// ours, since two parameters leave up to 2 % of error where three leave 0.1 %.
public struct SizeCurve: Sendable, Hashable {
  public let a: Double
  public let b: Double
  public let c: Double
  /// c = 0: because fewer than four sizes were given or because the data wanted it below 0.
  public let hasTwoParameters: Bool
  /// Largest |fitted − observed| / observed.
  public let maximumRelativeError: Double
  /// Root of the mean squared error, in tokens.
  public let rootMeanSquareError: Double

  /// - Parameter points: two sizes or more, all different.
  /// - Throws: ``ToklabError`` for fewer, for sizes or counts below 1, and for counts that do not fall.
  public init(fitting points: [(size: Int, count: Int)]) throws(ToklabError) {
    let sorted = points.sorted { $0.size < $1.size }
    guard sorted.count >= 2 else {
      throw ToklabError("\(sorted.count) vocabulary sizes", expected: "at least two to fit a curve")
    }
    for (left, right) in zip(sorted, sorted.dropFirst()) where left.size == right.size {
      throw ToklabError("vocabulary size \(left.size) stands twice")
    }
    guard sorted.allSatisfy({ $0.size > 0 && $0.count > 0 }) else {
      throw ToklabError("a vocabulary size or token count below 1")
    }
    guard sorted.first!.count > sorted.last!.count else {
      throw ToklabError("token counts do not fall with vocabulary size", expected: "a falling curve")
    }
    let sizes = sorted.map { Double($0.size) }
    let counts = sorted.map { Double($0.count) }
    let free = sorted.count >= 4

    func fit(_ logB: Double) -> Fit { Fit(sizes, counts, exponent: exp(logB), freeAsymptote: free) }
    let steps = 240
    let low = log(0.005)
    let high = log(8.0)
    var best = 0
    var least = Double.infinity
    for step in 0...steps {
      let error = fit(low + (high - low) * Double(step) / Double(steps)).squaredError
      if error < least {
        least = error
        best = step
      }
    }
    let width = (high - low) / Double(steps)
    let middle = low + width * Double(best)
    let chosen = fit(
      Self.goldenSection(max(low, middle - width), min(high, middle + width)) { fit($0).squaredError })
    guard chosen.a > 0 else { throw ToklabError("no falling curve fits the token counts") }
    a = chosen.a
    b = chosen.exponent
    c = chosen.c
    hasTwoParameters = chosen.c == 0
    rootMeanSquareError = (chosen.squaredError / Double(sizes.count)).squareRoot()
    maximumRelativeError =
      zip(sizes, counts).map { abs(chosen.a * pow($0, -chosen.exponent) + chosen.c - $1) / $1 }.max() ?? 0
  }

  /// The fitted count at a size.
  public func count(at size: Double) -> Double { a * pow(size, -b) + c }

  /// The size at which the fitted count is `target`; nil where the curve never falls that far.
  public func size(for target: Double) -> Double? {
    guard target > c else { return nil }
    let size = pow(a / (target - c), 1 / b)
    return size.isFinite ? size : nil
  }

  private struct Fit {
    var exponent: Double
    var a: Double
    var c: Double
    var squaredError: Double

    init(_ sizes: [Double], _ counts: [Double], exponent: Double, freeAsymptote: Bool) {
      self.exponent = exponent
      let x = sizes.map { pow($0, -exponent) }
      let n = Double(x.count)
      let meanX = x.reduce(0, +) / n
      let meanY = counts.reduce(0, +) / n
      var xx = 0.0
      var xy = 0.0
      for (value, count) in zip(x, counts) {
        xx += (value - meanX) * (value - meanX)
        xy += (value - meanX) * (count - meanY)
      }
      var a = xx > 0 ? xy / xx : 0
      var c = meanY - a * meanX
      if !freeAsymptote || c < 0 {
        c = 0
        a = zip(x, counts).reduce(0) { $0 + $1.0 * $1.1 } / x.reduce(0) { $0 + $1 * $1 }
      }
      self.a = a
      self.c = c
      squaredError = zip(x, counts).reduce(0) {
        let error = a * $1.0 + c - $1.1
        return $0 + error * error
      }
    }
  }

  private static func goldenSection(_ from: Double, _ to: Double, _ f: (Double) -> Double) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var low = from
    var high = to
    var left = high - ratio * (high - low)
    var right = low + ratio * (high - low)
    var fLeft = f(left)
    var fRight = f(right)
    for _ in 0..<80 {
      if fLeft <= fRight {
        high = right
        right = left
        fRight = fLeft
        left = high - ratio * (high - low)
        fLeft = f(left)
      } else {
        low = left
        left = right
        fLeft = fRight
        right = low + ratio * (high - low)
        fRight = f(right)
      }
    }
    return (low + high) / 2
  }
}
