/// One part of a report: pictures and tables under a heading.
package struct ReportSection: Sendable {
  /// A picture with the words below it.
  package struct Figure: Sendable {
    package var caption: String
    package var svg: String
  }

  /// Figures of which one is shown at a time, chosen by name: one premium plot a tokenizer.
  package struct Choice: Sendable {
    package var name: String
    package var figure: Figure
  }

  package var id: String
  package var title: String
  package var text: [String] = []
  /// Above the choice, and below it.
  package var leads: [Figure] = []
  package var figures: [Figure] = []
  package var choices: [Choice] = []
  /// What is chosen.
  package var choicesTitle = "Tokenizer"
  package var tables: [ReportTable] = []
  /// Tables that are folded away until asked for.
  package var folded: [ReportTable] = []
  /// Made of escaped text only: coloured splits.
  package var html = ""
  /// What the terminal prints of this section: labels and values of small bar charts.
  package var bars: [ReportBars] = []

  package init(id: String, title: String) {
    self.id = id
    self.title = title
  }
}

/// A small bar chart of a terminal.
package struct ReportBars: Sendable {
  package var title: String
  package var unit: String
  package var rows: [(label: String, value: Double)]

  package init(title: String, unit: String, rows: [(label: String, value: Double)]) {
    (self.title, self.unit, self.rows) = (title, unit, rows)
  }

  /// Lines of label, bar and figure; `width` is the terminal's.
  package func lines(width: Int) -> [String] {
    let label = min(28, rows.map { $0.label.count }.max() ?? 0)
    let figures = rows.map { Figures.readable($0.value) }
    let room = max(8, min(48, width - label - (figures.map(\.count).max() ?? 0) - 4))
    let most = rows.map(\.value).max() ?? 0
    return zip(rows, figures).map { row, figure in
      let name = IntervalPlot.cut(row.label, label)
      let padded = name + String(repeating: " ", count: max(0, label - name.count))
      let eighths = most > 0 ? Int((max(0, row.value) / most * Double(room * 8)).rounded()) : 0
      var bar = String(repeating: "█", count: eighths / 8)
      if eighths % 8 > 0 { bar.append(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]) }
      return "\(padded)  \(bar) \(figure)"
    }
  }
}
