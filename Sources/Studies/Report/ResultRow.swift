/// One row of a `score` result as a report reads it back: a number, its interval, and what it is about.
package struct ResultRow: Sendable, Hashable {
  package var tokenizer: String
  package var tokenizerSHA256: String?
  /// Nil for a number about all languages together; for some metrics a script, a group or a model stands here.
  package var language: String?
  package var metric: String
  package var metricVersion: Int
  package var value: Double?
  package var low: Double?
  package var high: Double?
  package var estimator: String
  package var unit: String
  package var n: Int
  package var encodeMode: String
  package var nullReason: String?
  package var specialTokens: String
  package var normalization: String
  package var corpusSHA256: String?
  package var seed: UInt64

  package init(
    tokenizer: String, tokenizerSHA256: String? = nil, language: String?, metric: String,
    metricVersion: Int = 1,
    value: Double?, low: Double? = nil, high: Double? = nil, estimator: String, unit: String, n: Int,
    encodeMode: String = "per_line", nullReason: String? = nil, specialTokens: String = "excluded",
    normalization: String = "none", corpusSHA256: String? = nil, seed: UInt64 = 0
  ) {
    (self.tokenizer, self.tokenizerSHA256, self.language) = (tokenizer, tokenizerSHA256, language)
    (self.metric, self.metricVersion, self.value, self.low) = (metric, metricVersion, value, low)
    (self.high, self.estimator, self.unit, self.n) = (high, estimator, unit, n)
    (self.encodeMode, self.nullReason, self.specialTokens) = (encodeMode, nullReason, specialTokens)
    (self.normalization, self.corpusSHA256, self.seed) = (normalization, corpusSHA256, seed)
  }

  /// The columns of `score … --csv`, in its order.
  static let csvHeader = [
    "tokenizer", "tokenizer_sha256", "language", "metric", "metric_version", "value", "low", "high",
    "estimator", "unit", "n", "encode_mode", "null_reason", "special_tokens", "normalization",
    "corpus_sha256", "seed",
  ]

  package static func csv(_ rows: [ResultRow]) -> String {
    var out = csvHeader.joined(separator: ",") + "\n"
    for row in rows { out += row.csvCells.map(Markup.csv).joined(separator: ",") + "\n" }
    return out
  }

  private var csvCells: [String] {
    [
      tokenizer, tokenizerSHA256 ?? "", language ?? "", metric, String(metricVersion),
      value.map(Figures.shortest) ?? "", low.map(Figures.shortest) ?? "", high.map(Figures.shortest) ?? "",
      estimator, unit, String(n), encodeMode, nullReason ?? "", specialTokens, normalization,
      corpusSHA256 ?? "", String(seed),
    ]
  }
}
