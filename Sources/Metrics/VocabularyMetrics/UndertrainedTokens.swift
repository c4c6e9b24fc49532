/// Tokens whose embedding rows look as if training never moved them.
///
/// After Land and Bartolo 2024 (cohere-ai/magikarp): rows that no token can have moved (ids beyond the
/// vocabulary and tokens that no text produces) show what an untrained row looks like; the cosine distance
/// of every other row to their mean, after the mean of all rows is taken off, is the indicator. Without such
/// rows only the lengths of the rows are left, and the metric says so. Candidates are the lowest 2 % of the
/// reachable tokens: to be tried on the model, not proven.
public struct UndertrainedTokens: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    /// The matrix row by row.
    public var rows: Int
    public var width: Int
    public var values: [Double]
    /// What came of each ordinary token's own text.
    public var outcomes: [(id: TokenID, outcome: Reachability.Outcome)]
    /// One more than the largest id.
    public var capacity: Int

    public init(
      tokenizer: TokenizerIdentity, rows: Int, width: Int, values: [Double],
      outcomes: [(id: TokenID, outcome: Reachability.Outcome)], capacity: Int
    ) {
      self.tokenizer = tokenizer
      self.rows = rows
      self.width = width
      self.values = values
      self.outcomes = outcomes
      self.capacity = capacity
    }
  }

  public struct Candidate: Sendable, Hashable {
    public var id: TokenID
    /// Cosine distance to the mean untrained row; nil without untrained rows.
    public var distance: Double?
    /// Length of the row.
    public var norm: Double
  }

  public init() {}

  public static let family = "vocabulary"
  static let share = 0.02

  /// The lowest 2 % of the reachable tokens, lowest first; ties by id.
  public static func candidates(_ input: Input) throws(ToklabError) -> [Candidate] {
    guard input.rows > 0, input.width > 0, input.values.count == input.rows * input.width else {
      throw ToklabError(
        "\(input.values.count) numbers", expected: "\(input.rows) rows of \(input.width) numbers")
    }
    guard input.rows >= input.capacity else {
      throw ToklabError(
        "a matrix of \(input.rows) rows", expected: "\(input.capacity) or more, one for each id",
        advice: "name the tokenizer of the model")
    }
    guard input.values.allSatisfy(\.isFinite) else { throw ToklabError("a number that is not finite") }
    let width = input.width
    var mean = [Double](repeating: 0, count: width)
    for row in 0..<input.rows {
      for column in 0..<width { mean[column] += input.values[row * width + column] }
    }
    for column in 0..<width { mean[column] /= Double(input.rows) }
    func centred(_ row: Int) -> [Double] {
      (0..<width).map { input.values[row * width + $0] - mean[$0] }
    }
    let unused =
      Array(input.capacity..<input.rows)
      + input.outcomes.compactMap {
        if case .unreachable = $0.outcome { Int($0.id) } else { nil }
      }
    var untrained = [Double](repeating: 0, count: width)
    for row in unused { for (column, value) in centred(row).enumerated() { untrained[column] += value } }
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let length = norm(untrained)
    var all: [Candidate] = []
    for (id, outcome) in input.outcomes where outcome == .reachable {
      let row = centred(Int(id))
      var distance: Double?
      let size = norm(row)
      if length > 0 {
        let dot = zip(row, untrained).reduce(0) { $0 + $1.0 * $1.1 }
        distance = size > 0 ? 1 - dot / (size * length) : 0
      }
      let raw = (0..<width).reduce(0) {
        $0 + input.values[Int(id) * width + $1] * input.values[Int(id) * width + $1]
      }.squareRoot()
      all.append(Candidate(id: id, distance: distance, norm: raw))
    }
    all.sort { a, b in
      let (left, right) = (a.distance ?? a.norm, b.distance ?? b.norm)
      return left == right ? a.id < b.id : left < right
    }
    return Array(all.prefix(Int((share * Double(all.count)).rounded(.up))))
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let found = try Self.candidates(input)
    let reachable = input.outcomes.count { $0.outcome == .reachable }
    return MetricReport(results: [
      Self.descriptors[0].result(
        input.tokenizer, language: nil, count: found.count, n: reachable),
      Self.descriptors[1].result(
        input.tokenizer, language: nil, value: found.last?.distance, n: reachable,
        reason: found.isEmpty
          ? "no token is reachable" : "no row is known to be untrained; candidates are the shortest rows"),
    ])
  }

  private static let source = "Land and Bartolo 2024, cohere-ai/magikarp"

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "under_trained_candidates", unit: "tokens", direction: .none, estimator: .setUnion, encodeMode: .none,
      definition:
        "the 2 % of the reachable tokens whose embedding rows are closest to the mean of rows that no text uses, or are shortest where there are none; n is the reachable tokens",
      requirements: ["tokenizer", "embedding matrix"], source: source),
    MetricDescriptor(
      "under_trained_distance", unit: "cosine distance", direction: .none, estimator: .setUnion,
      encodeMode: .none, definition: "largest distance among the candidates",
      requirements: ["tokenizer", "embedding matrix"], source: source),
  ]

  /// Rows (1,0) (−1,0) (1,1) and an unused (0,−1): the mean is (¼, 0); the unused row less the mean is (−¼,
  /// −1). Token 1 less the mean is (−5/4, 0): cosine (5/16)/(5/4 · √17/4) = 1/√17, the nearest of the three.
  public static var workedExample: WorkedExample<UndertrainedTokens> {
    WorkedExample(
      UndertrainedTokens(),
      on: Input(
        tokenizer: TokenizerIdentity("example"), rows: 4, width: 2, values: [1, 0, -1, 0, 1, 1, 0, -1],
        outcomes: [(0, .reachable), (1, .reachable), (2, .reachable)], capacity: 3),
      gives: [
        .init("under_trained_candidates", nil, 1),
        .init("under_trained_distance", nil, 1 - 1 / 17.0.squareRoot()),
      ])
  }
}
