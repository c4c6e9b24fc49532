/// A table aligned for reading in a terminal.
struct Table {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment: Alignment
    init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  mutating func append(_ cells: [String]) { rows.append(cells) }

  /// The table as text: titles, a rule, rows; two spaces between columns and none at line ends.
  func text(_ style: Style) -> String {
    var widths = columns.map { DisplayWidth.of($0.title) }
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], DisplayWidth.of(cell)) }
    }
    var out = line(columns.map(\.title), widths) { style.bold($0) }
    out += line(widths.map { String(repeating: "─", count: $0) }, widths) { style.dim($0) }
    for row in rows { out += line(row, widths) { $0 } }
    return out
  }

  private func line(_ cells: [String], _ widths: [Int], _ paint: (String) -> String) -> String {
    var out = ""
    var pending = 0
    for (index, cell) in cells.enumerated() {
      let space = max(0, widths[index] - DisplayWidth.of(cell))
      let left = columns[index].alignment == .right ? space : 0
      out += String(repeating: " ", count: pending + left) + (cell.isEmpty ? "" : paint(cell))
      pending = (cell.isEmpty ? 0 : 0) + (space - left) + 2
    }
    return out + "\n"
  }

  /// Label and value lines for summaries: labels padded to one width.
  static func pairs(_ pairs: [(String, String)], _ style: Style) -> String {
    let width = pairs.map { DisplayWidth.of($0.0) }.max() ?? 0
    var out = ""
    for (label, value) in pairs {
      out += style.dim(label) + String(repeating: " ", count: width - DisplayWidth.of(label) + 2)
      out += value + "\n"
    }
    return out
  }
}
