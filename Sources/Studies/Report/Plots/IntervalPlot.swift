/// Points with their 95 % intervals, one line a row: a premium per language, or a metric per tokenizer.
package struct IntervalPlot {
  package struct Point {
    /// Empty for a further series on the line of the point before it.
    var label: String
    /// Printed small at the right end of the line; tells what colour tells.
    var note: String
    var series: Int
    var value: Double
    var low: Double?
    var high: Double?
    var hint: String
  }

  var label: String
  var unit: String
  var points: [Point]
  /// Names of the series, in order; none draws no legend.
  var legend: [String] = []
  var isLogarithmic = false
  /// A value worth a dashed line, such as the premium 1.
  var mark: Double?

  func drawing() -> Drawing {
    // The line of each point, counted from 0.
    var lines: [Int] = []
    for point in points { lines.append((lines.last ?? -1) + (point.label.isEmpty ? 0 : 1)) }
    let count = (lines.last ?? -1) + 1
    let isShared = count < points.count
    let step = isShared ? 14.0 + 4 * Double(legend.count) : count > 40 ? 15.0 : 19.0
    let left = min(250, 14 + 6.3 * Double(points.map { $0.label.count }.max() ?? 10))
    let right = points.allSatisfy { $0.note.isEmpty } ? 24.0 : 104.0
    let width = 860.0
    let top = legend.isEmpty ? 34.0 : 34.0 + 18 * Double(legendRows(width).count)
    let bottom = top + step * Double(count)
    var drawing = Drawing(width: width, height: bottom + 26, label: label)
    let ends =
      points.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] } + (mark.map { [$0] } ?? [])
    let axis = Axis(ends, logarithmic: isLogarithmic, from: left, to: width - right)
    var y = 14.0
    for row in legendRows(width) {
      var x = 8.0
      for series in row {
        drawing.mark(x + 5, y - 4, series: series, hint: nil)
        drawing.text(x + 14, y, legend[series])
        x += Self.legendWidth(legend[series])
      }
      y += 18
    }
    for index in 0..<count where index % 2 == 1 {
      drawing.box(0, top + step * Double(index), width, step, css: "band")
    }
    for tick in axis.ticks {
      let x = axis.place(tick)
      drawing.line(x, top - 4, x, bottom, css: "grid")
      drawing.text(x, top - 9, Axis.label(tick), .middle, css: "small")
      drawing.text(x, bottom + 13, Axis.label(tick), .middle, css: "small")
    }
    drawing.text(width - right + 6, top - 9, unit, css: "small")
    if let mark { drawing.line(axis.place(mark), top - 4, axis.place(mark), bottom, css: "one") }
    for (index, point) in points.enumerated() {
      let middle = top + step * (Double(lines[index]) + 0.5)
      let offset = isShared ? 4 * (Double(point.series) - Double(legend.count - 1) / 2) : 0
      let y = middle + offset
      drawing.text(
        left - 8, middle + 3.7, Self.cut(point.label, 38), .end,
        hint: point.label.count > 38 ? point.label : nil)
      drawing.mark(
        axis.place(point.value), y, series: point.series, from: point.low.map(axis.place),
        to: point.high.map(axis.place), hint: point.hint)
      if !point.note.isEmpty { drawing.text(width - right + 6, middle + 3.7, point.note, css: "small") }
    }
    return drawing
  }

  private static func legendWidth(_ name: String) -> Double { 34 + 6.3 * Double(name.count) }

  private func legendRows(_ width: Double) -> [[Int]] {
    var rows: [[Int]] = []
    var x = 0.0
    for index in legend.indices {
      let wide = Self.legendWidth(legend[index])
      if rows.isEmpty || x + wide > width - 16 {
        rows.append([])
        x = 0
      }
      rows[rows.count - 1].append(index)
      x += wide
    }
    return rows
  }

  static func cut(_ text: String, _ length: Int) -> String {
    text.count <= length ? text : text.prefix(length - 1) + "…"
  }
}
