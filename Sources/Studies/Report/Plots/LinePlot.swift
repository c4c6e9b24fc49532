/// Curves over a common axis, each named at its end: Lorenz curves, costs by vocabulary size, token lengths.
package struct LinePlot {
  package struct Series {
    package var name: String
    /// Shown beside the name in the legend.
    package var note: String
    package var points: [(x: Double, y: Double)]

    package init(name: String, note: String = "", points: [(x: Double, y: Double)]) {
      self.name = name
      self.note = note
      self.points = points
    }
  }

  var label: String
  var xTitle: String
  var yTitle: String
  var series: [Series]
  var isXLogarithmic = false
  var isYLogarithmic = false
  /// Marks at the points, with hover values.
  var hasMarks = true
  /// A straight line from corner to corner, in data: the Lorenz curve of equality.
  var diagonal: (x: ClosedRange<Double>, y: ClosedRange<Double>)?
  var isSquare = false
  /// Axis texts of values; shares are read better as per cent.
  var axisText: (Double) -> String = Axis.label

  func drawing() -> Drawing {
    let (left, top) = (58.0, 12.0)
    let (plotWidth, plotHeight) = isSquare ? (420.0, 420.0) : (600.0, 320.0)
    let width = left + plotWidth + 240
    var drawing = Drawing(
      width: width, height: max(top + plotHeight + 44, 40 + 19 * Double(series.count)), label: label)
    let xs =
      series.flatMap { $0.points.map(\.x) } + (diagonal.map { [$0.x.lowerBound, $0.x.upperBound] } ?? [])
    let ys =
      series.flatMap { $0.points.map(\.y) } + (diagonal.map { [$0.y.lowerBound, $0.y.upperBound] } ?? [])
    let xAxis = Axis(
      xs, logarithmic: isXLogarithmic, from: left, to: left + plotWidth, includesZero: diagonal != nil)
    let yAxis = Axis(
      ys, logarithmic: isYLogarithmic, from: top + plotHeight, to: top,
      includesZero: !isYLogarithmic && !hasMarks)
    // The sizes that were measured are better marks than round numbers.
    let sizes = Array(Set(xs)).sorted()
    for tick in isXLogarithmic && sizes.count <= 8 ? sizes : xAxis.ticks {
      let x = xAxis.place(tick)
      drawing.line(x, top, x, top + plotHeight, css: "grid")
      drawing.text(x, top + plotHeight + 15, axisText(tick), .middle, css: "small")
    }
    for tick in yAxis.ticks {
      let y = yAxis.place(tick)
      drawing.line(left, y, left + plotWidth, y, css: "grid")
      drawing.text(left - 6, y + 3.5, axisText(tick), .end, css: "small")
    }
    drawing.text(left + plotWidth / 2, top + plotHeight + 35, xTitle, .middle)
    drawing.text(14, top + plotHeight / 2, yTitle, .middle, turned: -90)
    if let diagonal {
      drawing.line(
        xAxis.place(diagonal.x.lowerBound), yAxis.place(diagonal.y.lowerBound),
        xAxis.place(diagonal.x.upperBound), yAxis.place(diagonal.y.upperBound), css: "one")
    }
    for (index, one) in series.enumerated() {
      let points = one.points.map { (xAxis.place($0.x), yAxis.place($0.y)) }
      drawing.curve(points, series: index, hint: one.note.isEmpty ? one.name : "\(one.name): \(one.note)")
      if hasMarks {
        for (place, value) in zip(points, one.points) {
          drawing.mark(
            place.0, place.1, series: index,
            hint: "\(one.name), \(axisText(value.x)): \(Figures.readable(value.y))")
        }
      }
      let y = top + 14 + 19 * Double(index)
      let x = left + plotWidth + 16
      drawing.curve([(x, y - 4), (x + 24, y - 4)], series: index)
      if hasMarks { drawing.mark(x + 12, y - 4, series: index, hint: nil) }
      let room = one.note.isEmpty ? 30 : 30 - one.note.count
      drawing.text(
        x + 30, y, IntervalPlot.cut(one.name, room) + (one.note.isEmpty ? "" : "  \(one.note)"),
        hint: one.name)
    }
    return drawing
  }
}
