/// A table of a report: sortable in the page, plain in Markdown.
package struct ReportTable: Sendable, Hashable {
  package struct Column: Sendable, Hashable {
    var title: String
    var isNumber: Bool
    /// What the column means, shown on hover.
    var hint: String?

    package init(_ title: String, isNumber: Bool = true, hint: String? = nil) {
      self.title = title
      self.isNumber = isNumber
      self.hint = hint
    }
  }

  package struct Cell: Sendable, Hashable {
    var text: String
    /// What sorting compares; nil sorts last.
    var number: Double?
    /// A step of the colour scale; see ``HeatScale``.
    var shade: String?
    var hint: String?

    package init(_ text: String, number: Double? = nil, shade: String? = nil, hint: String? = nil) {
      self.text = text
      self.number = number
      self.shade = shade
      self.hint = hint
    }

    static func number(_ value: Double?, hint: String? = nil) -> Cell {
      Cell(value.map(Figures.readable) ?? "–", number: value, hint: hint)
    }
  }

  package var caption: String
  package var columns: [Column]
  package var rows: [[Cell]] = []

  package init(_ caption: String, _ columns: [Column]) {
    self.caption = caption
    self.columns = columns
  }

  func html() -> String {
    let label = Markup.escape(caption.isEmpty ? "table" : caption)
    // The caption stands outside of what scrolls, and what scrolls can be reached by the keyboard.
    var out = caption.isEmpty ? "" : "<p class=\"caption\">\(label)</p>\n"
    out += "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\(label)\"><table>\n"
    out += "<thead><tr>"
    for column in columns {
      let hint = column.hint.map { " title=\"\(Markup.escape($0))\"" } ?? ""
      out += "<th scope=\"col\"\(column.isNumber ? " class=\"n\"" : "")\(hint)>"
      out += "<button type=\"button\">\(Markup.escape(column.title))</button></th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for row in rows {
      out += "<tr>"
      for (index, cell) in row.enumerated() {
        let tag = index == 0 ? "th" : "td"
        var classes: [String] = []
        if columns[index].isNumber { classes.append("n") }
        if let shade = cell.shade { classes.append(shade) }
        out += "<\(tag)\(index == 0 ? " scope=\"row\"" : "")"
        if !classes.isEmpty { out += " class=\"\(classes.joined(separator: " "))\"" }
        if let number = cell.number, Figures.shortest(number) != cell.text {
          out += " data-v=\"\(Figures.shortest(number))\""
        }
        if let hint = cell.hint { out += " title=\"\(Markup.escape(hint))\"" }
        out += ">\(Markup.escape(cell.text))</\(tag)>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody></table></div>\n"
  }

  func markdown() -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var out = caption.isEmpty ? "" : "**\(Markup.markdown(caption))**\n\n"
    out += line(columns.map { Markup.markdown($0.title) })
    out += line(columns.map { $0.isNumber ? "---:" : "---" })
    for row in rows { out += line(row.map { Markup.markdown($0.text) }) }
    return out
  }
}

/// Nine steps from least to most, and the steps' colours on light and dark pages: the step, not a colour, is what a
/// page holds, so that one page serves both.
enum HeatScale {
  /// The class of a value between `low` and `high`, evenly spaced in the measure that the caller chose.
  static func shade(_ value: Double, low: Double, high: Double) -> String {
    guard high > low else { return "q0" }
    let share = min(1, max(0, (value - low) / (high - low)))
    return "q\(min(8, Int(share * 9)))"
  }

  /// A blue scale in which more ink means more; text stays readable on every step (contrast 4.5 and more).
  static let style = """
    .q0{background:#f4f8fc;fill:#f4f8fc}.q1{background:#deebf7;fill:#deebf7}.q2{background:#c6dcef;fill:#c6dcef}
    .q3{background:#a6cbe6;fill:#a6cbe6}.q4{background:#84b6dc;fill:#84b6dc}.q5{background:#2f74b3;fill:#2f74b3;color:#fff}
    .q6{background:#1d609f;fill:#1d609f;color:#fff}.q7{background:#0f4b87;fill:#0f4b87;color:#fff}
    .q8{background:#08306b;fill:#08306b;color:#fff}.void{background:repeating-linear-gradient(45deg,transparent 0 4px,#8886 4px 5px)}
    @media screen and (prefers-color-scheme:dark){
    .q0{background:#12202e;fill:#12202e}.q1{background:#152b41;fill:#152b41}.q2{background:#183753;fill:#183753}
    .q3{background:#1b4467;fill:#1b4467}.q4{background:#1e527c;fill:#1e527c}.q5{background:#58a3d8;fill:#58a3d8;color:#06121c}
    .q6{background:#7db9e2;fill:#7db9e2;color:#06121c}.q7{background:#a4d0ec;fill:#a4d0ec;color:#06121c}
    .q8{background:#d3e9f7;fill:#d3e9f7;color:#06121c}}
    """
}
