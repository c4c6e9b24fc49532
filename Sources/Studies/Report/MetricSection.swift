import Metrics

/// Any other score: a plot a key metric, a table of all metrics that are one number a tokenizer, and a table a metric
/// of those that have a number a language.
enum MetricSection {
  /// The metrics of each verb that deserve a picture, in the order of reading.
  private static let keyMetrics: [String: [String]] = [
    "score.intrinsic": [
      "bytes_per_token", "fertility", "continued_words", "renyi_efficiency", "vocabulary_utilisation",
    ],
    "score.integrity": ["lexical_pct", "pure_pct", "strict_lexical_pct", "strict_pure_pct"],
    "score.capacity": [
      "information_capacity", "tokenizer_capacity", "bits_per_byte", "tokenizer_bits_per_token",
    ],
    "score.morphology": ["boundary_f1", "segment_f1", "morphscore_recall"],
    "score.robustness": ["token_change_swap", "token_change_uppercase", "token_change_nfd"],
    "score.code": ["code_bytes_per_token", "code_alignment", "indentation_correlation"],
    "score.compare": ["token_difference"], "score.parity": ["information_parity"],
    "score.vocabulary": ["vocabulary_token_length", "vocabulary_word_initial"],
    "score.byte-premium": ["byte_premium"],
    "score.sweep-fit": ["optimal_variance_ratio", "optimal_vocabulary_size", "size_curve_b"],
  ]

  /// Of numbers that are no metrics of the registry.
  private static let definitions = [
    "size_curve_b":
      "how fast the cost falls with the vocabulary size V, in tokens = a·V^(−b) + c fitted to each language"
  ]

  private static let titles = [
    "score.intrinsic": "How the text is cut", "score.integrity": "Tokens that are words and morphemes",
    "score.capacity": "Information capacity and bits per byte", "score.morphology": "Morpheme boundaries",
    "score.robustness": "Changed text", "score.code": "Source code", "score.compare": "Against a baseline",
    "score.parity": "Information parity", "score.vocabulary": "The vocabulary",
    "score.optimal-vocab": "Vocabulary sizes", "score.predictors": "What explains the cost",
    "score.byte-premium": "Byte premiums", "score.bias": "Bias of information capacity",
    "score.sweep-fit": "Fitted curves, levelling sizes, predictors",
  ]

  static func make(_ set: ResultSet) -> ReportSection {
    let title = titles[set.verb] ?? set.verb.replacing("score.", with: "")
    var section = ReportSection(id: set.id, title: title + set.suffix)
    if set.verb == "score.vocabulary", let figure = scripts(set) { section.figures.append(figure) }
    for metric in keyMetrics[set.verb] ?? set.metrics.prefix(2).map({ $0 }) { plot(metric, set, &section) }
    let table = overview(set)
    if !table.rows.isEmpty { section.tables.append(table) }
    let perLanguage = set.languageTables(excluding: [])
    let keys = Set((keyMetrics[set.verb] ?? []).prefix(2))
    section.tables += perLanguage.filter { keys.contains($0.caption) }
    section.folded = perLanguage.filter { !keys.contains($0.caption) }
    return section
  }

  /// One number a tokenizer: a point each. A number a language: a choice a tokenizer where there are few.
  private static func plot(_ metric: String, _ set: ResultSet, _ section: inout ReportSection) {
    let cells = set.cells(of: metric)
    guard !cells.isEmpty else { return }
    let descriptor = MetricRegistry.descriptor(named: metric)
    let unit = descriptor?.unit ?? cells.values.first?.unit ?? ""
    let languages = set.languages.filter { language in
      set.tokenizers.contains { cells[.init($0, language)] != nil }
    }
    func hint(_ row: ResultRow, _ name: String) -> String {
      var text = "\(name): \(Figures.readable(row.value!))"
      if let low = row.low, let high = row.high {
        text += " (\(Figures.readable(low)) to \(Figures.readable(high)))"
      }
      return text
    }
    var points: [IntervalPlot.Point] = []
    var legend: [String] = []
    if languages.count <= 1 {
      let language = languages.first
      var rows = set.tokenizers.compactMap { cells[.init($0, nil)] ?? cells[.init($0, language)] }
        .filter { $0.value != nil }
      let upward = descriptor?.direction == .higherIsBetter
      rows.sort {
        ((upward ? -$0.value! : $0.value!), $0.tokenizer) < ((upward ? -$1.value! : $1.value!), $1.tokenizer)
      }
      points = rows.map {
        .init(
          label: $0.tokenizer, note: Figures.readable($0.value!),
          series: $0.tokenizer.hasPrefix("baseline:") ? 6 : 0,
          value: $0.value!, low: $0.low, high: $0.high, hint: hint($0, $0.tokenizer))
      }
      if points.count > 1 {
        section.bars.append(
          ReportBars(
            title: metric, unit: unit, rows: rows.map { ($0.tokenizer, $0.value!) }))
      }
    } else {
      guard languages.count * set.tokenizers.count <= 60 else { return }
      legend = set.tokenizers.count <= Drawing.seriesCount ? set.tokenizers : []
      for language in languages {
        var isFirst = true
        for (series, tokenizer) in set.tokenizers.enumerated() {
          guard let row = cells[.init(tokenizer, language)], row.value != nil else { continue }
          points.append(
            .init(
              label: isFirst ? set.name(of: language) : "", note: "", series: series,
              value: row.value!, low: row.low, high: row.high,
              hint: hint(row, "\(set.name(of: language)), \(tokenizer)")))
          isFirst = false
        }
      }
    }
    guard points.count > 1 else { return }
    let plot = IntervalPlot(
      label: "\(metric) in \(unit)", unit: "", points: points, legend: legend)
    var caption = "\(metric) (\(unit))"
    if let own = Self.definitions[metric] { caption += ": \(own)." }
    if let descriptor {
      switch descriptor.direction {
      case .higherIsBetter: caption += ", more is better"
      case .lowerIsBetter: caption += ", less is better"
      case .none: break
      }
      caption += ": \(descriptor.definition)."
    }
    section.figures.append(.init(caption: caption, svg: plot.drawing().inline()))
  }

  /// Metrics that are one number a tokenizer.
  private static func overview(_ set: ResultSet) -> ReportTable {
    let single = set.languages.count <= 1 ? set.languages.first : nil
    var table = ReportTable(
      "One number a tokenizer",
      [.init("metric", isNumber: false), .init("unit", isNumber: false)]
        + set.tokenizers.map { .init($0) })
    for metric in set.metrics {
      let cells = set.cells(of: metric)
      let rows = set.tokenizers.map { tokenizer in
        cells[.init(tokenizer, nil)] ?? single.flatMap { cells[.init(tokenizer, $0)] }
      }
      guard rows.contains(where: { $0 != nil }) else { continue }
      table.rows.append(
        [
          .init(metric, hint: MetricRegistry.descriptor(named: metric)?.definition),
          .init(rows.compactMap { $0 }.first?.unit ?? ""),
        ]
          + rows.map { row in
            let ends = row.flatMap { row in
              row.low.map { "\(Figures.readable($0)) to \(Figures.readable(row.high ?? $0))" }
            }
            return .number(row?.value, hint: row?.nullReason ?? ends)
          })
    }
    return table
  }

  private static func scripts(_ set: ResultSet) -> ReportSection.Figure? {
    let cells = set.cells(of: "vocabulary_script_share")
    guard !cells.isEmpty else { return nil }
    var totals: [String: Double] = [:]
    for (key, row) in cells { totals[key.language ?? "", default: 0] += row.value ?? 0 }
    let order = totals.keys.sorted { (-totals[$0]!, $0) < (-totals[$1]!, $1) }
    let kept = Array(order.prefix(7))
    let bars = set.tokenizers.map { tokenizer in
      var shares = kept.map { cells[.init(tokenizer, $0)]?.value ?? 0 }
      if order.count > kept.count { shares.append(max(0, 1 - shares.reduce(0, +))) }
      return ShareBars.Bar(name: tokenizer, shares: shares)
    }
    let plot = ShareBars(
      label: "Scripts of the vocabularies", parts: kept + (order.count > kept.count ? ["others"] : []),
      bars: bars)
    return .init(
      caption: "Share of the vocabulary by the script of its tokens.", svg: plot.drawing().inline())
  }
}

extension ResultSet {
  /// A table of language and tokenizer for every metric that has numbers by language.
  func languageTables(excluding: Set<String>) -> [ReportTable] {
    guard languages.count > 1 else { return [] }
    var tables: [ReportTable] = []
    for metric in metrics where !excluding.contains(metric) {
      let cells = cells(of: metric)
      var labels: [String] = []
      var seen = Set<String>()
      for row in rows where row.metric == metric {
        if let language = row.language, seen.insert(language).inserted { labels.append(language) }
      }
      guard labels.count > 1 else { continue }
      let values = cells.values.filter { $0.language != nil }.compactMap(\.value)
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      let columns = tokenizers.filter { tokenizer in labels.contains { cells[.init(tokenizer, $0)] != nil } }
      var table = ReportTable(
        metric,
        [.init("", isNumber: false, hint: MetricRegistry.descriptor(named: metric)?.definition)]
          + columns.map { .init($0) })
      for label in labels {
        table.rows.append(
          [.init(name(of: label), hint: label)]
            + columns.map { tokenizer in
              guard let row = cells[.init(tokenizer, label)] else { return .init("") }
              guard let value = row.value else { return .init("–", shade: "void", hint: row.nullReason) }
              let ends = row.low.map { "\(Figures.readable($0)) to \(Figures.readable(row.high ?? $0))" }
              return .init(
                Figures.readable(value), number: value, shade: HeatScale.shade(value, low: low, high: high),
                hint: ends)
            })
      }
      tables.append(table)
    }
    return tables
  }
}
