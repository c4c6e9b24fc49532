/// What a metric's number means: one line of `score list`.
public struct MetricDescriptor: Sendable, Hashable {
  /// Which way is better, for marking tables; never used to compute.
  public enum Direction: String, Sendable, Hashable {
    case lowerIsBetter = "lower"
    case higherIsBetter = "higher"
    /// A description; neither way is better as such.
    case none
  }

  /// Snake case; stable for ever.
  public let name: String
  /// Raised whenever the same input gives another number.
  public let version: Int
  public let unit: String
  public let direction: Direction
  public let estimator: Estimator
  public let encodeMode: EncodeMode
  /// The formula in words, with what a null means.
  public let definition: String
  /// What has to be given: a parallel corpus, a lexicon, log-probabilities, …
  public let requirements: [String]
  /// The paper or project that the definition follows.
  public let source: String

  public init(
    _ name: String, version: Int = 1, unit: String, direction: Direction, estimator: Estimator,
    encodeMode: EncodeMode, definition: String, requirements: [String], source: String
  ) {
    self.name = name
    self.version = version
    self.unit = unit
    self.direction = direction
    self.estimator = estimator
    self.encodeMode = encodeMode
    self.definition = definition
    self.requirements = requirements
    self.source = source
  }

  /// A row of this metric. A value that is missing or not finite becomes a null with `reason`; interval
  /// ends that are not finite are left out.
  package func result(
    _ tokenizer: TokenizerIdentity, language: String?, value: Double?,
    interval: ClosedRange<Double>? = nil, n: Int, reason: String? = nil
  ) -> MetricResult {
    var kept: MetricValue?
    if let value, value.isFinite { kept = .real(value) }
    var ends = interval
    if let interval, !(interval.lowerBound.isFinite && interval.upperBound.isFinite) { ends = nil }
    return MetricResult(
      tokenizer: tokenizer, language: language, descriptor: self, value: kept, interval: ends, n: n,
      reason: reason)
  }

  /// A row that holds an exact count.
  package func result(
    _ tokenizer: TokenizerIdentity, language: String?, count: Int, n: Int
  ) -> MetricResult {
    MetricResult(
      tokenizer: tokenizer, language: language, descriptor: self, value: .count(count), interval: nil,
      n: n, reason: nil)
  }

  /// A row that says why there is nothing.
  package func void(
    _ tokenizer: TokenizerIdentity, language: String?, n: Int, _ reason: String
  ) -> MetricResult {
    MetricResult(
      tokenizer: tokenizer, language: language, descriptor: self, value: nil, interval: nil, n: n,
      reason: reason)
  }
}
