extension CodeIntegrity {
  private static let tokEval = "TokEval, cimeister/tokenizer-intrinsic-evals"

  private static func descriptor(
    _ name: String, _ unit: String, _ direction: MetricDescriptor.Direction, _ definition: String,
    _ estimator: Estimator = .ratioOfSums, _ source: String = tokEval
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: direction, estimator: estimator, encodeMode: .concatenated,
      definition: definition, requirements: ["source code"], source: source)
  }

  /// The correlation stands last.
  public static let descriptors: [MetricDescriptor] =
    [
      descriptor(
        "code_bytes_per_token", "bytes/token", .higherIsBetter,
        "bytes of source files over tokens, comments included; n is the tokens", .ratioOfSums,
        "bgub/tokka-bench"),
      descriptor(
        "code_alignment", "share", .higherIsBetter,
        "lexemes that no token joins with anything visible beyond them; comments are no lexemes; n is the lexemes"
      ),
    ]
    + CodeLexeme.Kind.allCases.map { kind in
      descriptor(
        "code_alignment_\(kind.rawValue)s", "share", .higherIsBetter,
        "code_alignment of \(kind.rawValue)s alone")
    } + [
      descriptor(
        "tokens_per_identifier", "tokens/identifier", .lowerIsBetter, "tokens that touch an identifier, mean"),
      descriptor(
        "identifier_fragmentation", "share", .lowerIsBetter, "identifiers that two tokens or more touch"),
      descriptor(
        "operator_isolation", "share", .higherIsBetter,
        "operators that are one token which holds nothing else but white space"),
      descriptor(
        "compound_operator_integrity", "share", .higherIsBetter,
        "of operators of two characters or more those that one token holds whole"),
      descriptor(
        "indentation_correlation", "correlation", .higherIsBetter,
        "Spearman's correlation of the width of a line's indentation and the tokens of white space in it, over indented lines",
        .model),
    ]

  /// "if a+=b:" as if| a|+=b|:, then " c->d" as " "|c-|>d, then "   e" as "   "|e and "     f" as "  "|"   "|f,
  /// each line with its feed in a token of its own. Lexemes: if a += b : c -> d e f. Joined with others: += b c ->
  /// d, so 5 of 10 are aligned; of six identifiers a, e, f are. Operators :, += and ->: only : is a token by itself;
  /// of the two compound ones += is in one token. Widths 1, 3, 5 and tokens 1, 1, 2: ranks (1, 2, 3) and (1.5,
  /// 1.5, 3): ρ = √3/2. Bytes: 9 + 6 + 5 + 6 = 26; tokens 5 + 4 + 3 + 3 = 15.
  public static var workedExample: WorkedExample<CodeIntegrity> {
    let file = SegmentedLine(pieces: [
      "if", " a", "+=b", ":", "\n", " ", "c-", ">d", "\n", "   ", "e", "\n", "  ", "   ", "f",
    ])
    let lexer = CodeLexer(CodeGrammar.named("swift")!)
    return WorkedExample(
      CodeIntegrity(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"), language: "swift", files: [file],
        lexemes: [lexer.lexemes(of: file.text)]),
      gives: [
        .init("code_bytes_per_token", "swift", 26.0 / 15), .init("code_alignment", "swift", 0.5),
        .init("code_alignment_identifiers", "swift", 0.5), .init("code_alignment_keywords", "swift", 1),
        .init("code_alignment_operators", "swift", 1.0 / 3), .init("code_alignment_literals", "swift", nil),
        .init("code_alignment_delimiters", "swift", nil), .init("tokens_per_identifier", "swift", 1),
        .init("identifier_fragmentation", "swift", 0), .init("operator_isolation", "swift", 1.0 / 3),
        .init("compound_operator_integrity", "swift", 0.5),
        .init("indentation_correlation", "swift", 3.0.squareRoot() / 2),
      ])
  }
}
