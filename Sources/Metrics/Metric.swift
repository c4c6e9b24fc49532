/// A family of numbers that come out of one pass over one kind of input.
///
/// To add one: a file with a type that conforms, and its name in ``MetricRegistry/families``; the
/// conformance suite then checks it on its worked example.
public protocol Metric: Sendable {
  associatedtype Input: Sendable

  /// The verb of `score` that asks for it: `premium`, `intrinsic`, …
  static var family: String { get }

  /// Everything ``measure(_:)`` may return, in the order of its rows.
  static var descriptors: [MetricDescriptor] { get }

  /// The smallest input whose values can be worked out by hand.
  static var workedExample: WorkedExample<Self> { get }

  /// Rows in a fixed order, the same for any number of threads and any order of lines.
  func measure(_ input: Input) throws(ToklabError) -> MetricReport
}

/// An input with the values it must give: documentation that the tests run.
public struct WorkedExample<M: Metric>: Sendable {
  public struct Value: Sendable {
    public var metric: String
    public var language: String?
    public var tokenizer: String?
    /// Nil when the metric must be null here.
    public var value: Double?

    public init(_ metric: String, _ language: String? = nil, tokenizer: String? = nil, _ value: Double?) {
      self.metric = metric
      self.language = language
      self.tokenizer = tokenizer
      self.value = value
    }
  }

  public var metric: M
  public var input: M.Input
  public var values: [Value]

  public init(_ metric: M, on input: M.Input, gives values: [Value]) {
    self.metric = metric
    self.input = input
    self.values = values
  }
}
