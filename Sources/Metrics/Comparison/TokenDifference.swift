/// One tokenizer against another on the same lines: how many more tokens, how sure, and whether chance
/// could do it.
///
/// The rows belong to the second tokenizer of a pair; the first is the one it is compared with. Lines (or
/// clusters of lines) are drawn jointly; the p-value comes from flipping the signs of their differences, and
/// Benjamini and Hochberg's adjustment is over all pairs and languages of one input. Effects stand before
/// p-values: with enough lines every difference is significant.
public struct TokenDifference: Metric {
  public struct Pair: Sendable {
    public var baseline: String
    public var tokenizer: TokenizerIdentity
    public var language: String?
    /// Tokens of each line.
    public var baselineTokens: [Int]
    public var tokens: [Int]
    /// For each line its cluster from 0; nil makes every line a unit.
    public var clusters: [Int]?

    public init(
      baseline: String, tokenizer: TokenizerIdentity, language: String? = nil, baselineTokens: [Int],
      tokens: [Int], clusters: [Int]? = nil
    ) {
      self.baseline = baseline
      self.tokenizer = tokenizer
      self.language = language
      self.baselineTokens = baselineTokens
      self.tokens = tokens
      self.clusters = clusters
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "compare"

  public func measure(_ input: [Pair]) throws(ToklabError) -> MetricReport {
    var comparisons: [PairedComparison?] = []
    for pair in input {
      guard pair.baselineTokens.count == pair.tokens.count else {
        throw ToklabError(
          "\(pair.tokens.count) lines of \(pair.tokenizer.name)",
          expected: "\(pair.baselineTokens.count), as of \(pair.baseline)")
      }
      comparisons.append(
        PairedComparison(
          pair.baselineTokens, pair.tokens, clusters: pair.clusters, bootstrap: bootstrap))
    }
    let pValues = comparisons.compactMap { $0?.pValue }
    var adjusted = MultipleTesting.benjaminiHochberg(pValues)[...]
    var report = MetricReport()
    for (pair, comparison) in zip(input, comparisons) {
      let units = comparison?.units ?? 0
      func row(_ index: Int, _ value: Double?, _ interval: ClosedRange<Double>?, _ reason: String) {
        report.results.append(
          Self.descriptors[index].result(
            pair.tokenizer, language: pair.language, value: value, interval: interval, n: units,
            reason: reason))
      }
      let empty = "\(pair.baseline): the text has no tokens"
      let interval = comparison?.interval
      row(0, comparison?.effect, interval, empty)
      row(1, comparison.map { $0.effect + 1 }, interval.map { $0.lowerBound + 1...$0.upperBound + 1 }, empty)
      let noTest = comparison == nil ? empty : "no permutations were asked for"
      row(2, comparison?.pValue, nil, noTest)
      row(3, comparison?.pValue == nil ? nil : adjusted.popFirst(), nil, noTest)
      if bootstrap.replicates > 0, pair.clusters != nil, comparison != nil, units < TokenPremium.fewClusters {
        let note =
          "only \(units) clusters: with fewer than \(TokenPremium.fewClusters) the intervals are too narrow"
        if !report.notes.contains(note) { report.notes.append(note) }
      }
    }
    return report
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "token_difference", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "tokens over those of the first tokenizer, minus 1: 0.05 is five per cent more",
      requirements: ["text", "two tokenizers"], source: "toklab"),
    MetricDescriptor(
      "normalized_sequence_length", unit: "ratio", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "tokens over those of the first tokenizer",
      requirements: ["text", "two tokenizers"], source: "Dagan et al. 2024"),
    MetricDescriptor(
      "token_difference_p", unit: "p-value", direction: .none, estimator: .model, encodeMode: .perLine,
      definition: "two-sided sign-flip permutation test of token_difference over lines or clusters",
      requirements: ["text", "two tokenizers"], source: "toklab"),
    MetricDescriptor(
      "token_difference_p_adjusted", unit: "p-value", direction: .none, estimator: .model,
      encodeMode: .perLine,
      definition: "token_difference_p adjusted over all languages and tokenizers of the run",
      requirements: ["text", "two tokenizers"], source: "Benjamini and Hochberg 1995"),
  ]

  /// Lines of 2 and 4 tokens become 3 and 6: half as many again. Two differences of one sign: of the four
  /// patterns of signs two reach |sum| = 3, so p = 1/2. A second language that does not differ has p = 1, and
  /// of the p-values 1/2 and 1 the smaller is adjusted to 1.
  public static var workedExample: WorkedExample<TokenDifference> {
    let identity = TokenizerIdentity("B")
    return WorkedExample(
      TokenDifference(bootstrap: Bootstrap(replicates: 200, threads: 1)),
      on: [
        Pair(baseline: "A", tokenizer: identity, language: "x", baselineTokens: [2, 4], tokens: [3, 6]),
        Pair(baseline: "A", tokenizer: identity, language: "y", baselineTokens: [5, 5], tokens: [5, 5]),
      ],
      gives: [
        .init("token_difference", "x", 0.5), .init("normalized_sequence_length", "x", 1.5),
        .init("token_difference_p", "x", 0.5), .init("token_difference_p_adjusted", "x", 1),
        .init("token_difference", "y", 0), .init("token_difference_p_adjusted", "y", 1),
      ])
  }
}
