/// Are tokens words and morphemes? %TR and %Pure, for any language with a lexicon.
///
/// After the Turkish benchmark of arXiv 2502.07057, whose code scores the *set* of decoded tokens: valid is a
/// form of the lexicon or the morpheme inventory; pure is a valid form that is no division into two or
/// more members. Counting types flatters large vocabularies and counting occurrences flatters one-letter
/// pieces, so both stand side by side; the strict variants ask that a token is a member of a division of
/// its word *where it stands* (first: word, root or prefix; else: suffix), which a tokenizer of single
/// letters cannot pass.
///
/// A type is a distinct canonical form; bytes that are not UTF-8 are one invalid type for each byte string,
/// unknown tokens one together; tokens of white space only are left out. A type is strict when more than
/// half of its occurrences are.
public struct LinguisticIntegrity: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    /// The label of the rows.
    public var language: String
    public var lines: [SegmentedLine]
    public var inventory: MorphemeInventory

    public init(
      tokenizer: TokenizerIdentity, language: String, lines: [SegmentedLine], inventory: MorphemeInventory
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.lines = lines
      self.inventory = inventory
    }
  }

  public var bootstrap: Bootstrap
  /// Adds the rows of `baseline:characters` and `baseline:random`.
  public var baselines: Bool

  public init(bootstrap: Bootstrap = Bootstrap(), baselines: Bool = true) {
    self.bootstrap = bootstrap
    self.baselines = baselines
  }

  public static let family = "integrity"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    for line in input.lines { try line.check() }
    var classifier = TokenClassifier(input.inventory)
    var report = MetricReport(
      results: rows(input.tokenizer, input.language, TokenTally(input.lines, &classifier)))
    guard baselines else { return report }
    let characters = SegmentationBaselines.characters(input.lines)
    report.results += rows(
      TokenizerIdentity("baseline:characters"), input.language, TokenTally(characters, &classifier))
    let random = SegmentationBaselines.random(input.lines, seed: bootstrap.seed)
    report.results += rows(
      TokenizerIdentity("baseline:random"), input.language, TokenTally(random, &classifier))
    return report
  }

  private func rows(
    _ tokenizer: TokenizerIdentity, _ language: String, _ tally: TokenTally
  ) -> [MetricResult] {
    var rows: [MetricResult] = []
    let sums =
      tally.lineColumns.isEmpty
      ? nil : UnitSums(columns: tally.lineColumns, clusters: nil, bootstrap: bootstrap)
    for (score, name) in Score.allCases.enumerated() {
      func share(
        _ suffix: String, _ hits: Int, _ total: Int, _ interval: ClosedRange<Double>?, _ what: String
      ) {
        rows.append(
          Self.descriptor(name.rawValue + suffix).result(
            tokenizer, language: language, value: total > 0 ? 100 * Double(hits) / Double(total) : nil,
            interval: interval, n: total, reason: "the text has no \(what)"))
      }
      func wilson(_ hits: Int, _ total: Int) -> ClosedRange<Double>? {
        guard bootstrap.replicates > 0 else { return nil }
        return MultipleTesting.wilson(hits, of: total, confidence: bootstrap.confidence).map {
          $0.lowerBound * 100...$0.upperBound * 100
        }
      }
      let types = tally.types.count
      let typeHits = tally.types.count { $0.holds(name) }
      share("", typeHits, types, wilson(typeHits, types), "tokens but white space")
      let interval = sums?.interval { 100 * $0[1 + score] / $0[0] }
      share(
        "_occurrences", tally.occurrences(name), tally.tokenCount, interval, "tokens but white space")
      let letters = tally.types.filter(\.isAlphabetic)
      let letterHits = letters.count { $0.holds(name) }
      share("_alphabetic", letterHits, letters.count, wilson(letterHits, letters.count), "tokens of letters")
    }
    return rows
  }

  enum Score: String, CaseIterable {
    case lexical = "lexical_pct"
    case pure = "pure_pct"
    case strictLexical = "strict_lexical_pct"
    case strictPure = "strict_pure_pct"
  }
}
