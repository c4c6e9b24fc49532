import Metrics
import Testing

@Suite struct DescriptiveTests {
  /// Gini of 1, 2, 3, 4: Σᵢⱼ|i − j| = 20 over 2 · 16 · 2.5 = 80.
  @Test func gini() {
    #expect(Descriptive.gini([4, 1, 3, 2]) == 0.25)
    #expect(Descriptive.gini([0.1, 0.1, 0.1]) == 0)
    #expect(Descriptive.gini([0, 0, 7]).map { abs($0 - 2.0 / 3) < 1e-15 } == true)
    #expect(Descriptive.gini([5]) == nil)
    #expect(Descriptive.gini([0, 0]) == nil)
  }

  @Test(arguments: [0.5, 3, 1e6]) func giniIgnoresScale(scale: Double) {
    let values: [Double] = [3, 9, 4, 27, 1, 1]
    #expect(near(Descriptive.gini(values.map { $0 * scale }), Descriptive.gini(values)!, 1e-14))
  }

  /// The area between the Lorenz curve and the diagonal, doubled, is the Gini coefficient.
  @Test func lorenzAgreesWithGini() throws {
    let values: [Double] = [5, 2, 2, 9, 14]
    let points = try #require(Descriptive.lorenz(values))
    var area = 0.0
    for (a, b) in zip(points, points.dropFirst()) {
      area += (b.population - a.population) * (a.cost + b.cost) / 2
    }
    #expect(near(1 - 2 * area, Descriptive.gini(values)!, 1e-12))
    #expect(points.first! == (0, 0) && points.last! == (1, 1))
  }

  /// numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.025, .5, .975]) = [1, 3.5, 8.475].
  @Test func quantiles() {
    let sorted: [Double] = [1, 1, 2, 3, 4, 5, 6, 9]
    #expect(Descriptive.quantile(sorted: sorted, 0.025) == 1)
    #expect(Descriptive.quantile(sorted: sorted, 0.5) == 3.5)
    #expect(near(Descriptive.quantile(sorted: sorted, 0.975), 8.475))
    #expect(Descriptive.median([]) == nil && Descriptive.variance([1]) == nil)
  }
}
