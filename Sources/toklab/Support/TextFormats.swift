/// Tables as CSV fields, Markdown and LaTeX.
enum TextFormats {
  /// A CSV field (RFC 4180): quoted only where it must be.
  static func csv(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
      return text
    }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  static func markdown(_ table: Table) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { escape($0, ["|": "\\|", "\n": " "]) }.joined(separator: " | ") + " |\n"
    }
    var out = line(table.columns.map(\.title))
    out += line(table.columns.map { $0.alignment == .right ? "---:" : "---" })
    for row in table.rows { out += line(row) }
    return out
  }

  static func latex(_ table: Table) -> String {
    func line(_ cells: [String]) -> String { cells.map(latexEscape).joined(separator: " & ") + " \\\\\n" }
    var out = "\\begin{tabular}{"
    for column in table.columns { out += column.alignment == .right ? "r" : "l" }
    out += "}\n\\toprule\n" + line(table.columns.map(\.title)) + "\\midrule\n"
    for row in table.rows { out += line(row) }
    return out + "\\bottomrule\n\\end{tabular}\n"
  }

  private static func latexEscape(_ text: String) -> String {
    escape(
      text,
      [
        "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "#": "\\#", "$": "\\$", "%": "\\%", "&": "\\&",
        "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "–": "--",
      ])
  }

  private static func escape(_ text: String, _ map: [Character: String]) -> String {
    var out = ""
    for character in text { out += map[character] ?? String(character) }
    return out
  }
}
