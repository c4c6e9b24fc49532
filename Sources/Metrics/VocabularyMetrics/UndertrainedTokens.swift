/// Tokens whose embedding rows look as if training never moved them.
///
/// After Land and Bartolo 2024 (cohere-ai/magikarp): rows that no token can have moved (ids beyond the
/// vocabulary and tokens that no text produces) show what an untrained row looks like; the distance of every
/// other row to their mean is the indicator, of which there are four. Without such rows only the lengths of the
/// rows are left, and the metric says so. Candidates are the lowest 2 % of the reachable tokens: to be tried on
/// the model, not proven.
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

  /// How far a row is from the mean of the untrained ones.
  public enum Indicator: String, Sendable, Hashable, CaseIterable {
    /// Euclidean, of the rows as they are.
    case euclidean
    /// Cosine, of the rows as they are.
    case cosine
    /// Cosine after the mean of all rows is taken off: what all rows share says nothing.
    case cosineLessMean = "cosine-less-mean"
    /// Cosine after the first principal component of all rows is taken out, the direction that they share most.
    case cosineLessComponent = "cosine-less-component"
  }

  public var indicator: Indicator

  public init(_ indicator: Indicator = .cosineLessMean) { self.indicator = indicator }

  public static let family = "vocabulary"
  static let share = 0.02

  /// The lowest 2 % of the reachable tokens, lowest first; ties by id.
  public func candidates(_ input: Input) throws(ToklabError) -> [Candidate] {
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
    let unused =
      Array(input.capacity..<input.rows)
      + input.outcomes.compactMap {
        if case .unreachable = $0.outcome { Int($0.id) } else { nil }
      }
    let rows = PreparedRows(input, indicator)
    var untrained = [Double](repeating: 0, count: input.width)
    for row in unused { for (column, value) in rows.row(row).enumerated() { untrained[column] += value } }
    if !unused.isEmpty { untrained = untrained.map { $0 / Double(unused.count) } }
    let length = PreparedRows.norm(untrained)
    var all: [Candidate] = []
    for (id, outcome) in input.outcomes where outcome == .reachable {
      let row = rows.row(Int(id))
      var distance: Double?
      if indicator == .euclidean {
        distance = unused.isEmpty ? nil : PreparedRows.norm(zip(row, untrained).map { $0 - $1 })
      } else if length > 0 {
        let dot = zip(row, untrained).reduce(0) { $0 + $1.0 * $1.1 }
        let size = PreparedRows.norm(row)
        distance = size > 0 ? 1 - dot / (size * length) : 0
      }
      all.append(Candidate(id: id, distance: distance, norm: PreparedRows.norm(rows.raw(Int(id)))))
    }
    all.sort { a, b in
      let (left, right) = (a.distance ?? a.norm, b.distance ?? b.norm)
      return left == right ? a.id < b.id : left < right
    }
    return Array(all.prefix(Int((Self.share * Double(all.count)).rounded(.up))))
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let found = try candidates(input)
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
        "the 2 % of the reachable tokens whose embedding rows are closest to the mean of rows that no text uses (by cosine less the mean of all rows, or as asked), or are shortest where there are none; n is the reachable tokens",
      requirements: ["tokenizer", "embedding matrix"], source: source),
    MetricDescriptor(
      "under_trained_distance", unit: "distance", direction: .none, estimator: .setUnion,
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

/// The rows of a matrix as an indicator looks at them.
private struct PreparedRows {
  private let input: UndertrainedTokens.Input
  private var mean: [Double]?
  private var component: [Double]?

  init(_ input: UndertrainedTokens.Input, _ indicator: UndertrainedTokens.Indicator) {
    self.input = input
    switch indicator {
    case .euclidean, .cosine: break
    case .cosineLessMean:
      var sums = [Double](repeating: 0, count: input.width)
      for row in 0..<input.rows {
        for column in 0..<input.width { sums[column] += input.values[row * input.width + column] }
      }
      mean = sums.map { $0 / Double(input.rows) }
    case .cosineLessComponent: component = Self.firstComponent(input)
    }
  }

  static func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  func raw(_ row: Int) -> [Double] { Array(input.values[(row * input.width)..<((row + 1) * input.width)]) }

  func row(_ row: Int) -> [Double] {
    let values = raw(row)
    if let mean { return zip(values, mean).map { $0 - $1 } }
    guard let component else { return values }
    let share = zip(values, component).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(values, component).map { $0 - share * $1 }
  }

  /// The direction in which all rows spread most, less their mean: power iteration from the row that is farthest
  /// from the mean, so that the result is the same every time. Nil where nothing spreads.
  private static func firstComponent(_ input: UndertrainedTokens.Input) -> [Double]? {
    let width = input.width
    var mean = [Double](repeating: 0, count: width)
    for row in 0..<input.rows {
      for column in 0..<width { mean[column] += input.values[row * width + column] }
    }
    for column in 0..<width { mean[column] /= Double(input.rows) }
    func centred(_ row: Int, _ column: Int) -> Double { input.values[row * width + column] - mean[column] }
    var direction = [Double](repeating: 0, count: width)
    var farthest = 0.0
    for row in 0..<input.rows {
      let values = (0..<width).map { centred(row, $0) }
      if norm(values) > farthest { (farthest, direction) = (norm(values), values) }
    }
    guard farthest > 0 else { return nil }
    for _ in 0..<100 {
      let length = norm(direction)
      guard length > 0 else { return nil }
      direction = direction.map { $0 / length }
      var next = [Double](repeating: 0, count: width)
      for row in 0..<input.rows {
        var dot = 0.0
        for column in 0..<width { dot += centred(row, column) * direction[column] }
        for column in 0..<width { next[column] += dot * centred(row, column) }
      }
      let size = norm(next)
      guard size > 0 else { return direction }
      let change = norm(zip(next, direction).map { $0 / size - $1 })
      direction = next
      if change < 1e-10 { break }
    }
    let length = norm(direction)
    return direction.map { $0 / length }
  }
}
