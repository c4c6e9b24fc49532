import Metrics

/// The premium report for people: one row a language. A single tokenizer gets all its numbers, several
/// stand side by side with their premiums and tokens per line.
struct PremiumTables {
  let report: MetricReport
  let corpus: ParallelCorpus
  let tokenizers: [String]
  let reference: String

  private let rows: [String: MetricResult]

  init(report: MetricReport, corpus: ParallelCorpus, tokenizers: [String], reference: String) {
    self.report = report
    self.corpus = corpus
    self.tokenizers = tokenizers
    self.reference = reference
    var rows: [String: MetricResult] = [:]
    for row in report.results { rows[Self.key(row.metric, row.language, row.tokenizer)] = row }
    self.rows = rows
  }

  private static func key(_ metric: String, _ language: String?, _ tokenizer: String) -> String {
    "\(metric)\u{0}\(language ?? "")\u{0}\(tokenizer)"
  }

  private func row(_ metric: String, _ language: String?, _ tokenizer: String) -> MetricResult? {
    rows[Self.key(metric, language, tokenizer)]
  }

  private func number(_ metric: String, _ language: String?, _ tokenizer: String, _ decimals: Int) -> String {
    switch row(metric, language, tokenizer)?.value {
    case .count(let count): Numbers.grouped(count)
    case .real(let value): Numbers.fixed(value, decimals)
    case nil: "n/a"
    }
  }

  private func interval(_ metric: String, _ language: String?, _ tokenizer: String, _ decimals: Int) -> String
  {
    guard let row = row(metric, language, tokenizer), let low = row.low, let high = row.high else {
      return ""
    }
    return "\(Numbers.fixed(low, decimals))–\(Numbers.fixed(high, decimals))"
  }

  private var hasNames: Bool { corpus.languages.contains { $0.name != nil } }
  private var hasIntervals: Bool {
    report.results.contains { $0.metric == "premium" && $0.low != nil }
  }

  var tables: [Table] { [tokenizers.count == 1 ? single(tokenizers[0]) : sideBySide()] }

  private func head() -> [Table.Column] {
    [.init("language")] + (hasNames ? [.init("name")] : [])
  }

  private func cells(_ language: String) -> [String] {
    [language] + (hasNames ? [corpus.language(language)?.name ?? ""] : [])
  }

  private func single(_ tokenizer: String) -> Table {
    var columns: [(title: String, cell: (String) -> String)] = [
      ("premium", { number("premium", $0, tokenizer, 3) })
    ]
    if hasIntervals { columns.append(("95 % interval", { interval("premium", $0, tokenizer, 3) })) }
    columns += [
      ("tokens", { number("corpus_token_count", $0, tokenizer, 0) }),
      ("tokens/line", { number("tokens_per_line", $0, tokenizer, 2) }),
      ("bytes/token", { number("bytes_per_token", $0, tokenizer, 3) }),
      ("chars/token", { number("characters_per_token", $0, tokenizer, 3) }),
      (
        "unknown",
        {
          guard let value = row("unknown_rate", $0, tokenizer)?.value else { return "n/a" }
          return value.double == 0 ? "0" : Numbers.fixed(value.double * 100, 2) + " %"
        }
      ),
    ]
    for (metric, title, decimals) in [
      ("cost_equivalent", "cost/M", 3), ("context_equivalent", "context", 0),
      ("characters_in_window", "chars in window", 0),
    ] where report.results.contains(where: { $0.metric == metric }) {
      columns.append((title, { number(metric, $0, tokenizer, decimals) }))
    }
    var table = Table(head() + columns.map { .init($0.title, .right) })
    for language in corpus.listed { table.append(cells(language) + columns.map { $0.cell(language) }) }
    return table
  }

  private func sideBySide() -> Table {
    var columns = head()
    for tokenizer in tokenizers { columns.append(.init("premium \(tokenizer)", .right)) }
    for tokenizer in tokenizers { columns.append(.init("tokens/line \(tokenizer)", .right)) }
    var table = Table(columns)
    for language in corpus.listed {
      table.append(
        cells(language) + tokenizers.map { number("premium", language, $0, 3) }
          + tokenizers.map { number("tokens_per_line", language, $0, 2) })
    }
    return table
  }

  /// What holds for all languages together.
  var summary: [(String, String)] {
    var lines = [
      (
        "lines",
        "\(Numbers.grouped(corpus.lineCount)) in each of \(corpus.listed.count) languages; reference \(reference)"
      )
    ]
    for tokenizer in tokenizers {
      var text = "gini \(number("gini", nil, tokenizer, 4))"
      let spread = interval("gini", nil, tokenizer, 4)
      if !spread.isEmpty { text += " (\(spread))" }
      text += ", largest over smallest tokens per line \(number("max_min_ratio", nil, tokenizer, 2))"
      lines.append((tokenizer, text))
    }
    return lines
  }
}
