/// How many more tokens a slightly changed text needs: a cheap stand-in for how much a model's input changes
/// (the perturbations are those that TokSuite, arXiv 2512.20757, tests models with).
public struct PerturbationRobustness: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var language: String?
    /// Tokens of each line as it is.
    public var original: [Int]
    /// Tokens of each line after each change; no entry leaves that metric out.
    public var perturbed: [Perturbation: [Int]]

    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, original: [Int], perturbed: [Perturbation: [Int]]
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.original = original
      self.perturbed = perturbed
    }

    /// Counts a text and all its changes.
    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, text: TextLines, seed: UInt64 = 0,
      threads: Int = 0,
      _ makeCounter: @Sendable () throws(ToklabError) -> LineCounter
    ) throws(ToklabError) {
      func count(_ change: Perturbation?) throws(ToklabError) -> [Int] {
        let results = SharedResults<Int>(text.count, repeating: 0)
        try Parallel.forEach(text.count, threads: threads) { () throws(ToklabError) in
          CounterBox(try makeCounter())
        } _: { (counter, line) throws(ToklabError) in
          var bytes = Array(text.bytes[text.range(ofLine: line)])
          if let change { bytes = change.apply(bytes, seed: seed) }
          results[line] = try bytes.withBytes { buffer throws(ToklabError) in try counter.count(buffer).tokens
          }
        }
        return results.array
      }
      var perturbed: [Perturbation: [Int]] = [:]
      for change in Perturbation.allCases { perturbed[change] = try count(change) }
      self.init(tokenizer: tokenizer, language: language, original: try count(nil), perturbed: perturbed)
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "robustness"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    var report = MetricReport()
    for (index, change) in Perturbation.allCases.enumerated() {
      guard let counts = input.perturbed[change] else { continue }
      guard counts.count == input.original.count else {
        throw ToklabError(
          "\(change.rawValue): \(counts.count) lines", expected: "\(input.original.count), as in the original"
        )
      }
      let sums = UnitSums(columns: [input.original, counts], clusters: nil, bootstrap: bootstrap)
      report.results.append(
        Self.descriptors[index].result(
          input.tokenizer, language: input.language, value: sums.total[1] / sums.total[0] - 1,
          interval: sums.interval { $0[1] / $0[0] - 1 }, n: input.original.count,
          reason: "the text has no tokens"))
    }
    return report
  }

  public static let descriptors: [MetricDescriptor] = Perturbation.allCases.map { change in
    MetricDescriptor(
      "token_change_\(change.rawValue)", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "tokens of the changed text over those of the text, minus 1: \(change.meaning)",
      requirements: ["text"], source: "perturbations after TokSuite, arXiv 2512.20757")
  }

  /// 10 tokens become 12: 0.2; kind k of the seven becomes 10 + k.
  public static var workedExample: WorkedExample<PerturbationRobustness> {
    var perturbed: [Perturbation: [Int]] = [:]
    for (index, change) in Perturbation.allCases.enumerated() { perturbed[change] = [4, 6 + index] }
    return WorkedExample(
      PerturbationRobustness(bootstrap: .off),
      on: Input(tokenizer: TokenizerIdentity("example"), original: [4, 6], perturbed: perturbed),
      gives: Perturbation.allCases.enumerated().map {
        .init("token_change_\($0.element.rawValue)", nil, Double(10 + $0.offset) / 10 - 1)
      })
  }
}
