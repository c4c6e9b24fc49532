import Metrics

/// Rows as tables for people: one a language, a metric a line; a single tokenizer with its intervals, several
/// side by side.
struct MetricTables {
  let results: [MetricResult]

  /// - Parameter title: what the rows' language stands for.
  func tables(title: String = "language") -> [Table] {
    var tokenizers: [String] = []
    for row in results where !tokenizers.contains(row.tokenizer) { tokenizers.append(row.tokenizer) }
    let hasLanguages = results.contains { $0.language != nil }
    return tokenizers.count == 1
      ? [single(hasLanguages, title)] : [sideBySide(tokenizers, hasLanguages, title)]
  }

  private func single(_ hasLanguages: Bool, _ title: String) -> Table {
    var columns: [Table.Column] = hasLanguages ? [.init(title)] : []
    columns += [.init("metric"), .init("value", .right)]
    columns += [.init("95 % interval"), .init("n", .right), .init("unit")]
    let hasNulls = results.contains { $0.value == nil }
    if hasNulls { columns.append(.init("why n/a")) }
    var table = Table(columns)
    for row in results {
      var cells = hasLanguages ? [row.language ?? ""] : []
      cells += [row.metric, Self.number(row.value), Self.interval(row), Numbers.grouped(row.n), row.unit]
      if hasNulls { cells.append(row.nullReason ?? "") }
      table.append(cells)
    }
    return table
  }

  private func sideBySide(_ tokenizers: [String], _ hasLanguages: Bool, _ title: String) -> Table {
    var columns: [Table.Column] = hasLanguages ? [.init(title)] : []
    columns += [.init("metric")] + tokenizers.map { .init($0, .right) } + [.init("unit")]
    var table = Table(columns)
    var places: [String: Int] = [:]
    var lines: [(head: [String], unit: String, cells: [String])] = []
    for row in results {
      let key = "\(row.language ?? "\u{0}")\u{0}\(row.metric)"
      let place = places[key] ?? lines.count
      if place == lines.count {
        places[key] = place
        lines.append(
          (
            (hasLanguages ? [row.language ?? ""] : []) + [row.metric], row.unit,
            Array(repeating: "", count: tokenizers.count)
          ))
      }
      lines[place].cells[tokenizers.firstIndex(of: row.tokenizer)!] =
        row.value == nil ? "n/a" : Self.number(row.value)
    }
    for line in lines { table.append(line.head + line.cells + [line.unit]) }
    return table
  }

  /// Four significant digits or so; counts whole.
  static func number(_ value: MetricValue?) -> String {
    switch value {
    case .count(let count): return Numbers.grouped(count)
    case .real(let value):
      return value != 0 && abs(value) < 1e-5 ? scientific(value) : Numbers.fixed(value, decimals(value))
    case nil: return "n/a"
    }
  }

  /// One digit after the point: small p-values.
  private static func scientific(_ value: Double) -> String {
    var mantissa = abs(value)
    var exponent = 0
    while mantissa < 1 {
      mantissa *= 10
      exponent += 1
    }
    // 9.96 would be rounded to 10.0.
    if mantissa >= 9.95 {
      mantissa = 1
      exponent -= 1
    }
    return (value < 0 ? "-" : "") + Numbers.fixed(mantissa, 1) + "e-\(exponent)"
  }

  private static func decimals(_ value: Double) -> Int {
    let size = abs(value)
    if size >= 1000 { return 0 }
    if size >= 100 { return 1 }
    if size >= 10 { return 2 }
    if size >= 0.1 || size == 0 { return 4 }
    return 6
  }

  private static func interval(_ row: MetricResult) -> String {
    guard let low = row.low, let high = row.high else { return "" }
    let digits = row.value.map { decimals($0.double) } ?? 4
    return "\(Numbers.fixed(low, digits))–\(Numbers.fixed(high, digits))"
  }
}
