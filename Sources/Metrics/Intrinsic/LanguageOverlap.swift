import Glibc

/// How far apart two languages' token distributions are: Jensen–Shannon divergence in bits, 0 for equal
/// distributions and 1 for languages that share no token.
public struct LanguageOverlap: Metric {
  public init() {}

  public static let family = "intrinsic"

  /// Above this number of languages the pairs are left out: their number grows with its square.
  public static let mostLanguages = 40

  /// One row for each pair, the language being `A|B` with the labels in bytewise order.
  public func measure(_ input: [EncodedCorpus]) throws(ToklabError) -> MetricReport {
    func label(_ corpus: EncodedCorpus) -> String { corpus.language ?? "" }
    let sorted = input.sorted { InputFolder.bytewiseLess(label($0), label($1)) }
    let counts = sorted.map { corpus in
      var counts: [TokenID: Int] = [:]
      for line in corpus.lines { for id in line.ids { counts[id, default: 0] += 1 } }
      return counts
    }
    var report = MetricReport()
    report.results.append(Self.spread(sorted, counts.map(\.count)))
    guard sorted.count <= Self.mostLanguages else {
      report.notes.append(
        "token_divergence left out: more than \(Self.mostLanguages) languages; use --languages")
      return report
    }
    for i in sorted.indices {
      for j in sorted.indices where j > i {
        report.results.append(
          Self.descriptors[0].result(
            sorted[i].tokenizer, language: "\(label(sorted[i]))|\(label(sorted[j]))",
            value: Self.divergence(counts[i], counts[j]), n: Set(counts[i].keys).union(counts[j].keys).count,
            reason: "one of the texts has no tokens"))
      }
    }
    return report
  }

  /// The coefficient of variation of the share of the vocabulary that each language uses.
  private static func spread(_ corpora: [EncodedCorpus], _ types: [Int]) -> MetricResult {
    let shares = zip(corpora, types).map {
      $0.vocabularySize > 0 ? Double($1) / Double($0.vocabularySize) : 0
    }
    let mean = Descriptive.mean(shares) ?? 0
    return descriptors[1].result(
      corpora.first?.tokenizer ?? TokenizerIdentity(""), language: nil,
      value: mean > 0 ? Descriptive.standardDeviation(shares).map { $0 / mean } : nil, n: corpora.count,
      reason: corpora.count < 2 ? "needs two languages or more" : "no text has tokens")
  }

  private static func divergence(_ a: [TokenID: Int], _ b: [TokenID: Int]) -> Double? {
    let totalA = Double(a.values.reduce(0, +))
    let totalB = Double(b.values.reduce(0, +))
    guard totalA > 0, totalB > 0 else { return nil }
    var sum = 0.0
    for id in Set(a.keys).union(b.keys).sorted() {
      let p = Double(a[id] ?? 0) / totalA
      let q = Double(b[id] ?? 0) / totalB
      let middle = (p + q) / 2
      if p > 0 { sum += p * log2(p / middle) / 2 }
      if q > 0 { sum += q * log2(q / middle) / 2 }
    }
    return min(1, max(0, sum))
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "token_divergence", unit: "bits", direction: .none, estimator: .setUnion, encodeMode: .perLine,
      definition:
        "Jensen–Shannon divergence of the token distributions of two languages; n is the types of both",
      requirements: ["texts in two languages"], source: "tomlimi/entangled_in_scripts"),
    MetricDescriptor(
      "utilisation_variation", unit: "coefficient", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition:
        "standard deviation over languages of vocabulary_utilisation, over its mean; null for fewer than two",
      requirements: ["texts in two languages"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
  ]

  /// {x: 1, y: 1} against {y: 2}: ½·(½·log₂(½/¼) + ½·log₂(½/¾)) + ½·log₂(1/¾) = 0.3112781244591328. Of two
  /// tokens A uses two and B one: 1 and ½, deviation √⅛, mean ¾.
  public static var workedExample: WorkedExample<LanguageOverlap> {
    func corpus(_ label: String, _ ids: [TokenID]) -> EncodedCorpus {
      EncodedCorpus(
        tokenizer: TokenizerIdentity("example"), language: label,
        lines: [EncodedCorpus.Line(ids: ids, segmented: SegmentedLine([], tokens: []))], vocabularySize: 2)
    }
    return WorkedExample(
      LanguageOverlap(), on: [corpus("B", [1, 1]), corpus("A", [0, 1])],
      gives: [
        .init("token_divergence", "A|B", 0.3112781244591328),
        .init("utilisation_variation", nil, 0.125.squareRoot() / 0.75),
      ])
  }
}
