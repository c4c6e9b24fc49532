/// The premium that UTF-8 itself charges: bytes on parallel text against a reference language.
///
/// Arnett, Chang and Bergen 2024 (arXiv 2403.00686). It is the token premium of the tokenizer whose tokens
/// are bytes, which is why its rows stand under that baseline.
public struct BytePremium: Metric {
  public typealias Input = TokenPremium.Input

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "premium"
  /// Below this number of lines a ratio is not to be trusted.
  public static let fewLines = 100

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "byte_premium", unit: "ratio", direction: .none, estimator: .ratioOfSums, encodeMode: .none,
      definition: "UTF-8 bytes over those of the reference language; null when the reference is empty",
      requirements: ["parallel corpus", "reference language"],
      source: "Arnett, Chang and Bergen 2024, arXiv 2403.00686")
  ]

  /// Uses the bytes of the input only; the tokenizer of the rows is `baseline:bytes`.
  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let asTokens = Input(
      tokenizer: TokenizerIdentity("baseline:bytes"),
      languages: input.languages.map {
        LineCounts(
          label: $0.label, tokens: $0.bytes, unknown: $0.bytes.map { _ in 0 }, bytes: $0.bytes,
          characters: $0.characters)
      }, reference: input.reference, listed: input.listed, clusters: input.clusters)
    let report = try TokenPremium(bootstrap: bootstrap).measure(asTokens)
    var notes = report.notes
    let lines = input.languages.first?.lineCount ?? 0
    if lines < Self.fewLines {
      notes.append("byte premiums from \(lines) lines; \(Self.fewLines) or more are advised")
    }
    let rows = report.results.filter { $0.metric == "premium" }.map { row in
      Self.descriptors[0].result(
        asTokens.tokenizer, language: row.language, value: row.value?.double,
        interval: row.low.flatMap { low in row.high.map { low...$0 } }, n: row.n, reason: row.nullReason)
    }
    return MetricReport(results: rows, notes: notes)
  }

  /// 24 bytes against 16.
  public static var workedExample: WorkedExample<BytePremium> {
    let a = LineCounts(label: "A", tokens: [1, 1], unknown: [0, 0], bytes: [6, 10], characters: [6, 10])
    let b = LineCounts(label: "B", tokens: [1, 1], unknown: [0, 0], bytes: [10, 14], characters: [5, 7])
    return WorkedExample(
      BytePremium(bootstrap: .off),
      on: Input(tokenizer: TokenizerIdentity("any"), languages: [a, b], reference: "A"),
      gives: [
        .init("byte_premium", "A", tokenizer: "baseline:bytes", 1),
        .init("byte_premium", "B", tokenizer: "baseline:bytes", 1.5),
      ])
  }
}
