import Tokenizers

/// The rows of one kind of measurement on one text, from one result file or several.
struct ResultSet {
  struct Key: Hashable {
    var tokenizer: String
    var language: String?
    init(_ tokenizer: String, _ language: String?) {
      self.tokenizer = tokenizer
      self.language = language
    }
  }

  /// `score.premium`.
  var verb: String
  var id: String
  /// What tells two sets of one verb apart, for their headings.
  var suffix = ""
  var rows: [ResultRow]
  /// In the order of the files.
  private(set) var tokenizers: [String] = []
  private(set) var metrics: [String] = []
  private(set) var languages: [String] = []
  var reference: String?
  var listed: [String: ResultDocument.Language]
  private var byMetric: [String: [Key: ResultRow]] = [:]

  init(
    verb: String, id: String, rows: [ResultRow], listed: [String: ResultDocument.Language], reference: String?
  ) {
    (self.verb, self.id, self.rows, self.listed, self.reference) = (verb, id, rows, listed, reference)
    var seenTokenizers = Set<String>(), seenMetrics = Set<String>(), seenLanguages = Set<String>()
    for row in rows {
      if seenTokenizers.insert(row.tokenizer).inserted { tokenizers.append(row.tokenizer) }
      if seenMetrics.insert(row.metric).inserted { metrics.append(row.metric) }
      // Only rows of texts name languages; scripts, groups and predictors stand in the same column.
      if let language = row.language, row.metric == Self.languageMetric(verb) ?? row.metric,
        seenLanguages.insert(language).inserted
      {
        languages.append(language)
      }
      byMetric[row.metric, default: [:]][Key(row.tokenizer, row.language)] = row
    }
  }

  /// The metric whose rows say which languages a result is about, where not every row does.
  private static func languageMetric(_ verb: String) -> String? {
    ["score.premium": "premium", "score.sweep-fit": "size_curve_a"][verb]
  }

  func cells(of metric: String) -> [Key: ResultRow] { byMetric[metric] ?? [:] }

  /// `Turkish (tur)`, or the label where no name is known.
  func name(of language: String) -> String {
    guard let name = listed[language]?.name else { return language }
    let trimmed = name.drop { $0 == " " }
    return trimmed.isEmpty || trimmed == language ? language : "\(trimmed) (\(language))"
  }

  func script(of language: String) -> String? { listed[language]?.script }

  /// Scripts of the languages, the commonest first.
  var scriptOrder: [String] {
    var counts: [String: Int] = [:]
    for language in languages { if let script = script(of: language) { counts[script, default: 0] += 1 } }
    return counts.keys.sorted { (-counts[$0]!, $0) < (-counts[$1]!, $1) }
  }

  /// `LATIN` as `Latin`; `CJK` stays.
  static func readable(_ script: String) -> String {
    guard script.count > 3, script.allSatisfy({ $0.isUppercase || $0 == "_" }) else { return script }
    return script.prefix(1) + script.dropFirst().lowercased()
  }
}
