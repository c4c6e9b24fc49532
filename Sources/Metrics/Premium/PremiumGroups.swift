/// Premiums and tokens per line by group of languages: by script, by resources, by whatever a column says.
///
/// Every language of a group weighs the same. The interval is that of the mean over these very languages on
/// resampled lines: it says nothing of languages that are not in the corpus.
public struct PremiumGroups: Metric {
  public struct Input: Sendable {
    public var premium: TokenPremium.Input
    /// For each language that has one, its group.
    public var groups: [(language: String, group: String)]

    public init(premium: TokenPremium.Input, groups: [(language: String, group: String)]) {
      self.premium = premium
      self.groups = groups
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "premium"

  /// Groups in bytewise order; the group's name stands in `language`.
  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let languages = input.premium.languages
    guard
      let reference = languages.firstIndex(where: { TokenPremium.same($0.label, input.premium.reference) })
    else { throw ToklabError("the reference language \(input.premium.reference) is not among the texts") }
    let layout = TokenPremium.Layout(languages: languages, reference: reference)
    let sums = UnitSums(
      columns: layout.columns(of: languages, lines: languages[0].lineCount),
      clusters: input.premium.clusters, bootstrap: bootstrap)
    func isMeasurable(_ index: Int) -> Bool {
      let tokens = sums.total[layout.columns[index].tokens]
      return tokens > 0 && sums.total[layout.columns[index].unknown] * 10 <= tokens
    }
    let referenceTokens = layout.columns[reference].tokens
    var report = MetricReport()
    let names = Set(input.groups.map(\.group)).sorted { InputFolder.bytewiseLess($0, $1) }
    for name in names {
      let members = languages.indices.filter { index in
        input.groups.contains { $0.group == name && TokenPremium.same($0.language, languages[index].label) }
          && (input.premium.listed?.contains { TokenPremium.same($0, languages[index].label) } ?? true)
      }
      let kept = members.filter(isMeasurable)
      if members.isEmpty { continue }
      func row(_ index: Int, _ kept: [Int], _ statistic: (UnsafeBufferPointer<Double>) -> Double) {
        report.results.append(
          Self.descriptors[index].result(
            input.premium.tokenizer, language: name,
            value: kept.isEmpty ? nil : sums.total.withUnsafeBufferPointer(statistic),
            interval: kept.isEmpty ? nil : sums.interval(statistic), n: kept.count,
            reason: "\(name): more than 10 % of the tokens are unknown in every language"))
      }
      let columns = kept.map { layout.columns[$0].tokens }
      row(0, isMeasurable(reference) ? kept : []) { totals in
        columns.reduce(0) { $0 + totals[$1] / totals[referenceTokens] } / Double(columns.count)
      }
      row(1, kept) { totals in
        columns.reduce(0) { $0 + totals[$1] / totals[TokenPremium.Layout.linesColumn] }
          / Double(columns.count)
      }
    }
    return report
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "group_premium", unit: "ratio", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition:
        "mean premium of a group of languages, which stands in the language column; n is the languages that are not void",
      requirements: ["parallel corpus", "reference language", "groups of languages"],
      source: "Petrov et al. 2023, arXiv 2305.15425"),
    MetricDescriptor(
      "group_tokens_per_line", unit: "tokens/line", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine, definition: "mean tokens_per_line of a group of languages",
      requirements: ["parallel corpus", "groups of languages"],
      source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
  ]

  /// A and B in one group: 6 and 9 tokens on two lines: premiums 1 and 1.5, 3 and 4.5 tokens a line.
  public static var workedExample: WorkedExample<PremiumGroups> {
    let a = LineCounts(label: "A", tokens: [2, 4], unknown: [0, 0], bytes: [8, 16], characters: [8, 16])
    let b = LineCounts(label: "B", tokens: [3, 6], unknown: [0, 0], bytes: [12, 24], characters: [6, 12])
    return WorkedExample(
      PremiumGroups(bootstrap: .off),
      on: Input(
        premium: TokenPremium.Input(
          tokenizer: TokenizerIdentity("example"), languages: [a, b], reference: "A"),
        groups: [("A", "Latin"), ("B", "Latin")]),
      gives: [.init("group_premium", "Latin", 1.25), .init("group_tokens_per_line", "Latin", 3.75)])
  }
}
