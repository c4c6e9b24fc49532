/// A measured number: counts stay integers, so that nothing is lost and they print without a point.
public enum MetricValue: Sendable, Hashable {
  case count(Int)
  /// Finite: ``MetricDescriptor/result(_:language:value:low:high:n:reason:)`` turns anything else into a null.
  case real(Double)

  public var double: Double {
    switch self {
    case .count(let count): Double(count)
    case .real(let real): real
    }
  }
}

/// How single observations became one number.
public enum Estimator: String, Sendable, Hashable, CaseIterable {
  /// A total over all lines; exact, with no sampling error of its own.
  case sum
  /// A total divided by a total: long lines weigh more.
  case ratioOfSums = "ratio_of_sums"
  /// The mean of one ratio a line or item: every item weighs the same.
  case meanOfRatios = "mean_of_ratios"
  /// One number from one value a language: every language weighs the same.
  case macroLanguages = "macro_languages"
  /// From the set of distinct things seen, not from how often each was seen.
  case setUnion = "set_union"
  /// A closed formula or a fitted model; nothing is averaged.
  case model
}

/// What was handed to the tokenizer in one piece.
public enum EncodeMode: String, Sendable, Hashable, CaseIterable {
  case perLine = "per_line"
  case concatenated
  /// Every word on its own.
  case perWord = "per_word"
  /// Nothing was encoded: the vocabulary itself, or lengths and likelihoods given by the caller.
  case none
}

/// Which tokenizer a result is about.
public struct TokenizerIdentity: Sendable, Hashable {
  /// The label of tables; `baseline:…` for the yardsticks that are no tokenizer of the user's.
  public var name: String
  /// Lower-case hexadecimal; nil for baselines.
  public var sha256: String?

  public init(_ name: String, sha256: String? = nil) {
    self.name = name
    self.sha256 = sha256
  }
}

/// One row of a score table: a number with its uncertainty and everything needed to read it.
///
/// Invariants, held by the only way to make one: `value` is nil exactly when `nullReason` is not;
/// `low` and `high` are both nil or both finite with `low <= high`; nothing is NaN or infinite.
public struct MetricResult: Sendable, Hashable {
  public let tokenizer: String
  public let tokenizerSHA256: String?
  /// Nil for a number about all languages together.
  public let language: String?
  public let metric: String
  public let metricVersion: Int
  public let value: MetricValue?
  /// Ends of the 95 % interval; nil when none was asked for or none exists.
  public let low: Double?
  public let high: Double?
  public let estimator: Estimator
  public let unit: String
  /// The number of observations behind the value: lines, words, types or languages, as the metric says.
  public let n: Int
  public let encodeMode: EncodeMode
  /// Why there is no value.
  public let nullReason: String?

  package init(
    tokenizer: TokenizerIdentity, language: String?, descriptor: MetricDescriptor, value: MetricValue?,
    interval: ClosedRange<Double>?, n: Int, reason: String?
  ) {
    self.tokenizer = tokenizer.name
    self.tokenizerSHA256 = tokenizer.sha256
    self.language = language
    metric = descriptor.name
    metricVersion = descriptor.version
    self.value = value
    low = value == nil ? nil : interval?.lowerBound
    high = value == nil ? nil : interval?.upperBound
    estimator = descriptor.estimator
    unit = descriptor.unit
    self.n = n
    encodeMode = descriptor.encodeMode
    nullReason = value == nil ? (reason ?? "not measurable") : nil
  }

  private init(_ other: MetricResult, tokenizer name: String) {
    tokenizer = name
    tokenizerSHA256 = other.tokenizerSHA256
    language = other.language
    metric = other.metric
    metricVersion = other.metricVersion
    value = other.value
    low = other.low
    high = other.high
    estimator = other.estimator
    unit = other.unit
    n = other.n
    encodeMode = other.encodeMode
    nullReason = other.nullReason
  }

  /// The same row under another tokenizer's name, for baselines of several tokenizers in one table.
  package func renamed(_ name: String) -> MetricResult { MetricResult(self, tokenizer: name) }
}

/// What one measurement gives back.
public struct MetricReport: Sendable, Hashable {
  public var results: [MetricResult]
  /// Sentences for the person who reads the table: what was ignored, what to be careful with.
  public var notes: [String]

  public init(results: [MetricResult] = [], notes: [String] = []) {
    self.results = results
    self.notes = notes
  }

  /// The row of one metric and language, for callers that want a single number.
  public func result(_ metric: String, _ language: String? = nil, tokenizer: String? = nil) -> MetricResult? {
    results.first {
      $0.metric == metric && $0.language == language && (tokenizer == nil || $0.tokenizer == tokenizer)
    }
  }

  public mutating func append(contentsOf other: MetricReport) {
    results += other.results
    for note in other.notes where !notes.contains(note) { notes.append(note) }
  }
}
