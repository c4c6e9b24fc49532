/// Readers of word lists and morpheme lists. All give forms as bytes, in file order, duplicates included.
public enum LexiconFile {
  /// A lexicon in any of its shapes: a JSON object whose keys are forms; a hunspell `.dic` (its `.aff` is
  /// looked for beside it); a table of UniMorph (lemma, form, features) or MorphyNet (its first two columns);
  /// else one form a line.
  ///
  /// - Throws: ``ToklabError`` that names the file: unreadable, not UTF-8, malformed, without forms.
  public static func readLexicon(_ path: String) throws(ToklabError) -> [[UInt8]] {
    let bytes = try FileBytes.read(path)
    do throws(ToklabError) {
      let forms: [[UInt8]]
      if firstCharacter(bytes) == 0x7B {
        forms = try jsonKeys(bytes)
      } else if path.hasSuffix(".dic") {
        let affixes = try HunspellAffixes(file: affixFile(of: path))
        forms = try affixes.expand(dictionary: affixes.text(bytes))
      } else if let rows = try table(bytes) {
        forms = rows.flatMap { [Array($0.cells[0].utf8), Array($0.cells[1].utf8)] }.filter { !$0.isEmpty }
      } else {
        forms = try lines(bytes)
      }
      guard !forms.isEmpty else { throw ToklabError("no forms in this file", expected: "one form a line") }
      return forms
    } catch { throw error.in(path) }
  }

  /// The forms of a hunspell dictionary, or its stems alone where there are more than `most`.
  static func readDictionary(
    _ path: String, atMost most: Int
  ) throws(ToklabError) -> (forms: [[UInt8]], isComplete: Bool) {
    let affixes = try HunspellAffixes(file: affixFile(of: path))
    do throws(ToklabError) {
      let text = try affixes.text(FileBytes.read(path))
      if let forms = try affixes.expand(dictionary: text, atMost: most) { return (forms, true) }
      return (affixes.stems(of: text), false)
    } catch { throw error.in(path) }
  }

  /// The affix rules of a hunspell dictionary.
  public static func affixFile(of dictionary: String) -> String { String(dictionary.dropLast(4)) + ".aff" }

  /// The rows of a UniMorph or MorphyNet table: three columns or more in every row, lemma and form first.
  private static func table(_ bytes: [UInt8]) throws(ToklabError) -> [TabSeparated.Row]? {
    guard bytes.contains(0x09) else { return nil }
    let rows = TabSeparated(try TextLines(bytes)).rows
    return !rows.isEmpty && rows.allSatisfy { $0.cells.count >= 3 } ? rows : nil
  }

  /// The morphemes of a MorphyNet table: of a derivational one the affix with its class (columns 5 and 6); of
  /// an inflectional one the segments of column 4, the first a root and the others suffixes.
  private static func morphyNet(
    _ rows: [TabSeparated.Row]
  ) throws(ToklabError) -> [(form: [UInt8], kind: FormClass)] {
    var morphemes: [(form: [UInt8], kind: FormClass)] = []
    for row in rows {
      if row.cells.count >= 6 {
        guard let affix = row.cell(4), row.cell(5) == "prefix" || row.cell(5) == "suffix" else {
          throw ToklabError(
            at: .line(row.line), "class \"\(row.cell(5) ?? "")\"", expected: "prefix or suffix in column 6")
        }
        morphemes.append((Array(affix.utf8), row.cell(5) == "prefix" ? .prefix : .suffix))
      } else if let segments = row.cell(3) {
        for (index, segment) in segments.split(separator: "|").enumerated() {
          morphemes.append((Array(segment.utf8), index == 0 ? .root : .suffix))
        }
      }
    }
    return morphemes
  }

  /// A morpheme inventory: lines `form<TAB>prefix|root|suffix`, or a MorphyNet table. Lines that begin with
  /// `#` are comments.
  public static func readMorphemes(
    _ path: String
  ) throws(ToklabError) -> [(form: [UInt8], kind: FormClass)] {
    do throws(ToklabError) {
      var morphemes: [(form: [UInt8], kind: FormClass)] = []
      let bytes = try FileBytes.read(path)
      if let rows = try table(bytes), rows.allSatisfy({ $0.cells.count == 6 || $0.cells.count == 4 }) {
        morphemes = try morphyNet(rows)
        guard !morphemes.isEmpty else { throw ToklabError("no morphemes in this file") }
        return morphemes
      }
      for row in TabSeparated(try TextLines(bytes)).rows where !row.cells[0].hasPrefix("#") {
        let kind: FormClass
        switch row.cell(1) {
        case "prefix": kind = .prefix
        case "root": kind = .root
        case "suffix": kind = .suffix
        case let other:
          throw ToklabError(
            at: .line(row.line), other.map { "class \"\($0)\"" } ?? "no class",
            expected: "form, tab, prefix or root or suffix")
        }
        guard let form = row.cell(0) else { throw ToklabError(at: .line(row.line), "an empty form") }
        morphemes.append((Array(form.utf8), kind))
      }
      guard !morphemes.isEmpty else { throw ToklabError("no morphemes in this file") }
      return morphemes
    } catch { throw error.in(path) }
  }

  /// The keys of a JSON object, trimmed of white space; keys that are empty then are left out.
  static func jsonKeys(_ bytes: [UInt8]) throws(ToklabError) -> [[UInt8]] {
    var forms: [[UInt8]] = []
    try ByteJSON(bytes).root.forEachMember(expected: "an object whose keys are forms") {
      (key, _) throws(ToklabError) in
      let form = trimmed(try key.bytes()[...])
      if !form.isEmpty { forms.append(Array(form)) }
    }
    return forms
  }

  static func lines(_ bytes: [UInt8]) throws(ToklabError) -> [[UInt8]] {
    let text = try TextLines(bytes)
    var forms: [[UInt8]] = []
    for line in 0..<text.count {
      let form = trimmed(text.bytes[text.range(ofLine: line)])
      if !form.isEmpty { forms.append(Array(form)) }
    }
    return forms
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
    var slice = bytes
    while let first = slice.first, isSpace(first) { slice.removeFirst() }
    while let last = slice.last, isSpace(last) { slice.removeLast() }
    return slice
  }

  private static func firstCharacter(_ bytes: [UInt8]) -> UInt8? {
    bytes.first { $0 != 0x20 && !($0 >= 0x09 && $0 <= 0x0D) }
  }
}
