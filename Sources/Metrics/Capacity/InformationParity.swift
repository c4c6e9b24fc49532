/// How much more it costs a model to say the same in another language.
///
/// After Tsvetkov and Kipnis 2024 (Findings of EMNLP): the total negative log-likelihood of parallel text in
/// the reference language over that in language L; 1 is parity, below 1 means that L costs more bits. Token
/// counts cancel: only bits enter.
public struct InformationParity: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    /// Per language the bits (Σ −log₂ p) of each line of a parallel text.
    public var languages: [(label: String, bits: [Double])]
    public var reference: String

    public init(
      tokenizer: TokenizerIdentity, languages: [(label: String, bits: [Double])], reference: String
    ) {
      self.tokenizer = tokenizer
      self.languages = languages
      self.reference = reference
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "parity"

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "information_parity", unit: "ratio", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition:
        "negative log-likelihood of the reference text over that of the language's; null when it is 0",
      requirements: ["log-probabilities of a parallel corpus", "reference language"],
      source: "Tsvetkov and Kipnis 2024, Findings of EMNLP")
  ]

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard let reference = input.languages.first(where: { TokenPremium.same($0.label, input.reference) })
    else {
      throw ToklabError("the reference language \(input.reference) is not among the texts")
    }
    var report = MetricReport()
    for language in input.languages {
      guard language.bits.count == reference.bits.count else {
        throw ToklabError(
          "\(language.label) has \(language.bits.count) lines", expected: "\(reference.bits.count)")
      }
      guard language.bits.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
        throw ToklabError("\(language.label): bits that are negative or not finite")
      }
      let sums = UnitSums(
        realColumns: [reference.bits, language.bits], clusters: nil, bootstrap: bootstrap)
      let isSame = TokenPremium.same(language.label, reference.label)
      func ratio(_ totals: UnsafeBufferPointer<Double>) -> Double { totals[0] / totals[isSame ? 0 : 1] }
      report.results.append(
        Self.descriptors[0].result(
          input.tokenizer, language: language.label, value: sums.total.withUnsafeBufferPointer(ratio),
          interval: sums.interval(ratio), n: language.bits.count,
          reason: "\(language.label): the text has no bits"))
    }
    return report
  }

  /// 30 bits against 40.
  public static var workedExample: WorkedExample<InformationParity> {
    WorkedExample(
      InformationParity(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"), languages: [("A", [10, 20]), ("B", [15, 25])], reference: "A"
      ),
      gives: [.init("information_parity", "A", 1), .init("information_parity", "B", 0.75)])
  }
}
