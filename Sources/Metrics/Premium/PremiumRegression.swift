/// What explains that one language pays more than another: a cost a language, regressed on each predictor by
/// itself and on all of them together (arXiv 2510.21909, section 6 and appendix H).
///
/// Ordinary least squares with an intercept; every language weighs the same. Languages are no random sample, so
/// p-values describe these languages. The predictor's name stands in the language column.
public struct PremiumRegression: Metric {
  public struct Predictor: Sendable {
    public var name: String
    /// One a language; nil where it could not be measured: the language is left out of fits with it.
    public var values: [Double?]

    public init(_ name: String, _ values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var languages: [String]
    /// The cost of each language; nil leaves it out.
    public var response: [Double?]
    public var predictors: [Predictor]
    /// The script of each language, where known.
    public var scripts: [String?]

    public init(
      tokenizer: TokenizerIdentity, languages: [String], response: [Double?], predictors: [Predictor],
      scripts: [String?]
    ) {
      self.tokenizer = tokenizer
      self.languages = languages
      self.response = response
      self.predictors = predictors
      self.scripts = scripts
    }
  }

  /// The level of the intervals of the coefficients.
  public var confidence: Double
  /// Scripts of fewer languages are one group together.
  public var fewestLanguages: Int

  public init(confidence: Double = 0.95, fewestLanguages: Int = 5) {
    self.confidence = min(max(confidence, 0.5), 0.9999)
    self.fewestLanguages = max(1, fewestLanguages)
  }

  public static let family = "predictors"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let count = input.languages.count
    guard input.response.count == count, input.scripts.count == count,
      input.predictors.allSatisfy({ $0.values.count == count })
    else {
      throw ToklabError("columns of different lengths", expected: "one value for each of \(count) languages")
    }
    var report = MetricReport()
    for predictor in input.predictors { report.results += alone(predictor, input) }
    report.results += scriptRows(input)
    let joint = self.joint(input)
    report.append(contentsOf: joint)
    report.results += rankRows(input)
    return report
  }

  /// The languages that have everything asked for.
  private static func complete(_ input: Input, _ predictors: [Predictor]) -> [Int] {
    input.languages.indices.filter { index in
      input.response[index] != nil && predictors.allSatisfy { $0.values[index] != nil }
    }
  }

  private func alone(_ predictor: Predictor, _ input: Input) -> [MetricResult] {
    let kept = Self.complete(input, [predictor])
    do throws(ToklabError) {
      let fit = try Regression(
        kept.map { input.response[$0]! }, on: [(predictor.name, kept.map { predictor.values[$0]! })])
      return coefficient(fit.terms[1], fit, 0, input)
        + [
          Self.row(3, input, predictor.name, fit.rSquared, fit.n),
          Self.row(4, input, predictor.name, fit.adjustedRSquared, fit.n),
        ]
    } catch {
      let reason = Self.reason(error, kept.count)
      return (0...4).map {
        Self.descriptors[$0].void(input.tokenizer, language: predictor.name, n: kept.count, reason)
      }
    }
  }

  /// Coefficient with its interval, standard error, p-value.
  private func coefficient(_ term: Regression.Term, _ fit: Regression, _ first: Int, _ input: Input)
    -> [MetricResult]
  {
    let half =
      SpecialFunctions.studentQuantile(0.5 + confidence / 2, degrees: Double(fit.degreesOfFreedom))
      * term.standardError
    return [
      Self.descriptors[first].result(
        input.tokenizer, language: term.name, value: term.coefficient,
        interval: half.isFinite ? (term.coefficient - half)...(term.coefficient + half) : nil, n: fit.n),
      Self.row(first + 1, input, term.name, term.standardError, fit.n),
      Self.row(first + 2, input, term.name, term.pValue, fit.n, "the fit is perfect"),
    ]
  }

  /// Script as a factor: how much its groups explain.
  private func scriptRows(_ input: Input) -> [MetricResult] {
    let kept = input.languages.indices.filter { input.response[$0] != nil && input.scripts[$0] != nil }
    let groups = self.groups(input, kept)
    // The largest group is what the intercept stands for.
    let predictors = groups.dropFirst().map { group in
      ("script \(group.name)", kept.map { group.members.contains($0) ? 1.0 : 0.0 })
    }
    do throws(ToklabError) {
      guard groups.count > 1 else { throw ToklabError("fewer than two groups of scripts are known") }
      let fit = try Regression(kept.map { input.response[$0]! }, on: predictors.map { ($0.0, $0.1) })
      return [
        Self.row(2, input, "script", fit.fPValue, fit.n, "nothing is left to explain"),
        Self.row(3, input, "script", fit.rSquared, fit.n),
        Self.row(4, input, "script", fit.adjustedRSquared, fit.n),
      ]
    } catch {
      let reason = Self.reason(error, kept.count)
      return (2...4).map {
        Self.descriptors[$0].void(input.tokenizer, language: "script", n: kept.count, reason)
      }
    }
  }

  /// Scripts of enough languages, largest first, then all others as one group.
  private func groups(_ input: Input, _ kept: [Int]) -> [(name: String, members: Set<Int>)] {
    var members: [String: Set<Int>] = [:]
    for index in kept { members[input.scripts[index]!, default: []].insert(index) }
    let large = members.filter { $0.value.count >= fewestLanguages }.sorted {
      $0.value.count == $1.value.count
        ? InputFolder.bytewiseLess($0.key, $1.key) : $0.value.count > $1.value.count
    }
    let rest = Set(kept).subtracting(large.flatMap(\.value))
    var groups = large.map { (name: $0.key, members: $0.value) }
    if !rest.isEmpty { groups.append(("other", rest)) }
    return groups
  }

  private func joint(_ input: Input) -> MetricReport {
    var report = MetricReport()
    var chosen: [Predictor] = []
    var left: [String] = []
    var fit: Regression?
    var why = "no predictor varies"
    // One after the other, so that one that is constant or says what the others say does not spoil the rest.
    for predictor in input.predictors {
      let candidate = chosen + [predictor]
      let kept = Self.complete(input, candidate)
      do throws(ToklabError) {
        fit = try Regression(
          kept.map { input.response[$0]! },
          on: candidate.map { column in (column.name, kept.map { column.values[$0]! }) })
        chosen = candidate
      } catch {
        why = Self.reason(error, kept.count)
        left.append("\(predictor.name) (\(why))")
      }
    }
    if !left.isEmpty, fit != nil {
      report.notes.append("not in the joint model: \(left.joined(separator: ", "))")
    }
    guard let fit else {
      report.results = (8...10).map { Self.descriptors[$0].void(input.tokenizer, language: nil, n: 0, why) }
      return report
    }
    for term in fit.terms.dropFirst() { report.results += coefficient(term, fit, 5, input) }
    report.results += [
      Self.row(8, input, nil, fit.rSquared, fit.n), Self.row(9, input, nil, fit.adjustedRSquared, fit.n),
      Self.row(10, input, nil, fit.fPValue, fit.n, "nothing is left to explain"),
    ]
    return report
  }

  /// Each script against all other languages.
  private func rankRows(_ input: Input) -> [MetricResult] {
    let kept = input.languages.indices.filter { input.response[$0] != nil && input.scripts[$0] != nil }
    let groups = self.groups(input, kept).filter { $0.name != "other" }
    let tests = groups.map { group in
      RankTests.mannWhitney(
        kept.filter { group.members.contains($0) }.map { input.response[$0]! },
        kept.filter { !group.members.contains($0) }.map { input.response[$0]! })?.pValue
    }
    let adjusted = MultipleTesting.bonferroni(tests.compactMap { $0 })
    var next = adjusted[...]
    return zip(groups, tests).map { group, pValue in
      Self.descriptors[11].result(
        input.tokenizer, language: group.name, value: pValue == nil ? nil : next.popFirst(),
        n: group.members.count,
        reason: "there is nothing to compare with")
    }
  }

  private static func row(
    _ index: Int, _ input: Input, _ name: String?, _ value: Double?, _ n: Int, _ reason: String? = nil
  ) -> MetricResult {
    descriptors[index].result(input.tokenizer, language: name, value: value, n: n, reason: reason)
  }

  private static func reason(_ error: ToklabError, _ n: Int) -> String {
    n == 0 ? "no language has this predictor" : error.found
  }

  private static func descriptor(_ name: String, _ unit: String, _ definition: String) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: .none, estimator: .model, encodeMode: .none, definition: definition,
      requirements: ["parallel corpus", "tokenizer"],
      source: "Arnett et al. 2025, arXiv 2510.21909, appendix H")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor(
      "regression_coefficient", "cost/predictor",
      "slope of the languages' cost on one predictor, which stands in the language column; interval by Student's t"
    ),
    descriptor("regression_standard_error", "cost/predictor", "standard error of regression_coefficient"),
    descriptor("regression_p", "p-value", "two-sided t-test of the slope; for the factor script the F-test"),
    descriptor("regression_r_squared", "share", "variance of the cost that the predictor explains by itself"),
    descriptor("regression_adjusted_r_squared", "share", "the same, corrected for the number of parameters"),
    descriptor(
      "joint_coefficient", "cost/predictor", "slope on a predictor in the model with all predictors that vary"
    ),
    descriptor("joint_standard_error", "cost/predictor", "standard error of joint_coefficient"),
    descriptor("joint_p", "p-value", "two-sided t-test of joint_coefficient"),
    descriptor("joint_r_squared", "share", "variance of the cost that all predictors explain together"),
    descriptor("joint_adjusted_r_squared", "share", "the same, corrected for the number of parameters"),
    descriptor("joint_f_p", "p-value", "F-test of the joint model against the mean"),
    descriptor(
      "script_rank_p", "p-value",
      "Mann–Whitney test of the languages of one script, which stands in the language column, against all others; Bonferroni over the scripts, at most 1; scripts of five languages or more"
    ),
  ]

  /// y = 1, 2, 2, 3 on x = 0, 1, 2, 3: slope 3/5, residuals (−.1, .3, −.3, .1): R² = 1 − 0.2/2 = 0.9, s² = 0.1,
  /// SE = √(0.1/5), t = √18 with two degrees of freedom: p = 1 − t/√(2 + t²) = 1 − √0.9; adjusted 1 − 0.1/(2/3) = 0.85.
  /// A single predictor: the joint model is the same, and p of F is p of t². Scripts L (1, 2)
  /// and C (2, 3): R² = 1 − 1/2, adjusted 1 − 0.5/(2/3), F = 2 and t = √2: p = 1 − √½. Ranks of L: 1 and 2.5, U = ½ of 4,
  /// variance 4/12 · (5 − 6/12) = 3/2, distance 3.5 − 2 − ½ = 1: p = 2 Φ(−√⅔), twice that for two scripts.
  public static var workedExample: WorkedExample<PremiumRegression> {
    let error = 0.02.squareRoot()
    let p = 1 - 0.9.squareRoot()
    return WorkedExample(
      PremiumRegression(fewestLanguages: 2),
      on: Input(
        tokenizer: TokenizerIdentity("example"), languages: ["a", "b", "c", "d", "e"],
        response: [1, 2, 2, 3, nil],
        predictors: [Predictor("x", [0, 1, 2, 3, 9]), Predictor("flat", [1, 1, 1, 1, 1])],
        scripts: ["L", "L", "C", "C", nil]),
      gives: [
        .init("regression_coefficient", "x", 0.6), .init("regression_standard_error", "x", error),
        .init("regression_p", "x", p), .init("regression_r_squared", "x", 0.9),
        .init("regression_adjusted_r_squared", "x", 0.85), .init("regression_p", "flat", nil),
        .init("regression_r_squared", "script", 0.5), .init("regression_adjusted_r_squared", "script", 0.25),
        .init("regression_p", "script", 1 - 0.5.squareRoot()),
        .init("script_rank_p", "L", 4 * SpecialFunctions.normalCDF(-(2.0 / 3).squareRoot())),
        .init("joint_coefficient", "x", 0.6),
        .init("joint_standard_error", "x", error), .init("joint_p", "x", p),
        .init("joint_r_squared", nil, 0.9),
        .init("joint_adjusted_r_squared", nil, 0.85), .init("joint_f_p", nil, p),
      ])
  }
}
