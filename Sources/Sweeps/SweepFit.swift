import Metrics
import Studies
import Tokenizers

/// What the cells of a store say together: curves of cost over vocabulary size, a size for each language that levels
/// costs (with its variance tests), and what explains the cost of a language.
package struct SweepFit {
  package private(set) var rows: [ResultRow] = []
  package private(set) var notes: [String] = []

  /// One training setting: what differs within it is the language and the size.
  private struct Setting: Hashable {
    var algorithm: String
    var preTokenizer: String
    var bytes: Int
    var seed: Int

    var label: String {
      var text = "\(algorithm) \(bytes)"
      if preTokenizer != "default" { text += " \(preTokenizer)" }
      if seed != 0 { text += " seed \(seed)" }
      return text
    }
  }

  /// - Parameters:
  ///   - texts: the evaluation texts, for the predictors; nil leaves those out.
  ///   - baseline: the equal size to compare with; nil is the middle one of the plan.
  package init(
    _ export: SweepExport, texts: [(language: String, text: TextLines)]?, baseline: Int?, bootstrap: Bootstrap
  ) throws(ToklabError) {
    var settings: [Setting] = []
    var counts: [Setting: [(language: String, size: Int, count: Int)]] = [:]
    for record in export.records where record.status == "done" {
      let setting = Setting(
        algorithm: record.algorithm, preTokenizer: record.preTokenizer, bytes: record.trainingBytes,
        seed: record.seed)
      guard record.values.allSatisfy({ $0.nullReason == nil }),
        let count = record.values.first(where: { $0.metric == "corpus_token_count" })?.value, count >= 1
      else { continue }
      if counts[setting] == nil { settings.append(setting) }
      counts[setting, default: []].append((record.language, record.size, Int(count)))
    }
    let sizes = export.plan.vocabularySizes
    let equal = baseline ?? sizes[sizes.count / 2]
    for setting in settings {
      let points = counts[setting]!
      var languages: [OptimalVocabulary.Language] = []
      for language in export.plan.languages {
        let own = points.filter { $0.language == language }
        guard own.count >= 2 else {
          if !own.isEmpty { notes.append("\(setting.label), \(language): one size only, no curve") }
          continue
        }
        let curve: SizeCurve
        do throws(ToklabError) { curve = try SizeCurve(fitting: own.map { ($0.size, $0.count) }) } catch {
          notes.append("\(setting.label), \(language): \(error.found)")
          continue
        }
        for (metric, value, unit) in [
          ("size_curve_a", curve.a, "tokens"), ("size_curve_b", curve.b, "exponent"),
          ("size_curve_c", curve.c, "tokens"), ("size_curve_error", curve.maximumRelativeError, "share"),
        ] {
          add(setting, language, metric, value, unit, own.count, "model")
        }
        languages.append(
          .init(label: language, points: own.map { OptimalVocabulary.Point(size: $0.size, count: $0.count) }))
      }
      if languages.count >= 2 { try levelled(setting, languages, sizes, equal, bootstrap) }
      if let texts { try predicted(setting, points, texts, size: sizes.last!) }
    }
  }

  private mutating func add(
    _ setting: Setting, _ language: String?, _ metric: String, _ value: Double, _ unit: String, _ n: Int,
    _ estimator: String
  ) {
    rows.append(
      ResultRow(
        tokenizer: setting.label, language: language, metric: metric, value: value, estimator: estimator,
        unit: unit,
        n: n))
  }

  private mutating func add(_ report: MetricReport, _ setting: Setting, except left: Set<String> = []) {
    for row in report.results where !left.contains(row.metric) {
      rows.append(
        ResultRow(
          tokenizer: setting.label, language: row.language, metric: row.metric, value: row.value?.double,
          low: row.low, high: row.high, estimator: row.estimator.rawValue, unit: row.unit, n: row.n,
          nullReason: row.nullReason))
    }
    for note in report.notes { notes.append("\(setting.label): \(note)") }
  }

  /// Fifty targets between what the cheapest and what the dearest language needs at its largest size.
  private mutating func levelled(
    _ setting: Setting, _ languages: [OptimalVocabulary.Language], _ sizes: [Int], _ equal: Int,
    _ bootstrap: Bootstrap
  ) throws(ToklabError) {
    let least = languages.map { $0.points.map(\.count).min()! }
    let (low, high) = (least.min()!, least.max()!)
    let targets = Array(stride(from: low, through: high, by: max(1, (high - low) / 50)))
    add(
      try OptimalVocabulary(bootstrap: bootstrap).measure(
        .init(
          tokenizer: TokenizerIdentity(setting.label), languages: languages,
          sizes: sizes.first!...sizes.last!,
          targets: targets, baseline: equal)), setting, except: ["size_curve_error"])
  }

  /// The cost at the largest size against what is known of each language's text.
  private mutating func predicted(
    _ setting: Setting, _ points: [(language: String, size: Int, count: Int)],
    _ texts: [(language: String, text: TextLines)], size: Int
  ) throws(ToklabError) {
    let there = texts.filter { text in points.contains { $0.language == text.language && $0.size == size } }
    let metric = PremiumRegression()
    guard there.count >= metric.fewestLanguages else {
      notes.append(
        "\(setting.label): \(there.count) languages with \(size) tokens; predictors need \(metric.fewestLanguages)"
      )
      return
    }
    let profiles = there.map { CharacterProfile($0.text) }
    func predictor(_ name: String, _ value: (CharacterProfile) -> Double?) -> PremiumRegression.Predictor {
      .init(name, profiles.map(value))
    }
    func share(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
    let predictors = [
      predictor("bytes_per_character") { $0.bytesPerCharacter },
      predictor("whitespace_share") { share($0.whitespace, $0.characters) },
      predictor("unique_characters") { Double($0.uniqueCharacters) },
      predictor("character_entropy") { $0.unigramEntropy },
      predictor("character_bigram_entropy") { $0.bigramEntropy },
      predictor("word_length") { share($0.characters - $0.whitespace, $0.words) },
      predictor("text_bytes") { Double($0.bytes) },
    ]
    let response = there.map { text in
      points.first { $0.language == text.language && $0.size == size }.map { Double($0.count) }
    }
    add(
      try metric.measure(
        .init(
          tokenizer: TokenizerIdentity(setting.label), languages: there.map(\.language), response: response,
          predictors: predictors, scripts: there.map { _ in nil })), setting)
  }
}
