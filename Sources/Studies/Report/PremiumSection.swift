import Metrics

/// The premium of every language: intervals, Lorenz curves, heat map.
enum PremiumSection {
  static func make(_ set: ResultSet) -> ReportSection {
    var section = ReportSection(id: set.id, title: "What a language costs" + set.suffix)
    let cells = set.cells(of: "premium")
    let tokenizers = set.tokenizers.filter { name in set.languages.contains { cells[.init(name, $0)] != nil }
    }
    let means = Dictionary(
      uniqueKeysWithValues: set.languages.map { language in
        let values = tokenizers.compactMap { cells[.init($0, language)]?.value }
        return (language, values.isEmpty ? nil : values.reduce(0, +) / Double(values.count))
      })
    let order = set.languages.sorted {
      (means[$0]! ?? .infinity, $0) < (means[$1]! ?? .infinity, $1)
    }
    section.text.append(
      "A premium of 2 means twice the tokens of \(set.name(of: set.reference ?? "the reference language")) for the "
        + "same content. It depends on the reference too, so tokens per line stand beside it in the tables.")
    intervals(set, tokenizers, cells, &section)
    lorenz(set, tokenizers, &section)
    if !set.languages.isEmpty { section.tables.append(heatMap(set, tokenizers, order, cells)) }
    section.tables.insert(contentsOf: details(set, tokenizers, order), at: 0)
    section.folded = set.languageTables(excluding: ["premium", "lorenz_share"])
    return section
  }

  private static func intervals(
    _ set: ResultSet, _ tokenizers: [String], _ cells: [ResultSet.Key: ResultRow],
    _ section: inout ReportSection
  ) {
    let scripts = set.scriptOrder
    let legend =
      scripts.isEmpty ? [] : Array(scripts.prefix(7)) + (scripts.count > 7 ? ["other scripts"] : [])
    for tokenizer in tokenizers {
      let rows = set.languages.compactMap { language in cells[.init(tokenizer, language)] }
      let known = rows.filter { $0.value != nil }.sorted {
        ($0.value!, $0.language!) < ($1.value!, $1.language!)
      }
      guard known.count > 1 else { continue }
      let points = known.map { row in
        let script = set.script(of: row.language!)
        let series = script.flatMap { scripts.firstIndex(of: $0) }.map { min($0, 7) } ?? 7
        var hint = "\(set.name(of: row.language!)), \(tokenizer): \(Figures.fixed(row.value!, 3))"
        if let low = row.low, let high = row.high {
          hint += " (\(Figures.fixed(low, 3)) to \(Figures.fixed(high, 3)))"
        }
        return IntervalPlot.Point(
          label: set.name(of: row.language!), note: script.map(ResultSet.readable) ?? "",
          series: scripts.isEmpty ? 0 : series,
          value: row.value!, low: row.low, high: row.high, hint: hint)
      }
      let plot = IntervalPlot(
        label: "Token premium of \(known.count) languages with \(tokenizer)", unit: "", points: points,
        legend: legend.map(ResultSet.readable), isLogarithmic: true, mark: 1)
      let missing = rows.count - known.count
      var caption =
        "Premium per language, lowest first, with 95 % intervals where they were computed; logarithmic scale."
      if missing > 0 {
        caption += " \(missing) languages have no premium: more than 10 % of their tokens are unknown."
      }
      section.choices.append(
        .init(name: tokenizer, figure: .init(caption: caption, svg: plot.drawing().inline())))
      // One tokenizer or two: their languages; more: what they need on average.
      if tokenizers.count <= 2 {
        let rows = shown(known)
        let which = rows.count < known.count ? ": lowest, middle and highest of \(known.count)" : ""
        section.bars.append(
          ReportBars(
            title: "premium, \(tokenizer)\(which)", unit: "ratio",
            rows: rows.map { (set.name(of: $0.language!), $0.value!) }))
      }
    }
    guard tokenizers.count > 2 else { return }
    let means = tokenizers.compactMap { tokenizer -> (String, Double)? in
      let values = set.languages.compactMap { cells[.init(tokenizer, $0)]?.value }
      let missing = values.count < set.languages.count ? " (\(values.count) of \(set.languages.count))" : ""
      return values.isEmpty ? nil : (tokenizer + missing, values.reduce(0, +) / Double(values.count))
    }
    section.bars.append(
      ReportBars(
        title: "mean premium", unit: "ratio",
        rows: means.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { (label: $0.0, value: $0.1) }))
  }

  /// The cheapest, the middle and the dearest: what fits a screen.
  private static func shown(_ rows: [ResultRow]) -> [ResultRow] {
    guard rows.count > 12 else { return rows }
    let middle = rows.count / 2
    return Array(rows[..<4] + rows[(middle - 1)...(middle + 1)] + rows[(rows.count - 5)...])
  }

  private static func lorenz(_ set: ResultSet, _ tokenizers: [String], _ section: inout ReportSection) {
    let costs = set.cells(of: "tokens_per_line")
    var series: [(gini: Double, line: LinePlot.Series)] = []
    for tokenizer in tokenizers {
      let values = set.languages.compactMap { costs[.init(tokenizer, $0)]?.value }.sorted()
      let total = values.reduce(0, +)
      guard values.count > 1, total > 0 else { continue }
      var sum = 0.0
      var points = [(x: 0.0, y: 0.0)]
      for (index, value) in values.enumerated() {
        sum += value
        points.append((Double(index + 1) / Double(values.count), sum / total))
      }
      let gini = set.cells(of: "gini")[.init(tokenizer, nil)]?.value
      series.append(
        (gini ?? 0, .init(name: tokenizer, note: gini.map { Figures.fixed($0, 3) } ?? "", points: points)))
    }
    guard !series.isEmpty else { return }
    series.sort { ($0.gini, $0.line.name) < ($1.gini, $1.line.name) }
    let plot = LinePlot(
      label: "Lorenz curves of tokens per line over languages", xTitle: "share of languages, cheapest first",
      yTitle: "share of tokens", series: series.map(\.line), hasMarks: false, diagonal: (0...1, 0...1),
      isSquare: true, axisText: { "\(Int(($0 * 100).rounded())) %" })
    section.figures.append(
      .init(
        caption:
          "Lorenz curve: how unevenly tokens per line lie over languages. On the dashed line all languages "
          + "cost the same; the number is the Gini coefficient.",
        svg: plot.drawing().inline()))
    if series.count > 1 {
      section.bars.insert(
        ReportBars(title: "gini", unit: "coefficient", rows: series.map { ($0.line.name, $0.gini) }), at: 0)
    }
  }

  private static func heatMap(
    _ set: ResultSet, _ tokenizers: [String], _ order: [String], _ cells: [ResultSet.Key: ResultRow]
  ) -> ReportTable {
    var columns: [ReportTable.Column] = [.init("language", isNumber: false)]
    if !set.scriptOrder.isEmpty { columns.append(.init("script", isNumber: false)) }
    columns += tokenizers.map { .init($0, hint: "premium with \($0)") }
    var table = ReportTable("Premium by language and tokenizer; click a heading to sort", columns)
    let values = cells.values.compactMap(\.value).filter { $0 > 0 }
    let (low, high) = (Log.two(max(0.5, values.min() ?? 1)), Log.two(max(2, values.max() ?? 2)))
    for language in order {
      var row: [ReportTable.Cell] = [.init(set.name(of: language), hint: language)]
      if !set.scriptOrder.isEmpty {
        row.append(.init(set.script(of: language).map(ResultSet.readable) ?? ""))
      }
      for tokenizer in tokenizers {
        guard let cell = cells[.init(tokenizer, language)] else {
          row.append(.init(""))
          continue
        }
        guard let value = cell.value else {
          row.append(.init("–", shade: "void", hint: cell.nullReason))
          continue
        }
        var hint: String?
        if let low = cell.low, let high = cell.high {
          hint = "\(Figures.fixed(low, 3)) to \(Figures.fixed(high, 3))"
        }
        row.append(
          .init(
            Figures.fixed(value, 2), number: value,
            shade: HeatScale.shade(Log.two(max(0.01, value)), low: low, high: high), hint: hint))
      }
      table.rows.append(row)
    }
    return table
  }

  /// What is one number a tokenizer.
  private static func details(_ set: ResultSet, _ tokenizers: [String], _ order: [String]) -> [ReportTable] {
    var table = ReportTable(
      "All languages together",
      [.init("tokenizer", isNumber: false)]
        + ["gini", "max_min_ratio"].map { .init($0, hint: MetricRegistry.descriptor(named: $0)?.definition) }
        + [.init("mean premium"), .init("median premium"), .init("languages with a premium")])
    let cells = set.cells(of: "premium")
    for tokenizer in tokenizers {
      let values = order.compactMap { cells[.init(tokenizer, $0)]?.value }.sorted()
      guard !values.isEmpty else { continue }
      let middle = values.count / 2
      let median = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
      table.rows.append(
        [.init(tokenizer)]
          + ["gini", "max_min_ratio"].map { metric in
            let row = set.cells(of: metric)[.init(tokenizer, nil)]
            return .number(
              row?.value, hint: row?.low.map { "\(Figures.readable($0)) to \(Figures.readable(row!.high!))" })
          } + [
            .number(values.reduce(0, +) / Double(values.count)), .number(median),
            .number(Double(values.count)),
          ])
    }
    return [table]
  }
}
