import Glibc

/// How evenly the vocabulary is used.
///
/// H_α = log₂(Σ p^α)/(1 − α) over log₂ of the number of types (Zouhar et al. 2023, α = 2.5). Two
/// denominators are in use, the types that were seen and the whole vocabulary, and they rank tokenizers
/// differently, so both are given. High values do not prove a good tokenizer: they can be raised while
/// translation gets worse (arXiv 2402.14614).
public struct RenyiEfficiency: Metric {
  public var order: Double
  public var bootstrap: Bootstrap

  /// - Parameter order: α, at least 0; 1 is Shannon.
  public init(order: Double = 2.5, bootstrap: Bootstrap = Bootstrap()) {
    self.order = order
    self.bootstrap = bootstrap
  }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    guard order >= 0, order.isFinite else { throw ToklabError("α is \(order)", expected: "0 or more") }
    let sums = TypeSums(input.lines.map(\.ids), bootstrap: bootstrap)
    let tokens = sums.tokenCount
    let types = sums.counts.count
    let order = order
    let vocabulary = Double(input.vocabularySize)
    @Sendable func statistics(_ counts: [Int]) -> [Double] {
      let shannon = Entropy.shannon(counts: counts) ?? .nan
      let renyi = Entropy.renyi(counts: counts, order: order) ?? .nan
      let seen = log2(Double(counts.count { $0 > 0 }))
      let all = log2(vocabulary)
      return [
        shannon, renyi, seen > 0 ? renyi / seen : .nan, seen > 0 ? shannon / seen : .nan,
        all > 0 ? renyi / all : .nan, all > 0 ? shannon / all : .nan,
      ]
    }
    let values = statistics(sums.counts)
    let intervals = sums.intervals(values.count, statistics)
    var report = MetricReport()
    for (index, descriptor) in Self.descriptors.enumerated() {
      let reason: String
      if tokens == 0 {
        reason = "the text has no tokens"
      } else if types == 1 && index < 4 {
        reason = "only one token type was seen"
      } else {
        reason = "the vocabulary has fewer than two tokens"
      }
      report.results.append(
        descriptor.result(
          input.tokenizer, language: input.language, value: values[index], interval: intervals[index],
          n: tokens, reason: reason))
    }
    if sums.isTooLarge, bootstrap.replicates > 0 {
      report.notes.append(
        "no intervals of entropies: the text is too large to resample \(bootstrap.replicates) times")
    }
    return report
  }

  private static func descriptor(
    _ name: String, _ unit: String, _ direction: MetricDescriptor.Direction, _ definition: String
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: direction, estimator: .ratioOfSums, encodeMode: .perLine,
      definition: definition, requirements: ["text"],
      source: "Zouhar et al. 2023, Tokenization and the Noiseless Channel; n is the number of tokens")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor("shannon_entropy", "bits", .none, "−Σ p log2 p over token types"),
    descriptor("renyi_entropy", "bits", .none, "log2(Σ p^α)/(1 − α) over token types, α = 2.5 unless given"),
    descriptor("renyi_efficiency", "share", .higherIsBetter, "renyi_entropy over log2 of the observed types"),
    descriptor(
      "shannon_efficiency", "share", .higherIsBetter, "shannon_entropy over log2 of the observed types"),
    descriptor(
      "renyi_efficiency_vocabulary", "share", .higherIsBetter,
      "renyi_entropy over log2 of the vocabulary without special tokens"),
    descriptor(
      "shannon_efficiency_vocabulary", "share", .higherIsBetter,
      "shannon_entropy over log2 of the vocabulary without special tokens"),
  ]

  /// The sentence of tokenization-scorer's own example, "pick @@ed pick @@l @@ed pick @@les"; values of that
  /// package, version 1.1.8 (`score([sentence.split()], metric='renyi', power=2.5)`, `'shannon'`; its entropies
  /// 1.653012966845049 and 1.8423709931771088 over log₂ 4, and over log₂ 16 here).
  public static var workedExample: WorkedExample<RenyiEfficiency> {
    WorkedExample(
      RenyiEfficiency(bootstrap: .off),
      on: .example([["pick", "ed", "pick", "l", "ed", "pick", "les"]], vocabularySize: 16),
      gives: [
        .init("shannon_entropy", nil, 1.8423709931771088), .init("renyi_entropy", nil, 1.653012966845049),
        .init("renyi_efficiency", nil, 0.8265064834225245),
        .init("shannon_efficiency", nil, 0.9211854965885544),
        .init("renyi_efficiency_vocabulary", nil, 0.41325324171126225),
        .init("shannon_efficiency_vocabulary", nil, 0.4605927482942772),
      ])
  }
}
