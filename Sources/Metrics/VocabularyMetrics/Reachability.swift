/// Which tokens can any text ever produce? Each token's own bytes are encoded again: the token itself must
/// come out (Land and Bartolo 2024, cohere-ai/magikarp).
///
/// Tokens of incomplete UTF-8 have no text of their own and are told apart; Unigram models may have
/// unreachable tokens with reason. A merge list that reaches no token but the alphabet usually means a wrong
/// pattern.
public struct Reachability: Metric {
  public enum Outcome: Sendable, Hashable {
    case reachable
    /// Its bytes encode to other tokens: so many.
    case unreachable(tokens: Int)
    /// Its bytes are not UTF-8.
    case incomplete
  }

  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    /// Ordinary tokens with what came of them.
    public var outcomes: [(id: TokenID, outcome: Outcome)]

    public init(tokenizer: TokenizerIdentity, outcomes: [(id: TokenID, outcome: Outcome)]) {
      self.tokenizer = tokenizer
      self.outcomes = outcomes
    }

    /// Encodes every ordinary token of a tokenizer.
    public init(_ tokenizer: Tokenizer, identity: TokenizerIdentity, threads: Int = 0) throws(ToklabError) {
      let added = Set(tokenizer.definition.addedTokens.map(\.id))
      let ids = (0..<TokenID(tokenizer.vocabulary.capacity)).filter {
        tokenizer.vocabulary.contains($0) && !tokenizer.vocabulary.isLiteral($0) && !added.contains($0)
          && $0 != tokenizer.model.unknownID
      }
      let results = SharedResults<Outcome>(ids.count, repeating: .incomplete)
      try Parallel.forEach(ids.count, threads: threads) { () throws(ToklabError) in
        (try DocumentEncoder(tokenizer), TokenBuffer())
      } _: { (scratch, index) throws(ToklabError) in
        let text = try tokenizer.decode([ids[index]])
        let isText = text.withBytes { UTF8Scalar.firstInvalid($0) == nil }
        guard isText else { return }
        scratch.1.removeAll()
        let encoder = scratch.0
        let buffer = scratch.1
        try text.withBytes { bytes throws(ToklabError) in try encoder.encode(bytes, into: buffer) }
        let found = buffer.ids
        results[index] = found == [ids[index]] ? .reachable : .unreachable(tokens: found.count)
      }
      self.init(tokenizer: identity, outcomes: zip(ids, results.array).map { (id: $0, outcome: $1) })
    }
  }

  public init() {}

  public static let family = "vocabulary"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    var reachable = 0
    var unreachable = 0
    var incomplete = 0
    for (_, outcome) in input.outcomes {
      switch outcome {
      case .reachable: reachable += 1
      case .unreachable: unreachable += 1
      case .incomplete: incomplete += 1
      }
    }
    let whole = reachable + unreachable
    return MetricReport(results: [
      Self.descriptors[0].result(
        input.tokenizer, language: nil, value: whole > 0 ? Double(reachable) / Double(whole) : nil, n: whole,
        reason: "no token is whole text"),
      Self.descriptors[1].result(input.tokenizer, language: nil, count: unreachable, n: whole),
      Self.descriptors[2].result(input.tokenizer, language: nil, count: incomplete, n: input.outcomes.count),
    ])
  }

  private static let source = "Land and Bartolo 2024, cohere-ai/magikarp"

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "reachable_share", unit: "share", direction: .higherIsBetter, estimator: .setUnion, encodeMode: .none,
      definition: "ordinary tokens of whole characters whose text encodes to the token itself",
      requirements: ["tokenizer"], source: source),
    MetricDescriptor(
      "unreachable_tokens", unit: "tokens", direction: .lowerIsBetter, estimator: .sum, encodeMode: .none,
      definition: "ordinary tokens of whole characters whose text encodes to other tokens",
      requirements: ["tokenizer"], source: source),
    MetricDescriptor(
      "incomplete_vocabulary_tokens", unit: "tokens", direction: .none, estimator: .sum, encodeMode: .none,
      definition: "ordinary tokens that are not whole UTF-8 characters and have no text of their own",
      requirements: ["tokenizer"], source: source),
  ]

  /// Three of four whole tokens come back.
  public static var workedExample: WorkedExample<Reachability> {
    WorkedExample(
      Reachability(),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        outcomes: [
          (0, .reachable), (1, .reachable), (2, .unreachable(tokens: 2)), (3, .reachable), (4, .incomplete),
        ]),
      gives: [
        .init("reachable_share", nil, 0.75), .init("unreachable_tokens", nil, 1),
        .init("incomplete_vocabulary_tokens", nil, 1),
      ])
  }
}
