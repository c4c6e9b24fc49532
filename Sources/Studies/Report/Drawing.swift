/// An SVG drawing on its way into a page or a file of its own.
///
/// Colours are classes (`s0` … `s7` for series, `q0` … `q8` for scales), so that the page's light or dark theme
/// decides; hover values are `<title>` elements, which need no script; every series also has a shape or a dash, so
/// that colour is never the only difference.
struct Drawing {
  let width: Double
  let height: Double
  /// What the picture shows, for those who do not see it.
  let label: String
  private(set) var body = ""

  init(width: Double, height: Double, label: String) {
    self.width = width
    self.height = height
    self.label = label
  }

  enum Anchor: String { case start, middle, end }

  static let seriesCount = 8
  private static func at(_ value: Double) -> String { Figures.coordinate(value) }

  private static func title(_ text: String?) -> String {
    text.map { "<title>\(Markup.escape($0))</title>" } ?? ""
  }

  mutating func text(
    _ x: Double, _ y: Double, _ content: String, _ anchor: Anchor = .start, css: String? = nil,
    turned: Double? = nil,
    hint: String? = nil
  ) {
    if content.isEmpty { return }
    body += "<text x=\"\(Self.at(x))\" y=\"\(Self.at(y))\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    if let css { body += " class=\"\(css)\"" }
    if let turned { body += " transform=\"rotate(\(Self.at(turned)) \(Self.at(x)) \(Self.at(y)))\"" }
    body += ">\(Markup.escape(content))\(Self.title(hint))</text>\n"
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, css: String) {
    body += "<path class=\"\(css)\" d=\"M\(Self.at(x1)) \(Self.at(y1))L\(Self.at(x2)) \(Self.at(y2))\"/>\n"
  }

  mutating func box(_ x: Double, _ y: Double, _ w: Double, _ h: Double, css: String, hint: String? = nil) {
    body += "<rect x=\"\(Self.at(x))\" y=\"\(Self.at(y))\" width=\"\(Self.at(max(0, w)))\" "
    body += "height=\"\(Self.at(max(0, h)))\" class=\"\(css)\">\(Self.title(hint))</rect>\n"
  }

  /// A polyline of a series.
  mutating func curve(_ points: [(Double, Double)], series: Int, hint: String? = nil) {
    guard let first = points.first else { return }
    body += "<path class=\"l s\(series % Self.seriesCount)\(series >= Self.seriesCount ? " d" : "")\" d=\"M"
    body += "\(Self.at(first.0)) \(Self.at(first.1))"
    for point in points.dropFirst() { body += "L\(Self.at(point.0)) \(Self.at(point.1))" }
    body += "\">\(Self.title(hint))</path>\n"
  }

  /// A mark of a series with its interval, if any: one group with one hover text.
  mutating func mark(
    _ x: Double, _ y: Double, series: Int, from low: Double? = nil, to high: Double? = nil, hint: String?
  ) {
    body += "<g class=\"s\(series % Self.seriesCount)\">\(Self.title(hint))"
    if let low, let high {
      body += "<path class=\"i\" d=\"M\(Self.at(low)) \(Self.at(y))H\(Self.at(high))\"/>"
    }
    body += Self.shape(x, y, series: series) + "</g>\n"
  }

  private static func shape(_ x: Double, _ y: Double, series: Int) -> String {
    let r = 3.4
    func polygon(_ corners: [(Double, Double)]) -> String {
      let points = corners.map { "\(at(x + r * $0.0)) \(at(y + r * $0.1))" }.joined(separator: "L")
      return "<path class=\"m\" d=\"M\(points)Z\"/>"
    }
    switch series % seriesCount {
    case 1: return polygon([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case 2: return polygon([(0, -1.2), (1.15, 0.9), (-1.15, 0.9)])
    case 3: return polygon([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
    case 4: return polygon([(0, 1.2), (1.15, -0.9), (-1.15, -0.9)])
    case 5: return polygon([(-1.3, -0.5), (1.3, -0.5), (1.3, 0.5), (-1.3, 0.5)])
    case 6: return polygon([(-0.5, -1.3), (0.5, -1.3), (0.5, 1.3), (-0.5, 1.3)])
    case 7: return polygon([(0, -1.2), (1.2, -0.3), (0.75, 1.1), (-0.75, 1.1), (-1.2, -0.3)])
    default: return "<circle class=\"m\" cx=\"\(at(x))\" cy=\"\(at(y))\" r=\"\(at(r))\"/>"
    }
  }

  /// The element for a page, whose style sheet has the classes.
  func inline() -> String {
    "<svg viewBox=\"0 0 \(Self.at(width)) \(Self.at(height))\" style=\"max-width:\(Self.at(width))px;min-width:"
      + "\(Self.at(min(width, 560)))px\" role=\"img\" aria-label=\"\(Markup.escape(label))\">\n\(body)</svg>\n"
  }

  /// Colours that are told apart by people who see fewer of them, on white and on black (after Okabe and Ito, and Tol).
  static let style = """
    svg text{font:11px system-ui,sans-serif;fill:var(--text)}svg .small{font-size:10px;fill:var(--muted)}
    svg .head{font-weight:600}svg .grid{stroke:var(--grid);fill:none}svg .axis{stroke:var(--muted);fill:none}
    svg .one{stroke:var(--muted);fill:none;stroke-dasharray:3 3}svg .band{fill:var(--band)}
    svg .l{fill:none;stroke:currentColor;stroke-width:1.8}svg .d{stroke-dasharray:5 3}svg .b{fill:currentColor}
    svg .i{fill:none;stroke:currentColor;stroke-width:1.6}svg .m{fill:currentColor}
    .s0{color:#2271b5}.s1{color:#d97700}.s2{color:#00805c}.s3{color:#c03a6b}.s4{color:#6a5acd}.s5{color:#a2531b}
    .s6{color:#5c6b7a}.s7{color:#8a7a00}
    @media screen and (prefers-color-scheme:dark){.s0{color:#5eaaf0}.s1{color:#f0a63a}.s2{color:#3cc79a}.s3{color:#f07ba3}
    .s4{color:#a99cf5}.s5{color:#d99a68}.s6{color:#a3b1bf}.s7{color:#d3c440}}
    """
}
