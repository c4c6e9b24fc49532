extension LinguisticIntegrity {
  static func descriptor(_ name: String) -> MetricDescriptor {
    guard let found = descriptors.first(where: { $0.name == name }) else {
      preconditionFailure("no metric \(name)")
    }
    return found
  }

  public static let descriptors: [MetricDescriptor] = Score.allCases.flatMap { score in
    let meaning: String
    switch score {
    case .lexical: meaning = "forms of the lexicon or the morpheme inventory (%TR)"
    case .pure:
      meaning =
        "such forms that are no division into two or more members, the first from the lexicon or a prefix, the rest morphemes (%Pure)"
    case .strictLexical:
      meaning =
        "members of a division of the word they stand in: at its start a word, root or prefix, after it a suffix"
    case .strictPure: meaning = "both strict and pure"
    }
    let requirements = ["text", "lexicon or morpheme inventory"]
    let source = "arXiv 2502.07057 and malibayram/tokenizer_benchmark; strict variants: toklab"
    func make(_ suffix: String, _ estimator: Estimator, _ base: String) -> MetricDescriptor {
      MetricDescriptor(
        score.rawValue + suffix, unit: "percent", direction: .higherIsBetter, estimator: estimator,
        encodeMode: .perLine, definition: "\(base) that are \(meaning)", requirements: requirements,
        source: source)
    }
    return [
      make("", .setUnion, "share of token types"),
      make("_occurrences", .ratioOfSums, "share of token occurrences"),
      make("_alphabetic", .setUnion, "share of token types made of letters only"),
    ]
  }

  /// Turkish "evler evde" (ev house, -ler plural, -de in) as ev|ler| ev|d|e with -e a suffix too: four types
  /// ev, ler, d, e, of which d is no form: 75 %. In strict terms e stands for nothing, since no division of
  /// evde ends in -e: ev, ler count, 50 %. Occurrences: 4 of 5 valid, 3 of 5 strict. No form is divisible.
  public static var workedExample: WorkedExample<LinguisticIntegrity> {
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    // The inventory is not empty and is UTF-8.
    let inventory = try! MorphemeInventory(
      lexicon: [bytes("ev")],
      morphemes: [(bytes("ler"), .suffix), (bytes("de"), .suffix), (bytes("e"), .suffix)], language: "tr")
    return WorkedExample(
      LinguisticIntegrity(bootstrap: .off, baselines: false),
      on: Input(
        tokenizer: TokenizerIdentity("example"), language: "tr",
        lines: [SegmentedLine(pieces: ["Ev", "ler", " ev", "d", "e"])], inventory: inventory),
      gives: [
        .init("lexical_pct", "tr", 75), .init("pure_pct", "tr", 75), .init("strict_lexical_pct", "tr", 50),
        .init("strict_pure_pct", "tr", 50), .init("lexical_pct_occurrences", "tr", 80),
        .init("pure_pct_occurrences", "tr", 80), .init("strict_lexical_pct_occurrences", "tr", 60),
        .init("strict_pure_pct_occurrences", "tr", 60), .init("lexical_pct_alphabetic", "tr", 75),
        .init("pure_pct_alphabetic", "tr", 75), .init("strict_lexical_pct_alphabetic", "tr", 50),
        .init("strict_pure_pct_alphabetic", "tr", 50),
      ])
  }
}
