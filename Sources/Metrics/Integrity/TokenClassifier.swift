/// Judges single tokens against an inventory; remembers forms and words it has seen.
struct TokenClassifier {
  /// What is known of a form wherever it stands.
  struct Form {
    /// Canonical bytes; raw bytes where they are not UTF-8.
    var canonical: [UInt8]
    var isWhitespace = false
    var isAlphabetic = false
    var isText = true
    var kinds: FormClass = []
    var isPure = false

    var isLexical: Bool { !kinds.isEmpty }
  }

  /// A stretch of letters of a line.
  struct Word {
    var range: Range<Int>
    var divisions: Divisions
    /// A dictionary knows the word though it has no division.
    var isKnown: Bool
    /// Canonical offset of each byte offset of the word, ends included; −1 inside a scalar.
    var canonicalOffsets: [Int]
  }

  let inventory: MorphemeInventory
  private var forms: [[UInt8]: Form] = [:]
  private var words: [[UInt8]: (Divisions, Bool, [Int])] = [:]

  init(_ inventory: MorphemeInventory) { self.inventory = inventory }

  /// The form of a token's bytes, one leading space taken off.
  mutating func form(_ bytes: ArraySlice<UInt8>) -> Form {
    let key = Array(bytes.first == 0x20 ? bytes.dropFirst() : bytes)
    if let known = forms[key] { return known }
    let form = makeForm(key)
    forms[key] = form
    return form
  }

  private func makeForm(_ bytes: [UInt8]) -> Form {
    guard let canonical = LocaleText.canonicalLower(bytes, locale: inventory.language) else {
      return Form(canonical: bytes, isText: false)
    }
    var form = Form(canonical: canonical)
    let scalars = String(decoding: canonical, as: UTF8.self).unicodeScalars
    form.isWhitespace = scalars.allSatisfy(\.properties.isWhitespace)
    form.isAlphabetic = !scalars.isEmpty && scalars.allSatisfy(Self.isLetter)
    // Dictionaries accept numbers and the like, which no word list holds.
    form.kinds = form.isAlphabetic ? inventory.kindsOfWord(canonical) : inventory.kinds(canonical)
    form.isPure = form.isLexical && !inventory.isDivisible(canonical)
    return form
  }

  /// Letters and the marks that belong to them.
  static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isAlphabetic { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return scalar == "\u{200C}" || scalar == "\u{200D}"
    }
  }

  /// The words of a line, in order.
  mutating func words(of text: [UInt8]) -> [Word] {
    var found: [Word] = []
    var start: Int?
    var position = 0
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let isLetter = Self.isLetter(scalar)
      if isLetter && start == nil { start = position }
      if !isLetter, let begin = start {
        found.append(word(text, begin..<position))
        start = nil
      }
      position += UTF8.width(scalar)
    }
    if let begin = start { found.append(word(text, begin..<position)) }
    return found
  }

  private mutating func word(_ text: [UInt8], _ range: Range<Int>) -> Word {
    let key = Array(text[range])
    if let (divisions, isKnown, offsets) = words[key] {
      return Word(range: range, divisions: divisions, isKnown: isKnown, canonicalOffsets: offsets)
    }
    let locale = inventory.language
    let canonical = LocaleText.canonicalLower(key, locale: locale) ?? key
    // A prefix of the word has the same canonical form as in the word, except for a last sigma, whose two
    // forms are equally long.
    var offsets = [Int](repeating: -1, count: key.count + 1)
    for offset in 0...key.count where offset == key.count || key[offset] & 0xC0 != 0x80 {
      offsets[offset] = LocaleText.canonicalLower(key[..<offset], locale: locale)?.count ?? -1
    }
    let divisions = Divisions(canonical, inventory, first: [.lexicon, .prefix, .root])
    let isKnown = !divisions.isWhole && inventory.kindsOfWord(canonical).contains(.lexicon)
    words[key] = (divisions, isKnown, offsets)
    return Word(range: range, divisions: divisions, isKnown: isKnown, canonicalOffsets: offsets)
  }

  /// Whether a token of letters is a member of a division of the word it stands in.
  func isStrict(_ form: Form, at range: Range<Int>, in word: Word) -> Bool {
    guard range.lowerBound >= word.range.lowerBound, range.upperBound <= word.range.upperBound else {
      return false
    }
    let start = word.canonicalOffsets[range.lowerBound - word.range.lowerBound]
    let end = word.canonicalOffsets[range.upperBound - word.range.lowerBound]
    guard start >= 0, end > start else { return false }
    if word.isKnown, start == 0, range.upperBound == word.range.upperBound { return true }
    let allowed: FormClass = start == 0 ? [.lexicon, .root, .prefix] : .suffix
    return !form.kinds.isDisjoint(with: allowed) && word.divisions.isBoundary(start)
      && word.divisions.isBoundary(end)
  }
}
