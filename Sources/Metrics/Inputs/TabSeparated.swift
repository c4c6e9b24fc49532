/// Rows of a tab-separated text, with the line to blame.
package struct TabSeparated {
  package struct Row {
    package var line: Int
    package var cells: [String]

    /// The cell of a column, nil where it is empty or absent.
    package func cell(_ column: Int) -> String? {
      column < cells.count && !cells[column].isEmpty ? cells[column] : nil
    }
  }

  package private(set) var rows: [Row] = []

  /// - Parameter skippingEmpty: leaves out lines without any character.
  package init(_ text: TextLines, skippingEmpty: Bool = true) {
    for line in 0..<text.count {
      var row = text.string(ofLine: line)
      // A carriage return and a line's end are one Character; the line was cut at LF already.
      if row.utf8.last == 0x0D { row.unicodeScalars.removeLast() }
      if row.isEmpty && skippingEmpty { continue }
      rows.append(
        Row(
          line: line + 1,
          cells: row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)))
    }
  }
}
