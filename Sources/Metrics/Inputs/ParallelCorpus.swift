import Glibc

/// A folder of line-aligned texts: line `n` of every `LABEL.txt` says the same.
///
/// `document_ids.txt` (one id a line: the document that the line comes from) and `languages.tsv` (header
/// line; first column `code` or `file`, then name and script) are never languages. Everything else that
/// is not `LABEL.txt` is ignored, with one note. A language that was asked for and is not there is an
/// error, never a shorter table.
public struct ParallelCorpus: Sendable {
  public struct Language: Sendable {
    public var label: String
    /// From `languages.tsv`, when it has a row for the label.
    public var name: String?
    public var script: String?
    /// The file as it was named.
    public var path: String
    public var text: TextLines
  }

  /// Where the clusters of the bootstrap come from.
  public enum ClusterSource: Sendable, Hashable {
    /// `document_ids.txt` when the folder has one.
    case automatic
    /// Every line stands for itself.
    case none
    /// A file with one id a line.
    case file(String)
  }

  /// In the order of the table: bytewise by label, or as asked for.
  public let languages: [Language]
  /// The labels that were asked for: all but a reference that was only loaded to divide by.
  public let listed: [String]
  /// For each line the index of its cluster, numbered by first appearance.
  public let clusters: [Int]?
  public let lineCount: Int
  public let notes: [String]
  /// Every file that was read, in the order of reading.
  public let files: [String]

  public var labels: [String] { languages.map(\.label) }
  public var clusterCount: Int? { clusters.map { ($0.max() ?? -1) + 1 } }

  /// The group of each listed language that has one, by a column of `languages.tsv`.
  ///
  /// - Throws: ``ToklabError`` when the folder has no such table or column.
  public func groups(by column: String) throws(ToklabError) -> [(language: String, group: String)] {
    guard let path = files.first(where: { $0.hasSuffix("/languages.tsv") }) else {
      throw ToklabError(
        "the parallel folder has no languages.tsv", expected: "a table with the column \(column)")
    }
    let rows = TabSeparated(try TextLines(file: path)).rows
    guard let place = rows.first?.cells.firstIndex(of: column) else {
      throw ToklabError(
        file: path, at: .line(1), "no column \(column)",
        expected: "one of \(rows.first?.cells.joined(separator: ", ") ?? "")")
    }
    var groups: [(language: String, group: String)] = []
    for label in listed {
      let row = rows.dropFirst().first {
        $0.cells[0].utf8.elementsEqual(label.utf8) || $0.cells[0].utf8.elementsEqual("\(label).txt".utf8)
      }
      if let group = row?.cell(place) { groups.append((label, group)) }
    }
    return groups
  }

  /// The groups of a table of label and group, such as resource classes; labels that are not in the corpus are
  /// passed over.
  ///
  /// - Throws: ``ToklabError`` with the line of a row without a group or of a label that stands twice; none of the
  ///   labels is in the corpus.
  public func groups(file path: String) throws(ToklabError) -> [(language: String, group: String)] {
    var groups: [(language: String, group: String)] = []
    for row in TabSeparated(try TextLines(file: path)).rows where row.cell(0)?.hasPrefix("#") != true {
      guard let label = row.cell(0), let group = row.cell(1) else {
        throw ToklabError(
          file: path, at: .line(row.line), "\(row.cells.count) cells",
          expected: "a label, a tab and its group")
      }
      guard !groups.contains(where: { $0.language.utf8.elementsEqual(label.utf8) }) else {
        throw ToklabError(
          file: path, at: .line(row.line), "\(label) stands twice", expected: "one group a language")
      }
      if listed.contains(where: { $0.utf8.elementsEqual(label.utf8) }) { groups.append((label, group)) }
    }
    guard !groups.isEmpty else {
      throw ToklabError(
        file: path, "no language of the corpus in this table",
        expected: "labels such as \(listed.prefix(6).joined(separator: ", "))")
    }
    return groups
  }

  public func language(_ label: String) -> Language? {
    languages.first { $0.label.utf8.elementsEqual(label.utf8) }
  }

  /// Loads a folder.
  ///
  /// - Parameters:
  ///   - wanted: only these, in this order; nil takes all, sorted bytewise.
  ///   - reference: loaded even when it is not among `wanted`.
  /// - Throws: ``ToklabError`` that names the file: missing folder or language, no language file,
  ///   different numbers of lines, text that is not UTF-8, empty files, a bad `languages.tsv`.
  public static func load(
    folder: String, languages wanted: [String]? = nil, reference: String? = nil,
    clusters clusterSource: ClusterSource = .automatic
  ) throws(ToklabError) -> ParallelCorpus {
    let names = try InputFolder.names(in: folder)
    var found: [String] = []
    var ignored: [String] = []
    for name in names where name != "document_ids.txt" && name != "languages.tsv" {
      if name.utf8.count > 4 && name.hasSuffix(".txt") && !isFolder("\(folder)/\(name)") {
        found.append(String(name.dropLast(4)))
      } else {
        ignored.append(name)
      }
    }
    var notes: [String] = []
    if !ignored.isEmpty {
      let shown = ignored.prefix(5).joined(separator: ", ") + (ignored.count > 5 ? ", …" : "")
      notes.append(
        "\(folder): ignored \(ignored.count) \(ignored.count == 1 ? "entry" : "entries") not named LABEL.txt: \(shown)"
      )
    }
    guard !found.isEmpty else {
      throw ToklabError(
        file: folder, "no language file in this folder", expected: "one LABEL.txt per language")
    }
    var labels = wanted ?? found
    try refuseRepeated(labels)
    let listed = labels
    if let reference, !contains(labels, reference) { labels.append(reference) }
    for label in labels where !contains(found, label) {
      throw ToklabError(
        file: "\(folder)/\(label).txt",
        label == reference ? "the reference language has no file" : "no such language",
        advice: "choose from \(shortList(found))")
    }

    var files: [String] = []
    let table = try loadTable(folder, has: contains(names, "languages.tsv"), files: &files)
    var languages: [Language] = []
    for label in labels {
      let path = "\(folder)/\(label).txt"
      files.append(path)
      let text = try TextLines(file: path)
      if text.startsWithByteOrderMark {
        notes.append("\(path): starts with a byte order mark, which is counted as text")
      }
      let row = table.first { $0.label.utf8.elementsEqual(label.utf8) }
      languages.append(Language(label: label, name: row?.name, script: row?.script, path: path, text: text))
    }
    let lines = try commonLineCount(languages, folder)
    var clusterPath: String?
    switch clusterSource {
    case .automatic:
      if contains(names, "document_ids.txt") { clusterPath = "\(folder)/document_ids.txt" }
    case .none: break
    case .file(let path): clusterPath = path
    }
    var clusters: [Int]?
    if let clusterPath {
      files.append(clusterPath)
      clusters = try loadClusters(clusterPath, lines: lines)
    }
    return ParallelCorpus(
      languages: languages, listed: listed, clusters: clusters, lineCount: lines, notes: notes,
      files: files)
  }

  /// The cluster of each line, numbered by first appearance.
  static func loadClusters(_ path: String, lines: Int) throws(ToklabError) -> [Int] {
    let text = try TextLines(file: path)
    guard text.count == lines else {
      throw ToklabError(
        file: path, "\(text.count) lines", expected: "\(lines), one for each line of the texts")
    }
    var numbers: [[UInt8]: Int] = [:]
    var clusters: [Int] = []
    clusters.reserveCapacity(lines)
    for line in 0..<lines {
      let id = Array(text.bytes[text.range(ofLine: line)])
      let number = numbers[id] ?? numbers.count
      numbers[id] = number
      clusters.append(number)
    }
    return clusters
  }

  private static func refuseRepeated(_ labels: [String]) throws(ToklabError) {
    for (index, label) in labels.enumerated() where contains(Array(labels[..<index]), label) {
      throw ToklabError("language \(label) is named twice")
    }
  }

  private static func contains(_ labels: [String], _ label: String) -> Bool {
    labels.contains { $0.utf8.elementsEqual(label.utf8) }
  }

  private static func shortList(_ labels: [String]) -> String {
    labels.prefix(12).joined(separator: ", ") + (labels.count > 12 ? ", … (\(labels.count))" : "")
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }

  /// The number of lines that most files have; the first file with another number is the one named.
  private static func commonLineCount(
    _ languages: [Language], _ folder: String
  ) throws(ToklabError) -> Int {
    var votes: [Int: Int] = [:]
    for language in languages { votes[language.text.count, default: 0] += 1 }
    var lines = languages[0].text.count
    for language in languages where votes[language.text.count]! > votes[lines]! {
      lines = language.text.count
    }
    for language in languages where language.text.count != lines {
      throw ToklabError(
        file: "\(folder)/\(language.label).txt", "\(language.text.count) lines",
        expected: "\(lines) lines, as in \(votes[lines]!) other \(votes[lines]! == 1 ? "file" : "files")",
        advice: "line n of every file must be the same sentence")
    }
    guard lines > 0 else {
      throw ToklabError(
        file: "\(folder)/\(languages[0].label).txt", "the file has no lines", expected: "at least one line")
    }
    return lines
  }

  private struct Row {
    var label: String
    var name: String?
    var script: String?
  }

  private static func loadTable(
    _ folder: String, has: Bool, files: inout [String]
  ) throws(ToklabError) -> [Row] {
    guard has else { return [] }
    let path = "\(folder)/languages.tsv"
    files.append(path)
    let text = try TextLines(file: path)
    func cells(_ line: Int) -> [String] {
      var row = text.string(ofLine: line)
      if row.hasSuffix("\r") { row.removeLast() }
      return row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    let header = text.count > 0 ? cells(0) : []
    guard header.first == "code" || header.first == "file" else {
      throw ToklabError(
        file: path, at: .line(1), "first column \"\(header.first ?? "")\"", expected: "code or file")
    }
    let name = header.firstIndex(of: "name") ?? 1
    let script = header.firstIndex(of: "script") ?? 2
    var rows: [Row] = []
    for line in 1..<max(1, text.count) {
      let row = cells(line)
      guard let label = row.first, !label.isEmpty else { continue }
      func cell(_ column: Int) -> String? {
        column < row.count && !row[column].isEmpty ? row[column] : nil
      }
      rows.append(
        Row(
          label: label.hasSuffix(".txt") ? String(label.dropLast(4)) : label, name: cell(name),
          script: cell(script)))
    }
    return rows
  }
}
