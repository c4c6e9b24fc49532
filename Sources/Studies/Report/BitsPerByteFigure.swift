/// Bits per byte of models or methods, wherever a result lists them: members of an ensemble, transplanted models.
enum BitsPerByteFigure {
  private static let column = "bits_per_byte"

  /// Adds a picture for every list of at least two, the document's own figure among them.
  static func add(to section: inout ReportSection, from document: ResultDocument) {
    let facts = document.other.first { $0.caption.isEmpty }
    let own = facts?.rows.first { $0.first?.text == column }?.last?.number
    for table in document.other where !table.caption.isEmpty {
      guard let place = table.columns.firstIndex(where: { $0.title == column }),
        let name = table.columns.firstIndex(where: { !$0.isNumber })
      else { continue }
      var rows: [(label: String, value: Double)] = table.rows.compactMap { row in
        row[place].number.map { (row[name].text, $0) }
      }
      if let own { rows.append((document.verb, own)) }
      guard rows.count > 1 else { continue }
      rows.sort { ($0.value, $0.label) < ($1.value, $1.label) }
      let points = rows.map { row in
        IntervalPlot.Point(
          label: row.label, note: Figures.readable(row.value), series: row.label == document.verb ? 6 : 0,
          value: row.value, low: nil, high: nil, hint: "\(row.label): \(Figures.readable(row.value))")
      }
      let plot = IntervalPlot(label: "bits per byte", unit: "", points: points, legend: [])
      section.figures.append(
        .init(caption: "bits per byte of \(table.caption), less is better", svg: plot.drawing().inline()))
      section.bars.append(ReportBars(title: column, unit: "bits/byte", rows: rows))
    }
  }
}
