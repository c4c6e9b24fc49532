import Metrics
import Testing

/// Known answers: scipy 1.17.1 (`levene(center='median')`, `mannwhitneyu(method='asymptotic')`,
/// `false_discovery_control`, `binomtest.proportion_ci('wilson')`, `linregress`) and numpy's `lstsq`.
@Suite struct HypothesisTests {
  static let a: [Double] = [83, 91, 94, 89, 89, 96, 91, 92, 90]
  static let b: [Double] = [91, 90, 81, 83, 84, 83, 88, 91, 89, 84]
  static let c: [Double] = [101, 100, 91, 93, 96, 95, 94]

  @Test func brownForsythe() throws {
    let outcome = try #require(VarianceTests.brownForsythe([Self.a, Self.b, Self.c]))
    #expect(near(outcome.statistic, 0.5290822976363652))
    #expect(near(outcome.pValue, 0.59614438589057))
    #expect(outcome.degrees == (2, 23))
    #expect(VarianceTests.brownForsythe([[1, 1], [2, 2]]) == nil)
    #expect(VarianceTests.brownForsythe([[1, 2], []]) == nil)
  }

  @Test func fTest() throws {
    let outcome = try #require(VarianceTests.fTest(Self.a, Self.b))
    #expect(near(outcome.statistic, 0.9306853582554517))
    #expect(near(outcome.pValue, 0.9300752596771268))
    #expect(VarianceTests.fTest([1, 2], [3, 3]) == nil)
  }

  @Test func mannWhitney() throws {
    let first = try #require(RankTests.mannWhitney(Self.a, Self.b))
    #expect(first.u == 70.5)
    #expect(near(first.pValue, 0.03945725882860021))
    let second = try #require(RankTests.mannWhitney(Self.b, Self.c))
    #expect(second.u == 1)
    #expect(near(second.pValue, 0.0010331098487614888, 1e-11))
    #expect(RankTests.mannWhitney([1, 1], [1]) == nil)
    #expect(RankTests.mannWhitney([], [1]) == nil)
  }

  @Test func correlations() {
    #expect(near(RankTests.pearson([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]), 0.8))
    #expect(near(RankTests.spearman([1, 2, 3, 4, 5, 5], [2, 1, 4, 3, 5, 6]), 0.8696565534786727))
    #expect(RankTests.pearson([1, 2], [3, 3]) == nil)
  }

  /// The paper's adjusted p exceeds 1; ours is capped.
  @Test func families() {
    #expect(MultipleTesting.bonferroni([0.01, 0.6]) == [0.02, 1])
    let adjusted = MultipleTesting.benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.5])
    for (value, expected) in zip(adjusted, [0.025, 0.05, 0.05, 0.025, 0.5]) { #expect(near(value, expected)) }
    #expect(MultipleTesting.benjaminiHochberg([]).isEmpty)
  }

  @Test func wilson() throws {
    let most = try #require(MultipleTesting.wilson(8, of: 10))
    #expect(
      near(most.lowerBound, 0.4901624715366418, 1e-11) && near(most.upperBound, 0.9433178485456248, 1e-11))
    let none = try #require(MultipleTesting.wilson(0, of: 20))
    #expect(none.lowerBound == 0 && near(none.upperBound, 0.16112515805281935, 1e-11))
    #expect(MultipleTesting.wilson(0, of: 0) == nil)
  }

  @Test func regressionWithThreePredictors() throws {
    let fit = try Regression(
      [3.1, 3.9, 7.2, 7.8, 11.1, 12.5, 16.9],
      on: [
        ("x1", [1, 2, 3, 4, 5, 6, 7]), ("x2", [2, 1, 4, 3, 6, 5, 9]),
        ("x3", [0.5, 0.25, 0.75, 1.5, 1, 2.5, 1.25]),
      ])
    let coefficients = [0.09945263628239402, 1.4350759606791779, 0.71443252904379, 0.024352100089366086]
    let errors = [0.33324250240256564, 0.2750452081218223, 0.16995438942826063, 0.40457236940620744]
    let pValues = [0.7848450870515405, 0.013690332877285574, 0.024575135076945785, 0.955787989299431]
    for (index, term) in fit.terms.enumerated() {
      #expect(near(term.coefficient, coefficients[index], 1e-9))
      #expect(near(term.standardError, errors[index], 1e-10))
      #expect(near(term.pValue, pValues[index], 1e-9))
    }
    #expect(near(fit.rSquared, 0.9968053304871055) && near(fit.adjustedRSquared, 0.993610660974211))
    #expect(fit.n == 7 && fit.degreesOfFreedom == 3)
  }

  @Test func regressionWithOnePredictor() throws {
    let fit = try Regression([2.1, 3.9, 6.2, 7.8, 10.1], on: [("x", [1, 2, 3, 4, 5])])
    let x = try #require(fit.term("x"))
    #expect(near(x.coefficient, 1.99) && near(x.standardError, 0.059721576223897795, 1e-10))
    #expect(near(x.pValue, 5.941539111755929e-05, 1e-9))
    #expect(near(fit.terms[0].standardError, 0.19807406022327906, 1e-10))
    // One predictor: F is t squared.
    #expect(near(fit.f, x.t * x.t, 1e-9) && near(fit.fPValue, x.pValue, 1e-9))
  }

  @Test func regressionNamesWhatIsWrong() {
    #expect(
      failure { () throws(ToklabError) in
        try Regression([1, 2, 3, 5], on: [("flat", [2, 2, 2, 2])])
      }?.found == "predictor flat is constant")
    #expect(
      failure { () throws(ToklabError) in
        try Regression([1, 2, 3, 5, 9], on: [("a", [1, 2, 3, 4, 6]), ("twice a", [2, 4, 6, 8, 12])])
      }?.found == "predictor twice a is a combination of the ones before it")
    #expect(failure { () throws(ToklabError) in try Regression([1, 2], on: [("a", [1, 2])]) } != nil)
    #expect(failure { () throws(ToklabError) in try Regression([4, 4, 4], on: [("a", [1, 2, 3])]) } != nil)
  }

  /// 3 differences: 8 sign patterns; |sum| ≥ 6 for two of them.
  @Test func signFlipsEnumerated() {
    #expect(PermutationTest.signFlip([1, 2, 3], permutations: 100) == 0.25)
    #expect(PermutationTest.signFlip([0, 0], permutations: 100) == 1)
    #expect(PermutationTest.signFlip([1], permutations: 0) == nil)
  }

  @Test(arguments: [1, 2, 5]) func permutationsDoNotDependOnThreads(threads: Int) throws {
    var random = SplitMix64(seed: 3, stream: 0)
    let differences = (0..<200).map { _ in Double(random.below(21)) - 9 }
    let one = PermutationTest.signFlip(differences, permutations: 999, seed: 1, threads: 1)
    #expect(
      one == PermutationTest.signFlip(differences.reversed(), permutations: 999, seed: 1, threads: threads))
    let two = PermutationTest.twoSample(Self.a, Self.b, permutations: 999, threads: threads)
    #expect(two == PermutationTest.twoSample(Self.a.reversed(), Self.b, permutations: 999, threads: 1))
    // scipy.stats.permutation_test over all 92,378 splits: 0.03331962155491567.
    #expect(abs(try #require(two) - 0.0333) < 0.015)
  }

  @Test func pairedComparison() throws {
    let a = (0..<60).map { 10 + $0 % 7 }
    let same = try #require(PairedComparison(a, a))
    #expect(same.effect == 0 && same.interval == 0...0 && same.pValue == 1)
    let more = try #require(PairedComparison(a, a.map { $0 + 1 }))
    #expect(more.effect > 0 && more.interval!.lowerBound > 0 && more.pValue! < 0.001)
    #expect(PairedComparison([], []) == nil)
    #expect(PairedComparison([0], [3]) == nil)
  }

  @Test func varianceRatio() throws {
    let wide = Self.a.map { $0 * 3 }
    let result = try #require(
      VarianceTests.varianceRatio(wide, Self.a, paired: true, bootstrap: Bootstrap(replicates: 500)))
    #expect(near(result.ratio, 9))
    #expect(near(result.interval?.lowerBound, 9, 1e-9) && near(result.interval?.upperBound, 9, 1e-9))
    let free = try #require(
      VarianceTests.varianceRatio(wide, Self.a, paired: false, bootstrap: Bootstrap(replicates: 500)))
    #expect(free.interval!.lowerBound < 9 && free.interval!.upperBound > 9)
  }
}
