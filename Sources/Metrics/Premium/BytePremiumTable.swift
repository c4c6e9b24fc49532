/// Published byte premiums: the bytes that a language needs for the content of English.
///
/// Source: Arnett, Chang and Bergen 2024 (arXiv 2403.00686); the file in Corpora/ is their table.
public struct BytePremiumTable: Sendable {
  public struct Entry: Sendable, Hashable {
    /// ISO 639-3 code, underscore, script: `deu_latn`.
    public var code: String
    public var byteCoefficient: Double
    public var characterCoefficient: Double?
    public var characterEntropy: Double?
    public var bytesPerCharacter: Double?
    /// alphabet, abjad, abugida or logography.
    public var writingType: String?
    public var family: String?
    /// The corpus behind the coefficient: nllb, flores or bible.
    public var source: String

    public var script: String { code.split(separator: "_").last.map(String.init) ?? "" }
  }

  /// Sorted bytewise by code.
  public let entries: [Entry]

  /// Reads `byte-premiums.tsv`: columns are found by the names in its first line.
  ///
  /// - Throws: ``ToklabError`` with the line for a missing column, a number that is none, a code twice.
  public init(file path: String) throws(ToklabError) {
    do { self = try BytePremiumTable(TextLines(FileBytes.read(path))) } catch { throw error.in(path) }
  }

  public init(_ text: TextLines) throws(ToklabError) {
    let rows = TabSeparated(text).rows
    guard let header = rows.first?.cells else { throw ToklabError("the table is empty") }
    func column(_ name: String) throws(ToklabError) -> Int {
      guard let index = header.firstIndex(of: name) else {
        throw ToklabError(at: .line(1), "no column \(name)", expected: "a header line that names it")
      }
      return index
    }
    let code = try column("lang")
    let bytes = try column("byte_coef")
    let characters = try column("char_coef")
    let entropy = try column("char_entropy")
    let perCharacter = try column("bytes_per_char")
    let writing = try column("writing_type")
    let family = try column("family")
    let source = try column("source")
    var entries: [Entry] = []
    for row in rows.dropFirst() {
      func number(_ column: Int) throws(ToklabError) -> Double? {
        guard let cell = row.cell(column) else { return nil }
        guard let value = Double(cell), value.isFinite, value > 0 else {
          throw ToklabError(at: .line(row.line), "\"\(cell)\"", expected: "a number above 0")
        }
        return value
      }
      guard let name = row.cell(code) else {
        throw ToklabError(at: .line(row.line), "no language code")
      }
      // Rows without a coefficient only list a language.
      guard let coefficient = try number(bytes) else { continue }
      entries.append(
        Entry(
          code: name, byteCoefficient: coefficient, characterCoefficient: try number(characters),
          characterEntropy: try number(entropy), bytesPerCharacter: try number(perCharacter),
          writingType: row.cell(writing), family: row.cell(family), source: row.cell(source) ?? "unknown"))
    }
    entries.sort { InputFolder.bytewiseLess($0.code, $1.code) }
    for (a, b) in zip(entries, entries.dropFirst()) where a.code == b.code {
      throw ToklabError("the language \(a.code) stands twice")
    }
    self.entries = entries
  }

  /// Binary search by code.
  public func entry(_ code: String) -> Entry? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if InputFolder.bytewiseLess(entries[middle].code, code) { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].code == code ? entries[low] : nil
  }

  /// The code of a row: itself, or the only row of a language that is named without its script.
  public func code(of name: String) -> String? {
    if entry(name) != nil { return name }
    let rows = entries.filter { $0.code.utf8.starts(with: Array("\(name)_".utf8)) }
    return rows.count == 1 ? rows[0].code : nil
  }

  /// Bytes of `language` for each byte of `reference`: the quotient of their coefficients.
  public func premium(_ language: String, over reference: String = "eng_latn") -> BytePremiumEstimate? {
    guard let a = entry(language), let b = entry(reference) else { return nil }
    var warnings: [String] = []
    if a.source != b.source { warnings.append("coefficients from two corpora: \(a.source) and \(b.source)") }
    return BytePremiumEstimate(
      value: a.byteCoefficient / b.byteCoefficient,
      method: .table(source: a.source == b.source ? a.source : "\(a.source)/\(b.source)"),
      warnings: warnings)
  }
}

/// A byte premium and where it comes from; the source matters more than most differences between languages.
public struct BytePremiumEstimate: Sendable, Hashable {
  public enum Method: Sendable, Hashable {
    /// Published coefficients.
    case table(source: String)
    /// Bytes over bytes of line-aligned text.
    case parallel(lines: Int)
    /// From text of the language alone, by the regression of ``BytePremiumModel``.
    case regression(predictors: [String])
  }

  public var value: Double
  public var method: Method
  public var warnings: [String]

  /// Lines of text behind the value; nil for published coefficients.
  public var lines: Int? {
    if case .parallel(let lines) = method { return lines }
    return nil
  }

  public var methodName: String {
    switch method {
    case .table(let source): "published (\(source))"
    case .parallel(let lines): "parallel text (\(lines) lines)"
    case .regression(let predictors): "regression on \(predictors.joined(separator: ", "))"
    }
  }

  /// From line-aligned texts; below 100 lines with a warning. Nil when the reference has no bytes.
  public static func parallel(_ text: TextLines, reference: TextLines) -> BytePremiumEstimate? {
    func size(_ text: TextLines) -> Int { (0..<text.count).reduce(0) { $0 + text.byteCount(ofLine: $1) } }
    guard text.count == reference.count, size(reference) > 0 else { return nil }
    return BytePremiumEstimate(
      value: Double(size(text)) / Double(size(reference)), method: .parallel(lines: text.count),
      warnings: text.count < 100 ? ["only \(text.count) lines; 100 or more are advised"] : [])
  }
}
