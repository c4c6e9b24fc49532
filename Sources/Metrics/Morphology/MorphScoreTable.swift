/// The items of MorphScore 2: words with what stands before and after their stem.
///
/// A table with the columns `wordform`, `stem`, `preceding_part`, `following_part` and, where known, `lemma`,
/// `unique` (the word "unique" where the form has one analysis) and `word_freq_norm`, as the published data
/// (arXiv 2507.06378; 86 languages, CC BY-SA 4.0) has them.
public struct MorphScoreTable: Sendable {
  public struct Item: Sendable, Hashable {
    public var word: [UInt8]
    /// One to three, in order: the stem with what stands before and after it.
    public var morphemes: [[UInt8]]
    public var frequency: Double

    public init(word: [UInt8], morphemes: [[UInt8]], frequency: Double = 1) {
      self.word = word
      self.morphemes = morphemes
      self.frequency = frequency
    }
  }

  /// Which items are left out; on by default as in the published code.
  public struct Filter: Sendable, Hashable {
    /// Forms with several analyses.
    public var uniqueOnly: Bool
    /// Forms whose stem is not their lemma.
    public var stemIsLemma: Bool
    /// Forms with digits.
    public var withoutNumbers: Bool

    public init(uniqueOnly: Bool = true, stemIsLemma: Bool = true, withoutNumbers: Bool = true) {
      self.uniqueOnly = uniqueOnly
      self.stemIsLemma = stemIsLemma
      self.withoutNumbers = withoutNumbers
    }
  }

  public let items: [Item]
  /// How many rows the filter left out.
  public let filtered: Int

  public init(items: [Item]) {
    self.items = items
    filtered = 0
  }

  /// Whether a file's first line names this table's columns.
  public static func isTable(_ text: TextLines) -> Bool {
    guard text.count > 0 else { return false }
    let head = text.string(ofLine: 0)
    return ["wordform", "stem", "preceding_part", "following_part"].allSatisfy { name in
      head.utf8.split { $0 == 0x2C || $0 == 0x09 || $0 == 0x0D || $0 == 0x22 }.contains {
        $0.elementsEqual(name.utf8)
      }
    }
  }

  /// - Throws: ``ToklabError`` with the line of a frequency that is none; a missing column; no items left.
  public init(_ text: TextLines, filter: Filter = Filter()) throws(ToklabError) {
    let table = try HeadedTable(text)
    func column(_ name: String) throws(ToklabError) -> Int {
      guard let place = table.column(name) else {
        throw ToklabError(at: .line(1), "no column \(name)", expected: "a table of MorphScore")
      }
      return place
    }
    let word = try column("wordform")
    let stem = try column("stem")
    let before = try column("preceding_part")
    let after = try column("following_part")
    let lemma = table.column("lemma")
    let unique = table.column("unique")
    let frequency = table.column("word_freq_norm")
    var items: [Item] = []
    var filtered = 0
    for row in table.rows {
      let form = row.cells[word]
      let isLeftOut =
        form.allSatisfy { $0 == 0x20 }
        || (filter.uniqueOnly && unique.map { row.cells[$0] != Array("unique".utf8) } ?? false)
        || (filter.stemIsLemma && lemma.map { row.cells[$0] != row.cells[stem] } ?? false)
        || (filter.withoutNumbers && form.contains { $0 >= 0x30 && $0 <= 0x39 })
      if isLeftOut {
        filtered += 1
        continue
      }
      var weight = 1.0
      if let frequency, !row.cells[frequency].isEmpty {
        let cell = String(decoding: row.cells[frequency], as: UTF8.self)
        guard let value = Double(cell), value.isFinite, value >= 0 else {
          throw ToklabError(
            at: .line(row.line), "word_freq_norm \"\(cell)\"", expected: "a number of at least 0")
        }
        weight = value
      }
      items.append(
        Item(
          word: form,
          morphemes: [row.cells[before], row.cells[stem], row.cells[after]].filter { !$0.isEmpty },
          frequency: weight))
    }
    guard !items.isEmpty else {
      throw ToklabError(
        filtered > 0 ? "the filters leave none of \(filtered) words" : "no words in this table",
        expected: "words", advice: filtered > 0 ? "keep more of them" : nil)
    }
    self.items = items
    self.filtered = filtered
  }
}
