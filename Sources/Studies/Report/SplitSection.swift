/// Example lines cut by several tokenizers, one below the other.
enum SplitSection {
  /// More documents are left out, and the text says so.
  static let mostDocuments = 40
  static let mostTokens = 600

  static func make(_ splits: [ResultDocument.Split]) -> ReportSection {
    var section = ReportSection(id: "splits", title: "Example texts, cut")
    section.text.append(
      "Neighbouring tokens differ in colour; hover for the id. The number says how many there are.")
    var documents: [Int] = []
    for split in splits where !documents.contains(split.document) { documents.append(split.document) }
    var counts = ReportTable(
      "Tokens by text", [.init("text")] + names(splits).map { .init($0) })
    for document in documents.prefix(mostDocuments) {
      section.html += "<div class=\"split\">\n"
      for split in splits where split.document == document {
        section.html += "<p><b>\(Markup.escape(split.tokenizer))</b> <i>\(split.tokens.count)</i> "
        section.html += "<span class=\"tokens\" dir=\"auto\">"
        for (index, token) in split.tokens.prefix(mostTokens).enumerated() {
          section.html += "<span class=\"t\(index % 4)\" title=\"\(token.id)\">\(visible(token.text))</span>"
        }
        section.html += split.tokens.count > mostTokens ? " …</span></p>\n" : "</span></p>\n"
      }
      section.html += "</div>\n"
      counts.rows.append(
        [.init(String(document + 1), number: Double(document + 1))]
          + names(splits).map { name in
            .number(
              splits.first { $0.tokenizer == name && $0.document == document }.map { Double($0.tokens.count) }
            )
          })
    }
    if documents.count > mostDocuments {
      section.text.append("The first \(mostDocuments) of \(documents.count) texts are shown.")
    }
    section.folded.append(counts)
    return section
  }

  private static func names(_ splits: [ResultDocument.Split]) -> [String] {
    var names: [String] = []
    for split in splits where !names.contains(split.tokenizer) { names.append(split.tokenizer) }
    return names
  }

  private static func visible(_ text: String) -> String {
    Markup.escape(text.replacing("\n", with: "⏎").replacing("\t", with: "⇥"))
  }
}
