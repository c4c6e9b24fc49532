/// Words with their true morphemes.
public struct GoldSegmentations: Sendable {
  public struct Item: Sendable, Hashable {
    public var word: [UInt8]
    public var segments: [[UInt8]]
    public var category: String?

    public init(word: [UInt8], segments: [[UInt8]], category: String? = nil) {
      self.word = word
      self.segments = segments
      self.category = category
    }

    /// Offsets of the boundaries inside the word; nil where the segments do not spell the word (canonical
    /// segmentations such as `evolve @@ation`), so that no place in it can be named.
    public var boundaries: [Int]? {
      guard segments.reduce(0, { $0 + $1.count }) == word.count, Array(segments.joined()) == word else {
        return nil
      }
      var offsets: [Int] = []
      var offset = 0
      for segment in segments.dropLast() {
        offset += segment.count
        offsets.append(offset)
      }
      return offsets
    }
  }

  public var items: [Item]

  public init(items: [Item]) { self.items = items }

  /// Reads `word<TAB>segments separated by " @@"[<TAB>category]`, MorphyNet's inflectional table
  /// (`lemma<TAB>word<TAB>features<TAB>segments separated by "|"`), or MorphScore 1's table with the columns
  /// `full_word`, `pt1` and `rest`.
  ///
  /// - Throws: ``ToklabError`` with the line of an empty word or of missing segments; no items.
  public init(file path: String) throws(ToklabError) {
    do { self = try GoldSegmentations(TextLines(FileBytes.read(path))) } catch { throw error.in(path) }
  }

  public init(_ text: TextLines) throws(ToklabError) {
    items = []
    if text.count > 0,
      text.string(ofLine: 0).utf8.split(separator: 0x2C).contains(where: { $0.elementsEqual("pt1".utf8) })
    {
      items = try Self.morphScoreOne(text)
      return
    }
    let rows = TabSeparated(text).rows
    if !rows.isEmpty, rows.allSatisfy({ $0.cells.count == 4 && !$0.cells[3].isEmpty }) {
      for row in rows {
        guard let word = row.cell(1) else { throw ToklabError(at: .line(row.line), "an empty word") }
        let segments = row.cells[3].split(separator: "|").map { Array($0.utf8) }
        items.append(Item(word: Array(word.utf8), segments: segments, category: row.cell(2)))
      }
      return
    }
    for row in rows {
      guard let word = row.cell(0), let field = row.cell(1) else {
        throw ToklabError(
          at: .line(row.line), "\(row.cells.count) columns",
          expected: "word, tab, segments separated by \" @@\"")
      }
      var segments: [[UInt8]] = []
      for piece in field.split(separator: " ") {
        let bytes = Array(piece.utf8)
        segments.append(
          !segments.isEmpty && bytes.starts(with: [0x40, 0x40]) ? Array(bytes.dropFirst(2)) : bytes)
      }
      guard !segments.isEmpty, segments.allSatisfy({ !$0.isEmpty }) else {
        throw ToklabError(at: .line(row.line), "an empty segment", expected: "segments separated by \" @@\"")
      }
      items.append(Item(word: Array(word.utf8), segments: segments, category: row.cell(2)))
    }
    guard !items.isEmpty else { throw ToklabError("no words in this file") }
  }

  /// A word and the two parts that it has one boundary between.
  private static func morphScoreOne(_ text: TextLines) throws(ToklabError) -> [Item] {
    let table = try HeadedTable(text)
    guard let word = table.column("full_word"), let first = table.column("pt1"),
      let rest = table.column("rest")
    else {
      throw ToklabError(at: .line(1), "no columns full_word, pt1 and rest", expected: "MorphScore's table")
    }
    guard !table.rows.isEmpty else { throw ToklabError("no words in this file") }
    return try table.rows.map { row throws(ToklabError) in
      guard !row.cells[word].isEmpty, !row.cells[first].isEmpty else {
        throw ToklabError(at: .line(row.line), "an empty word", expected: "a word and its two parts")
      }
      return Item(
        word: row.cells[word], segments: [row.cells[first], row.cells[rest]].filter { !$0.isEmpty })
    }
  }
}
