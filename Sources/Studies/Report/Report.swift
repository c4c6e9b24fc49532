import Tokenizers

/// A page, a CSV and a Markdown text out of results: everything in it comes from them, so the same results give the
/// same bytes at any time and place.
package struct Report: Sendable {
  package let documents: [ResultDocument]
  package let title: String
  package let sections: [ReportSection]
  /// All rows of the score results, each once.
  package let rows: [ResultRow]

  /// - Throws: ``ToklabError`` when two files give different numbers for the same row of the same text.
  package init(_ documents: [ResultDocument], title: String) throws(ToklabError) {
    self.documents = documents
    self.title = title
    let sets = try Self.sets(documents)
    rows = sets.flatMap(\.rows)
    var sections: [ReportSection] = []
    for (index, document) in documents.enumerated() where !document.sweepCells.isEmpty {
      sections.append(SweepSection.make(document.sweepCells, id: index == 0 ? "sweep" : "sweep-\(index + 1)"))
    }
    for set in sets {
      sections.append(set.verb == "score.premium" ? PremiumSection.make(set) : MetricSection.make(set))
    }
    let vocabularies = documents.flatMap(\.vocabularies)
    if !vocabularies.isEmpty { sections.append(VocabularySection.make(vocabularies)) }
    let splits = documents.flatMap(\.splits)
    if !splits.isEmpty { sections.append(SplitSection.make(splits)) }
    for (index, document) in documents.enumerated() where !document.other.isEmpty {
      var section = ReportSection(
        id: "other-\(index + 1)", title: "\(document.verb): \(Self.stem(document.file))")
      section.tables = document.other
      BitsPerByteFigure.add(to: &section, from: document)
      sections.append(section)
    }
    self.sections = sections
  }

  /// Rows by verb and text. The same row twice is one; a row that two files tell differently is an error.
  private static func sets(_ documents: [ResultDocument]) throws(ToklabError) -> [ResultSet] {
    struct Row: Hashable {
      var set: String
      var tokenizer: String
      var language: String?
      var metric: String
    }
    var order: [String] = []
    var groups: [String: (verb: String, rows: [ResultRow], files: [Int])] = [:]
    var seen: [Row: (row: ResultRow, file: Int)] = [:]
    for (file, document) in documents.enumerated() {
      for row in document.rows {
        let key = document.verb + "\u{0}" + (row.corpusSHA256 ?? "")
        if groups[key] == nil {
          order.append(key)
          groups[key] = (document.verb, [], [])
        }
        if groups[key]!.files.last != file { groups[key]!.files.append(file) }
        let place = Row(set: key, tokenizer: row.tokenizer, language: row.language, metric: row.metric)
        if let earlier = seen[place] {
          guard earlier.file != file else { continue }
          guard earlier.row.value == row.value, earlier.row.tokenizerSHA256 == row.tokenizerSHA256 else {
            throw ToklabError(
              file: document.file,
              "another \(row.metric) of \(row.tokenizer) in \(row.language ?? "all languages") than "
                + documents[earlier.file].file,
              expected: "one number for one tokenizer and text",
              advice: "name the tokenizers differently (-t NAME=PATH) or make two reports")
          }
          continue
        }
        seen[place] = (row, file)
        groups[key]!.rows.append(row)
      }
    }
    var counts: [String: Int] = [:]
    var sets: [ResultSet] = []
    for key in order {
      let group = groups[key]!
      counts[group.verb, default: 0] += 1
      var listed: [String: ResultDocument.Language] = [:]
      for file in group.files {
        for language in documents[file].languages { listed[language.label] = language }
      }
      let name = group.verb.replacing("score.", with: "")
      let number = counts[group.verb]!
      var set = ResultSet(
        verb: group.verb, id: number == 1 ? name : "\(name)-\(number)", rows: group.rows, listed: listed,
        reference: group.files.compactMap { reference(documents[$0]) }.first)
      if order.filter({ groups[$0]!.verb == group.verb }).count > 1 {
        set.suffix = ": " + group.files.map { stem(documents[$0].file) }.joined(separator: ", ")
      }
      sets.append(set)
    }
    return sets
  }

  private static func reference(_ document: ResultDocument) -> String? {
    guard document.verb == "score.premium" else { return nil }
    if let index = document.arguments.firstIndex(of: "--reference"), index + 1 < document.arguments.count {
      return document.arguments[index + 1]
    }
    return "eng"
  }

  private static func stem(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }

  // MARK: - Beside the page

  /// Every row of the score results, with the columns of `score … --csv`.
  package func csv() -> String { ResultRow.csv(rows) }

  package func markdown() -> String {
    var out = "# \(Markup.markdown(title))\n"
    for section in sections {
      out += "\n## \(Markup.markdown(section.title))\n"
      for text in section.text { out += "\n\(text)\n" }
      for table in section.tables + section.folded where !table.rows.isEmpty {
        out += "\n" + table.markdown()
      }
    }
    return out + "\n## Where the numbers come from\n\n" + sources.markdown()
  }

  /// Which result says what, made how.
  var sources: ReportTable {
    var table = ReportTable(
      "",
      [
        .init("result", isNumber: false), .init("verb", isNumber: false), .init("toklab", isNumber: false),
        .init("made by", isNumber: false), .init("inputs"), .init("SHA-256", isNumber: false),
      ])
    for document in documents {
      let command = document.arguments.isEmpty ? "" : "toklab " + document.arguments.joined(separator: " ")
      table.rows.append([
        .init(document.file), .init(document.verb), .init(document.toklab ?? ""),
        .init(IntervalPlot.cut(command, 240), hint: command.isEmpty ? nil : command),
        .init(
          String(document.inputs.count), number: Double(document.inputs.count),
          hint: document.inputs.isEmpty
            ? nil
            : document.inputs.prefix(40).map { "\($0.file) \($0.sha256.prefix(12))" }.joined(separator: "\n")),
        .init(String(document.sha256.prefix(12)), hint: document.sha256),
      ])
    }
    return table
  }
}
