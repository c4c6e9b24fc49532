/// What `inspect` knows of vocabularies: token lengths and scripts.
enum VocabularySection {
  static func make(_ vocabularies: [ResultDocument.Vocabulary]) -> ReportSection {
    var section = ReportSection(id: "vocabularies", title: "Vocabularies")
    // Nearly all tokens are shorter; the long tail is one step.
    let longest = 24
    let series = vocabularies.map { vocabulary in
      var counts = [Int](repeating: 0, count: longest + 1)
      for (length, tokens) in vocabulary.lengths { counts[min(length, longest)] += tokens }
      let total = Double(max(1, counts.reduce(0, +)))
      return LinePlot.Series(
        name: vocabulary.tokenizer, note: Figures.grouped(vocabulary.size),
        points: counts.indices.dropFirst().map { (Double($0), Double(counts[$0]) / total) })
    }
    if !series.isEmpty {
      let plot = LinePlot(
        label: "Token lengths", xTitle: "bytes a token (24: 24 and more)", yTitle: "share of the vocabulary",
        series: series, axisText: { $0 < 1 && $0 > 0 ? "\(Figures.fixed($0 * 100, 0)) %" : Axis.label($0) })
      section.figures.append(
        .init(
          caption: "How long tokens are, in bytes; the number is the size of the vocabulary.",
          svg: plot.drawing().inline()))
    }
    var totals: [String: Double] = [:]
    for vocabulary in vocabularies {
      let sum = Double(max(1, vocabulary.scripts.reduce(0) { $0 + $1.tokens }))
      for (script, tokens) in vocabulary.scripts { totals[script, default: 0] += Double(tokens) / sum }
    }
    let order = totals.keys.sorted { (-totals[$0]!, $0) < (-totals[$1]!, $1) }
    let kept = Array(order.prefix(7))
    let bars = vocabularies.map { vocabulary in
      let sum = Double(max(1, vocabulary.scripts.reduce(0) { $0 + $1.tokens }))
      var shares = kept.map { script in
        Double(vocabulary.scripts.first { $0.script == script }?.tokens ?? 0) / sum
      }
      if order.count > kept.count { shares.append(max(0, 1 - shares.reduce(0, +))) }
      return ShareBars.Bar(name: vocabulary.tokenizer, shares: shares)
    }
    if !kept.isEmpty {
      let parts = kept + (order.count > kept.count ? ["others"] : [])
      section.figures.append(
        .init(
          caption: "Scripts of the vocabulary's tokens.",
          svg: ShareBars(label: "Scripts of the vocabularies", parts: parts, bars: bars).drawing().inline()))
    }
    var table = ReportTable(
      "Vocabularies",
      [
        .init("tokenizer", isNumber: false), .init("tokens"), .init("mean length, bytes"),
        .init("longest, bytes"),
      ])
    for vocabulary in vocabularies {
      let tokens = vocabulary.lengths.reduce(0) { $0 + $1.tokens }
      let bytes = vocabulary.lengths.reduce(0.0) { $0 + Double($1.length) * Double($1.tokens) }
      table.rows.append([
        .init(vocabulary.tokenizer), .number(Double(vocabulary.size)),
        .number(tokens > 0 ? bytes / Double(tokens) : nil),
        .number(vocabulary.lengths.map(\.length).max().map(Double.init)),
      ])
    }
    section.tables.append(table)
    section.bars.append(
      ReportBars(
        title: "vocabulary", unit: "tokens", rows: vocabularies.map { ($0.tokenizer, Double($0.size)) }))
    return section
  }
}
