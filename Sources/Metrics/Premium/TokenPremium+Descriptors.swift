extension TokenPremium {
  private static let parallel = ["parallel corpus"]
  private static let petrov = "Petrov et al. 2023, arXiv 2305.15425"
  private static let arnett = "Arnett et al. 2025, arXiv 2510.21909"

  static func descriptor(_ name: String) -> MetricDescriptor {
    guard let found = descriptors.first(where: { $0.name == name }) else {
      preconditionFailure("no metric \(name)")
    }
    return found
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "corpus_token_count", unit: "tokens", direction: .lowerIsBetter, estimator: .sum, encodeMode: .perLine,
      definition: "tokens of all lines, each encoded on its own without special tokens; an exact count",
      requirements: parallel, source: arnett),
    MetricDescriptor(
      "premium", unit: "ratio", direction: .lowerIsBetter, estimator: .ratioOfSums, encodeMode: .perLine,
      definition:
        "corpus_token_count over that of the reference language; null when more than 10 % of the tokens of either are unknown",
      requirements: parallel + ["reference language"], source: petrov),
    MetricDescriptor(
      "tokens_per_line", unit: "tokens/line", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "tokens over lines; null when more than 10 % of the tokens are unknown",
      requirements: parallel, source: arnett),
    MetricDescriptor(
      "bytes_per_token", unit: "bytes/token", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "UTF-8 bytes over tokens; null when more than 10 % of the tokens are unknown",
      requirements: parallel, source: petrov),
    MetricDescriptor(
      "characters_per_token", unit: "characters/token", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "Unicode scalars over tokens; null when more than 10 % of the tokens are unknown",
      requirements: parallel, source: petrov),
    MetricDescriptor(
      "unknown_rate", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "unknown tokens over tokens", requirements: parallel, source: petrov),
    MetricDescriptor(
      "cost_equivalent", unit: "price", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition:
        "price of the content that a million tokens hold in the reference language: premium × price",
      requirements: parallel + ["reference language", "price per million tokens"],
      source: "Ahia et al. 2023, arXiv 2305.13707"),
    MetricDescriptor(
      "context_equivalent", unit: "reference tokens", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "the window measured in content, as tokens of the reference language: window / premium",
      requirements: parallel + ["reference language", "window in tokens"],
      source: "Ahia et al. 2023, arXiv 2305.13707"),
    MetricDescriptor(
      "characters_in_window", unit: "characters", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "Unicode scalars that fit the window: window × characters_per_token",
      requirements: parallel + ["window in tokens"], source: "Ahia et al. 2023, arXiv 2305.13707"),
    MetricDescriptor(
      "lorenz_share", unit: "share", direction: .none, estimator: .macroLanguages, encodeMode: .perLine,
      definition:
        "share of the sum of tokens_per_line that this language and all cheaper ones need: a point of the Lorenz curve; n is the number of those languages",
      requirements: parallel, source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "gini", unit: "coefficient", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition:
        "Gini coefficient of tokens_per_line over languages, Σᵢⱼ|cᵢ − cⱼ|/(2n²μ); languages whose cell is void are left out (n says how many remain); null for fewer than two",
      requirements: parallel, source: "fairness Gini of TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "gini_per_byte", unit: "coefficient", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition:
        "gini of tokens over UTF-8 bytes instead of lines: how evenly a tokenizer compresses, whatever a language writes for the same content",
      requirements: parallel, source: "fairness Gini of TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "max_min_ratio", unit: "ratio", direction: .lowerIsBetter, estimator: .macroLanguages,
      encodeMode: .perLine,
      definition: "largest tokens_per_line over smallest, over languages that are not void",
      requirements: parallel, source: petrov),
  ]

  /// Two lines; A needs 2 + 4 tokens, B 3 + 6 for the same content: premium 9/6 = 1.5, Gini of (3, 4.5) =
  /// (2 · 1.5)/(2 · 4 · 3.75) = 0.1.
  public static var workedExample: WorkedExample<TokenPremium> {
    let a = LineCounts(label: "A", tokens: [2, 4], unknown: [0, 0], bytes: [8, 16], characters: [8, 16])
    let b = LineCounts(label: "B", tokens: [3, 6], unknown: [0, 0], bytes: [12, 24], characters: [6, 12])
    let c = LineCounts(label: "C", tokens: [5, 5], unknown: [1, 1], bytes: [9, 9], characters: [3, 3])
    return WorkedExample(
      TokenPremium(bootstrap: Bootstrap(replicates: 200, threads: 1), price: 2, window: 1200),
      on: Input(tokenizer: TokenizerIdentity("example"), languages: [a, b, c], reference: "A"),
      gives: [
        .init("corpus_token_count", "A", 6), .init("corpus_token_count", "B", 9),
        .init("corpus_token_count", "C", 10), .init("premium", "A", 1), .init("premium", "B", 1.5),
        .init("premium", "C", nil), .init("tokens_per_line", "A", 3), .init("tokens_per_line", "B", 4.5),
        .init("bytes_per_token", "A", 4), .init("characters_per_token", "B", 2),
        .init("unknown_rate", "C", 0.2), .init("unknown_rate", "A", 0), .init("cost_equivalent", "B", 3),
        .init("context_equivalent", "B", 800), .init("characters_in_window", "B", 2400),
        .init("lorenz_share", "A", 0.4), .init("lorenz_share", "B", 1), .init("lorenz_share", "C", nil),
        .init("gini", nil, 0.1), .init("gini_per_byte", nil, 0), .init("max_min_ratio", nil, 1.5),
      ])
  }
}
