/// Bars of parts that add up to one, a bar a tokenizer: the scripts of its vocabulary.
struct ShareBars {
  struct Bar {
    var name: String
    /// Shares in the order of ``parts``.
    var shares: [Double]
  }

  var label: String
  var parts: [String]
  var bars: [Bar]

  func drawing() -> Drawing {
    let left = min(220, 14 + 6.3 * Double(bars.map { $0.name.count }.max() ?? 10))
    let (width, step, top) = (860.0, 30.0, 30.0)
    let plot = width - left - 16
    var drawing = Drawing(width: width, height: top + step * Double(bars.count) + 26, label: label)
    var x = 8.0
    for (index, part) in parts.enumerated() {
      drawing.box(x, 6, 11, 11, css: "b s\(index % Drawing.seriesCount)")
      drawing.text(x + 16, 16, part)
      x += 32 + 6.3 * Double(part.count)
    }
    for (row, bar) in bars.enumerated() {
      let y = top + step * Double(row)
      drawing.text(left - 8, y + 16, IntervalPlot.cut(bar.name, 33), .end, hint: bar.name)
      var from = left
      for (index, share) in bar.shares.enumerated() where share > 0 {
        // Next to each other, divided by a hair of the page's colour.
        drawing.box(
          from, y + 3, max(0.6, plot * share - 0.8), step - 8, css: "b s\(index % Drawing.seriesCount)",
          hint: "\(bar.name), \(parts[index]): \(Figures.fixed(share * 100, 2)) %")
        from += plot * share
      }
    }
    let bottom = top + step * Double(bars.count)
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      drawing.text(left + plot * tick, bottom + 13, "\(Int(tick * 100)) %", .middle, css: "small")
    }
    return drawing
  }
}
