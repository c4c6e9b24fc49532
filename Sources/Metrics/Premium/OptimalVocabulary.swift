/// One vocabulary size a language, chosen so that all languages need about the same number of tokens.
///
/// arXiv 2510.21909, appendix J: of many target counts the one is taken whose sizes leave the least variance
/// of token counts across languages; a language that cannot fall to the target gets the largest size, one
/// that is always below gets the smallest.
public struct OptimalVocabulary: Metric {
  public struct Language: Sendable {
    public var label: String
    /// Observed counts, for the curve and as the baseline of equal sizes.
    public var points: [Point]
    /// Counts of a truncated merge list; nil fits a curve through ``points``.
    public var exact: (@Sendable (Int) throws(ToklabError) -> Int)?

    public init(
      label: String, points: [Point], exact: (@Sendable (Int) throws(ToklabError) -> Int)? = nil
    ) {
      self.label = label
      self.points = points
      self.exact = exact
    }
  }

  public struct Point: Sendable, Hashable {
    public var size: Int
    public var count: Int

    public init(size: Int, count: Int) {
      self.size = size
      self.count = count
    }
  }

  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var languages: [Language]
    /// Sizes that may be chosen.
    public var sizes: ClosedRange<Int>
    /// Target token counts to try, ascending.
    public var targets: [Int]
    /// The equal size to compare with; each language needs a point or an exact count there.
    public var baseline: Int

    public init(
      tokenizer: TokenizerIdentity, languages: [Language], sizes: ClosedRange<Int>, targets: [Int],
      baseline: Int
    ) {
      self.tokenizer = tokenizer
      self.languages = languages
      self.sizes = sizes
      self.targets = targets
      self.baseline = baseline
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "optimal-vocab"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard !input.targets.isEmpty else { throw ToklabError("no target token count to try") }
    guard !input.languages.isEmpty else { throw ToklabError("no language") }
    var curves: [SizeCurve?] = []
    var models: [VocabularySizeSearch.Counts] = []
    for language in input.languages {
      var curve: SizeCurve?
      do throws(ToklabError) {
        if language.points.count >= 2 {
          curve = try SizeCurve(fitting: language.points.map { ($0.size, $0.count) })
        }
      } catch { throw ToklabError("\(language.label): \(error.found)", expected: error.expected) }
      curves.append(curve)
      if let exact = language.exact {
        models.append(.exact(exact))
      } else if let curve {
        models.append(.fitted(curve))
      } else {
        throw ToklabError(
          "\(language.label): \(language.points.count) observed sizes",
          expected: "two or more, or exact counts")
      }
    }
    var best: (target: Int, outcomes: [VocabularySizeSearch.Outcome], variance: Double)?
    for target in input.targets.sorted() {
      var outcomes: [VocabularySizeSearch.Outcome] = []
      for model in models {
        outcomes.append(try VocabularySizeSearch.size(for: target, in: input.sizes, model))
      }
      let variance = Descriptive.variance(outcomes.map(\.count)) ?? 0
      // Ties go to the smaller target.
      if best == nil || variance < best!.variance { best = (target, outcomes, variance) }
    }
    let (target, outcomes, _) = best!
    return try report(input, target, outcomes, curves)
  }

  private func report(
    _ input: Input, _ target: Int, _ outcomes: [VocabularySizeSearch.Outcome], _ curves: [SizeCurve?]
  ) throws(ToklabError) -> MetricReport {
    var report = MetricReport()
    var equal: [Double] = []
    for (index, language) in input.languages.enumerated() {
      let n = language.points.count
      report.results.append(
        Self.descriptors[0].result(
          input.tokenizer, language: language.label, count: outcomes[index].size, n: n))
      report.results.append(
        Self.descriptors[1].result(
          input.tokenizer, language: language.label, value: outcomes[index].count, n: n))
      report.results.append(
        Self.descriptors[2].result(
          input.tokenizer, language: language.label, value: curves[index]?.maximumRelativeError, n: n,
          reason: "\(language.label): counts are exact; no curve was fitted"))
      if let point = language.points.first(where: { $0.size == input.baseline }) {
        equal.append(Double(point.count))
      } else if let exact = language.exact {
        equal.append(Double(try exact(input.baseline)))
      } else if let curve = curves[index] {
        equal.append(curve.count(at: Double(input.baseline)))
        report.notes.append(
          "\(language.label): the count at size \(input.baseline) is predicted, not observed")
      }
    }
    let chosen = outcomes.map(\.count)
    report.results.append(
      Self.descriptors[3].result(input.tokenizer, language: nil, count: target, n: input.targets.count))
    let ratio = VarianceTests.varianceRatio(chosen, equal, paired: true, bootstrap: bootstrap)
    let few = "needs two languages or more whose counts differ at size \(input.baseline)"
    report.results.append(
      Self.descriptors[4].result(
        input.tokenizer, language: nil, value: ratio?.ratio, interval: ratio?.interval,
        n: input.languages.count, reason: few))
    report.results.append(
      Self.descriptors[5].result(
        input.tokenizer, language: nil, value: VarianceTests.fTest(chosen, equal)?.pValue,
        n: input.languages.count, reason: few))
    report.results.append(
      Self.descriptors[6].result(
        input.tokenizer, language: nil, value: VarianceTests.brownForsythe([chosen, equal])?.pValue,
        n: input.languages.count, reason: "needs two languages or more whose counts differ"))
    return report
  }

  private static let source = "Arnett et al. 2025, arXiv 2510.21909, appendix J"

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "optimal_vocabulary_size", unit: "tokens", direction: .none, estimator: .model, encodeMode: .perLine,
      definition:
        "smallest vocabulary size whose corpus_token_count is within the target; the largest or smallest size on offer where no size is; n is the number of observed sizes",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"], source: source),
    MetricDescriptor(
      "optimal_token_count", unit: "tokens", direction: .lowerIsBetter, estimator: .model,
      encodeMode: .perLine, definition: "corpus_token_count at optimal_vocabulary_size, counted or predicted",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"], source: source),
    MetricDescriptor(
      "size_curve_error", unit: "share", direction: .lowerIsBetter, estimator: .model, encodeMode: .perLine,
      definition: "largest relative error of a·V^(−b) + c over the observed sizes; null without a fit",
      requirements: ["parallel corpus", "token counts at several sizes"], source: source),
    MetricDescriptor(
      "optimal_target", unit: "tokens", direction: .none, estimator: .model, encodeMode: .perLine,
      definition:
        "target token count with the least variance across languages; n is the number of targets tried",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"], source: source),
    MetricDescriptor(
      "optimal_variance_ratio", unit: "ratio", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition:
        "variance of token counts across languages at the chosen sizes over that at one equal size; interval by drawing languages, which are no random sample",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"], source: source),
    MetricDescriptor(
      "optimal_variance_f_p", unit: "p-value", direction: .none, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition: "two-sided F-test of optimal_variance_ratio against 1; assumes normal data",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"], source: source),
    MetricDescriptor(
      "optimal_variance_brown_forsythe_p", unit: "p-value", direction: .none, estimator: .macroLanguages,
      encodeMode: .perLine, definition: "Brown–Forsythe test of the same two groups",
      requirements: ["parallel corpus", "token counts at several sizes or a merge list"],
      source: "Brown and Forsythe 1974"),
  ]

  /// Whole counts ⌊8000/V⌋ + 100 and ⌊16000/V⌋ + 100. Target 200 needs V = 80 and V = 159 and leaves no
  /// variance; 110 is out of reach of both (120 and 140 at the largest size); at the equal size 100 the
  /// counts are 180 and 260. So the ratio is 0 and F's tail is 0; the deviations from the medians are 0, 0
  /// and 40, 40, which leaves Brown–Forsythe nothing to divide by.
  public static var workedExample: WorkedExample<OptimalVocabulary> {
    let a = Language(label: "A", points: []) { size in 8000 / size + 100 }
    let b = Language(label: "B", points: []) { size in 16000 / size + 100 }
    return WorkedExample(
      OptimalVocabulary(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"), languages: [a, b], sizes: 10...400, targets: [110, 200],
        baseline: 100),
      gives: [
        .init("optimal_vocabulary_size", "A", 80), .init("optimal_vocabulary_size", "B", 159),
        .init("optimal_token_count", "A", 200), .init("size_curve_error", "A", nil),
        .init("optimal_target", nil, 200), .init("optimal_variance_ratio", nil, 0),
        .init("optimal_variance_f_p", nil, 0), .init("optimal_variance_brown_forsythe_p", nil, nil),
      ])
  }
}
