import Tokenizers

/// Any JSON document as tables: scalars of the document in one, every list of flat objects in one of its own.
enum ResultTables {
  /// Longer lists are cut, and the caption says so.
  static let mostRows = 500

  static func tables(of root: ByteJSON.Value) throws(ToklabError) -> [ReportTable] {
    var facts = ReportTable("", [.init("", isNumber: false), .init("value", isNumber: false)])
    var lists: [ReportTable] = []
    for (name, value) in try ResultReader.members(root)
    where !["schema", "provenance", "timing"].contains(name) {
      switch value.kind {
      case .array:
        if let table = try list(name, try value.elements()) { lists.append(table) }
      case .object:
        for (inner, member) in try ResultReader.members(value)
        where member.kind != .array && member.kind != .object {
          facts.rows.append([.init("\(name) \(inner)"), try cell(member)])
        }
      default: facts.rows.append([.init(name), try cell(value)])
      }
    }
    return (facts.rows.isEmpty ? [] : [facts]) + lists
  }

  private static func list(_ name: String, _ items: [ByteJSON.Value]) throws(ToklabError) -> ReportTable? {
    guard let first = items.first, first.kind == .object else { return nil }
    var columns: [String] = []
    for (key, value) in try ResultReader.members(first) where value.kind != .array && value.kind != .object {
      columns.append(key)
    }
    guard !columns.isEmpty else { return nil }
    var rows: [[ReportTable.Cell]] = []
    for item in items.prefix(mostRows) {
      let members = try ResultReader.members(item)
      var row: [ReportTable.Cell] = []
      for column in columns {
        let value = members.first { $0.0.utf8.elementsEqual(column.utf8) }?.1
        row.append(value == nil ? .init("") : try cell(value!))
      }
      rows.append(row)
    }
    let isNumber = columns.indices.map { index in
      rows.allSatisfy { $0[index].number != nil || $0[index].text == "–" }
    }
    let cut = items.count > mostRows ? " (the first \(mostRows) of \(items.count))" : ""
    var table = ReportTable(
      name + cut, zip(columns, isNumber).map { ReportTable.Column($0, isNumber: $1) })
    table.rows = rows
    return table
  }

  private static func cell(_ value: ByteJSON.Value) throws(ToklabError) -> ReportTable.Cell {
    switch value.kind {
    case .null: .init("–")
    case .true: .init("yes")
    case .false: .init("no")
    case .number: .number(try value.double())
    case .string: .init(try value.string())
    case .array, .object: .init("…")
    }
  }
}
