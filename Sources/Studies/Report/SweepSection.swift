/// The cells of a sweep: cost by vocabulary size for each algorithm, all languages together and one by one.
enum SweepSection {
  private struct Setting: Hashable {
    var algorithm: String
    var preTokenizer: String
    var bytes: Int

    var label: String {
      "\(algorithm)\(preTokenizer == "default" ? "" : " \(preTokenizer)"), \(Axis.label(Double(bytes) / 1000)) kB"
    }
  }

  static func make(_ cells: [ResultDocument.SweepCell], id: String) -> ReportSection {
    var section = ReportSection(id: id, title: "Cost by vocabulary size")
    let done = cells.filter { $0.status == "done" }
    let languages = unique(cells.map(\.language))
    let settings = unique(
      cells.map { Setting(algorithm: $0.algorithm, preTokenizer: $0.preTokenizer, bytes: $0.trainingBytes) })
    section.text.append(
      "\(Figures.grouped(cells.count)) cells, of which \(Figures.grouped(cells.count - done.count)) are unreachable: their "
        + "text does not fill their size. \(languages.count) languages, seeds averaged.")

    // The seeds of one setting, language and size are averaged.
    struct Place: Hashable {
      var setting: Setting
      var language: String
      var size: Int
    }
    var sums: [Place: (total: Double, count: Int)] = [:]
    for cell in done {
      guard let cost = cell.values["tokens_per_line"] else { continue }
      let setting = Setting(
        algorithm: cell.algorithm, preTokenizer: cell.preTokenizer, bytes: cell.trainingBytes)
      let old = sums[Place(setting: setting, language: cell.language, size: cell.size)] ?? (0, 0)
      sums[Place(setting: setting, language: cell.language, size: cell.size)] = (
        old.total + cost, old.count + 1
      )
    }
    func cost(_ setting: Setting, _ language: String, _ size: Int) -> Double? {
      sums[Place(setting: setting, language: language, size: size)].map { $0.total / Double($0.count) }
    }
    let sizes = Set(cells.map(\.size)).sorted()

    func plot(_ label: String, _ series: [LinePlot.Series], _ caption: String) -> ReportSection.Figure? {
      let drawn = series.filter { !$0.points.isEmpty }
      guard !drawn.isEmpty else { return nil }
      let plot = LinePlot(
        label: label, xTitle: "vocabulary size", yTitle: "tokens a line", series: drawn, isXLogarithmic: true)
      return .init(caption: caption, svg: plot.drawing().inline())
    }

    // Languages that reach every size of a setting, so that a curve is about the same languages all along.
    let means = settings.map { setting in
      let whole = languages.filter { language in
        sizes.allSatisfy { size in
          cost(setting, language, size) != nil || !languages.contains { cost(setting, $0, size) != nil }
        }
      }
      let points = sizes.compactMap { size -> (x: Double, y: Double)? in
        let values = whole.compactMap { cost(setting, $0, size) }
        return values.isEmpty ? nil : (Double(size), values.reduce(0, +) / Double(values.count))
      }
      return LinePlot.Series(name: setting.label, note: "(\(whole.count))", points: points)
    }
    if let figure = plot(
      "Tokens a line by vocabulary size", means,
      "Mean tokens a line over the languages that reach every size any language reaches (their number in brackets). "
        + "Curves over different numbers of languages are about different languages: compare within one, or below."
    ) {
      section.leads.append(figure)
    }
    for language in languages {
      let series = settings.map { setting in
        LinePlot.Series(
          name: setting.label,
          points: sizes.compactMap { size in cost(setting, language, size).map { (Double(size), $0) } })
      }
      if let figure = plot(
        "\(language): tokens a line by vocabulary size", series, "\(language), each algorithm.")
      {
        section.choices.append(.init(name: language, figure: figure))
      }
    }
    section.choicesTitle = "Language"

    var table = ReportTable(
      "Tokens a line",
      [.init("language", isNumber: false), .init("training", isNumber: false)]
        + sizes.map { .init(Figures.grouped($0)) })
    let values = sums.values.map { $0.total / Double($0.count) }
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    for language in languages {
      for setting in settings {
        table.rows.append(
          [.init(language), .init(setting.label)]
            + sizes.map { size in
              guard let value = cost(setting, language, size) else {
                return .init("–", shade: "void", hint: "unreachable")
              }
              return .init(
                Figures.fixed(value, 2), number: value, shade: HeatScale.shade(value, low: low, high: high))
            })
      }
    }
    section.tables.append(table)
    section.folded = [premiums(done, sizes.last ?? 0), unreachable(cells)]
    if let last = sizes.last {
      let rows = settings.compactMap { setting -> (label: String, value: Double)? in
        let values = languages.compactMap { cost(setting, $0, last) }
        let some = values.count < languages.count ? " (\(values.count) of \(languages.count))" : ""
        return values.isEmpty ? nil : (setting.label + some, values.reduce(0, +) / Double(values.count))
      }
      section.bars.append(
        ReportBars(title: "\(Figures.grouped(last)) tokens", unit: "tokens/line, mean", rows: rows))
    }
    return section
  }

  private static func premiums(_ done: [ResultDocument.SweepCell], _ size: Int) -> ReportTable {
    var table = ReportTable(
      "Premiums at \(Figures.grouped(size)) tokens",
      [
        .init("language", isNumber: false), .init("algorithm", isNumber: false), .init("bytes"),
        .init("seed"),
        .init("premium"),
      ])
    for cell in done where cell.size == size {
      guard let premium = cell.values["premium"] else { continue }
      table.rows.append([
        .init(cell.language), .init(cell.algorithm), .number(Double(cell.trainingBytes)),
        .number(Double(cell.seed)),
        .number(premium),
      ])
    }
    return table
  }

  private static func unreachable(_ cells: [ResultDocument.SweepCell]) -> ReportTable {
    var table = ReportTable(
      "Unreachable cells",
      [
        .init("language", isNumber: false), .init("algorithm", isNumber: false), .init("bytes"),
        .init("size"),
        .init("reached"), .init("reason", isNumber: false),
      ])
    for cell in cells where cell.status != "done" {
      table.rows.append([
        .init(cell.language), .init(cell.algorithm), .number(Double(cell.trainingBytes)),
        .number(Double(cell.size)),
        .number(cell.sizeReached.map(Double.init)), .init(cell.reason ?? ""),
      ])
    }
    return table
  }

  private static func unique<T: Hashable>(_ items: [T]) -> [T] {
    var seen = Set<T>()
    return items.filter { seen.insert($0).inserted }
  }
}
