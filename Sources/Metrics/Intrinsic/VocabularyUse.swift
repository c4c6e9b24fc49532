import Glibc

/// How much of the vocabulary a text uses, and how variedly.
public struct VocabularyUse: Metric {
  /// Tokens in the moving window of `moving_type_token_ratio`.
  public var window: Int

  public init(window: Int = 500) { self.window = max(2, window) }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    var counts: [TokenID: Int] = [:]
    for line in input.lines { for id in line.ids { counts[id, default: 0] += 1 } }
    let tokens = input.tokenCount
    let empty = "the text has no tokens"
    func row(_ index: Int, _ value: Double?, _ n: Int, _ reason: String) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: input.language, value: value, n: n, reason: reason)
    }
    // Rank 1 is the most frequent type; equal counts may take any order, the sum is the same.
    var rankSum = 0.0
    for (rank, count) in counts.values.sorted(by: >).enumerated() {
      rankSum += Double(rank + 1) * Double(count)
    }
    let n = Double(tokens)
    return MetricReport(results: [
      Self.descriptors[0].result(input.tokenizer, language: input.language, count: counts.count, n: tokens),
      row(
        1, input.vocabularySize > 0 ? Double(counts.count) / Double(input.vocabularySize) : nil, tokens,
        "the vocabulary is empty"),
      row(2, tokens > 0 ? Double(counts.count) / n : nil, tokens, empty),
      row(3, movingRatio(input), tokens, "the text has fewer than \(window) tokens"),
      row(4, tokens > 0 ? rankSum / n : nil, tokens, empty),
      row(5, counts.isEmpty ? nil : n * log2(Double(counts.count)), tokens, empty),
      row(6, Self.middleShare(counts.values.sorted(by: >)), tokens, empty),
    ])
  }

  /// tokenization-scorer's `percentile_freq`: the mass between the 3rd and the 83rd percentile of types, most
  /// frequent first, with its rules for few types.
  private static func middleShare(_ counts: [Int]) -> Double? {
    guard !counts.isEmpty else { return nil }
    let last = counts.count - 1
    var start = min(Int(Double(counts.count) * 0.03), last)
    var end = min(Int(Double(counts.count) * 0.83), last)
    if start == end { start = max(0, start - 1) }
    if start == end { end = min(last, end + 1) }
    return Double(counts[start..<end].reduce(0, +)) / Double(counts.reduce(0, +))
  }

  /// The mean over all windows of the types in a window over its size. Lines are joined in sorted order:
  /// the order of lines must leave no trace.
  private func movingRatio(_ input: EncodedCorpus) -> Double? {
    let ids = Array(input.lines.map(\.ids).sorted { $0.lexicographicallyPrecedes($1) }.joined())
    guard ids.count >= window else { return nil }
    var inside: [TokenID: Int] = [:]
    var total = 0
    for (index, id) in ids.enumerated() {
      inside[id, default: 0] += 1
      if index >= window {
        let old = ids[index - window]
        if inside[old] == 1 { inside[old] = nil } else { inside[old]! -= 1 }
      }
      if index >= window - 1 { total += inside.count }
    }
    return Double(total) / Double(window) / Double(ids.count - window + 1)
  }

  private static func descriptor(
    _ name: String, _ unit: String, _ direction: MetricDescriptor.Direction, _ estimator: Estimator,
    _ definition: String
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: direction, estimator: estimator, encodeMode: .perLine,
      definition: definition, requirements: ["text"],
      source: "TokEval, cimeister/tokenizer-intrinsic-evals; n is the number of tokens")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor("observed_types", "tokens", .none, .setUnion, "distinct tokens seen"),
    descriptor(
      "vocabulary_utilisation", "share", .higherIsBetter, .setUnion,
      "observed_types over the vocabulary without special tokens"),
    descriptor(
      "type_token_ratio", "share", .none, .setUnion, "observed_types over tokens; falls with text length"),
    descriptor(
      "moving_type_token_ratio", "share", .none, .meanOfRatios,
      "mean of types over tokens in all windows of 500 tokens, lines joined in sorted order; null for shorter text"
    ),
    descriptor(
      "average_rank", "rank", .none, .ratioOfSums,
      "mean over tokens of the rank of their type by frequency, from 1"),
    descriptor(
      "sequence_bits", "bits", .lowerIsBetter, .sum,
      "tokens times log2 of the observed types: the text at a fixed length a token (tokenization-scorer gives it negated)"
    ),
    descriptor(
      "middle_frequency_share", "share", .none, .ratioOfSums,
      "share of tokens whose types lie between the 3rd and the 83rd percentile of types by frequency (percentile_freq of tokenization-scorer; Gowda and May 2020)"
    ),
  ]

  /// Tokens a b a c with window 2: types over 2 in ab, ba, ac: 1. Ranks: a 1, b 2, c 3: (1 + 1 + 2 + 3)/4. Of
  /// three types the first two lie in the middle: 3 of 4 tokens.
  public static var workedExample: WorkedExample<VocabularyUse> {
    WorkedExample(
      VocabularyUse(window: 2), on: .example([["a", "b", "a", "c"]], vocabularySize: 6),
      gives: [
        .init("observed_types", nil, 3), .init("vocabulary_utilisation", nil, 0.5),
        .init("type_token_ratio", nil, 0.75), .init("moving_type_token_ratio", nil, 1),
        .init("average_rank", nil, 1.75), .init("sequence_bits", nil, 4 * log2(3)),
        .init("middle_frequency_share", nil, 0.75),
      ])
  }
}
