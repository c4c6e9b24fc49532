import Metrics
import Testing

/// Known answers: scipy 1.17.1 (`scipy.special.digamma`, `ndtri`, `betainc`; `scipy.stats.t.sf`, `f.sf`)
/// with the arguments that stand here, and p-values printed in arXiv 2510.21909.
@Suite struct SpecialFunctionTests {
  @Test(arguments: [
    (0.1, -10.423754940411076), (0.5, -1.9635100260214235), (1, -0.5772156649015329),
    (2.5, 0.7031566406452432), (10, 2.251752589066721), (100, 4.600161852738088),
  ])
  func digamma(x: Double, expected: Double) {
    #expect(near(SpecialFunctions.digamma(x), expected, 1e-13))
  }

  @Test(arguments: [
    (1e-10, -6.361340902404056), (0.001, -3.090232306167813), (0.025, -1.9599639845400545),
    (0.3, -0.5244005127080409), (0.5, 0), (0.975, 1.959963984540054), (0.999999, 4.753424308817087),
  ])
  func normalQuantile(p: Double, expected: Double) {
    #expect(near(SpecialFunctions.normalQuantile(p), expected, 1e-11) || abs(expected) < 1e-15)
    #expect(near(SpecialFunctions.normalCDF(SpecialFunctions.normalQuantile(p)), p, 1e-12))
  }

  @Test(arguments: [
    (0.3, 2, 3, 0.3483), (0.5, 0.5, 0.5, 0.5), (0.9, 10, 2, 0.6973568802),
    (0.01, 48, 48, 2.0258337592360088e-69), (0.47, 48, 48, 0.2786428790277832),
    (1e-6, 0.5, 193, 0.015664792309064136),
  ])
  func incompleteBeta(x: Double, a: Double, b: Double, expected: Double) {
    #expect(near(SpecialFunctions.incompleteBeta(x, a, b), expected, 1e-11))
  }

  @Test(arguments: [
    (2.0, 10, 0.07338803477074037), (-0.615, 3544, 0.5385942052170811), (-2.356, 152, 0.01974911244033487),
    (12.706, 1, 0.05000080235813319), (30, 5, 7.718648620496053e-07),
  ])
  func student(t: Double, degrees: Double, expected: Double) {
    #expect(near(SpecialFunctions.studentTwoSided(t, degrees: degrees), expected, 1e-11))
  }

  @Test(arguments: [
    (1.125, 96, 96, 0.28252722494066823), (12.48, 1, 190, 0.0005163590569232944),
    (3.873, 558, 76, 2.4918155174490387e-11),
  ])
  func fTail(x: Double, d1: Double, d2: Double, expected: Double) {
    #expect(near(SpecialFunctions.fUpperTail(x, d1, d2), expected, 1e-10))
    #expect(near(SpecialFunctions.fUpperTail(x, d1, d2) + SpecialFunctions.fCDF(x, d1, d2), 1, 1e-12))
  }

  /// arXiv 2510.21909, section 5: F(96,96) = 1.125, p = .565; the other two p < .001.
  @Test func publishedVarianceTests() throws {
    #expect(abs(try #require(VarianceTests.fTest(ratio: 1.125, 96, 96)).pValue - 0.565) < 0.0005)
    #expect(try #require(VarianceTests.fTest(ratio: 0.150, 80, 387)).pValue < 0.001)
    #expect(try #require(VarianceTests.fTest(ratio: 3.873, 558, 76)).pValue < 0.001)
  }

  @Test func outOfDomainIsNotANumber() {
    #expect(SpecialFunctions.digamma(0).isNaN)
    #expect(SpecialFunctions.incompleteBeta(1.5, 1, 1).isNaN)
    #expect(SpecialFunctions.normalQuantile(-0.1).isNaN)
    #expect(SpecialFunctions.studentTwoSided(1, degrees: 0).isNaN)
    #expect(SpecialFunctions.normalQuantile(0) == -.infinity)
  }
}
