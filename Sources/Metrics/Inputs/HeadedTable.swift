/// A table whose first line names its columns: comma- or tab-separated, cells in double quotes where they hold
/// separators or quotes (RFC 4180).
package struct HeadedTable {
  package struct Row {
    package var line: Int
    package var cells: [[UInt8]]
  }

  package let columns: [String]
  package private(set) var rows: [Row] = []

  /// - Throws: ``ToklabError`` with the line of a row of another width, or of a quote that nothing closes.
  package init(_ text: TextLines) throws(ToklabError) {
    let bytes = text.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.bytes.dropFirst(3)) : text.bytes
    let head = bytes.prefix { $0 != 0x0A }
    let separator: UInt8 = head.contains(0x09) ? 0x09 : 0x2C
    var lines: [Row] = []
    var cells: [[UInt8]] = []
    var cell: [UInt8] = []
    var line = 1
    var start = 1
    var quoted = false
    var index = 0
    func end() {
      cells.append(cell)
      cell = []
      if !(cells.count == 1 && cells[0].isEmpty) { lines.append(Row(line: start, cells: cells)) }
      cells = []
    }
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 0x0A { line += 1 }
      if quoted {
        if byte != 0x22 {
          cell.append(byte)
        } else if index < bytes.count, bytes[index] == 0x22 {
          cell.append(0x22)
          index += 1
        } else {
          quoted = false
        }
      } else if byte == 0x22, cell.isEmpty {
        quoted = true
      } else if byte == separator {
        cells.append(cell)
        cell = []
      } else if byte == 0x0A {
        if cell.last == 0x0D { cell.removeLast() }
        end()
        start = line
      } else {
        cell.append(byte)
      }
    }
    guard !quoted else {
      throw ToklabError(
        at: .line(start), "a quotation mark that nothing closes", expected: "quoted cells in pairs")
    }
    if !cell.isEmpty || !cells.isEmpty { end() }
    guard let first = lines.first else {
      throw ToklabError("the table is empty", expected: "a line of column names")
    }
    columns = first.cells.map { String(decoding: $0, as: UTF8.self) }
    for row in lines.dropFirst() where row.cells.count != columns.count {
      throw ToklabError(
        at: .line(row.line), "\(row.cells.count) cells", expected: "\(columns.count), as in line 1")
    }
    rows = Array(lines.dropFirst())
  }

  package func column(_ name: String) -> Int? { columns.firstIndex { $0.utf8.elementsEqual(name.utf8) } }
}
