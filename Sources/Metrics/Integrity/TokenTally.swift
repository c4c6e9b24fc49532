/// The tokens of a text as types and occurrences.
struct TokenTally {
  struct TypeCount {
    var count = 0
    var strict = 0
    let isAlphabetic: Bool
    let isLexical: Bool
    let isPure: Bool

    func holds(_ score: LinguisticIntegrity.Score) -> Bool {
      switch score {
      case .lexical: isLexical
      case .pure: isPure
      case .strictLexical: isLexical && strict * 2 > count
      case .strictPure: isPure && strict * 2 > count
      }
    }
  }

  private(set) var types: [TypeCount] = []
  private(set) var tokenCount = 0
  /// For the bootstrap over lines: tokens, then one column a score.
  private(set) var lineColumns: [[Int]] = []

  init(_ lines: [SegmentedLine], _ classifier: inout TokenClassifier) {
    var index: [[UInt8]: Int] = [:]
    var unknownType: Int?
    let scores = LinguisticIntegrity.Score.allCases
    var columns = Array(repeating: [Int](), count: 1 + scores.count)
    for line in lines {
      let words = classifier.words(of: line.text)
      var nextWord = 0
      var row = [Int](repeating: 0, count: columns.count)
      for token in line.tokens {
        let form = classifier.form(line.text[token.range])
        if !token.isUnknown && form.isText && form.isWhitespace { continue }
        row[0] += 1
        let slot: Int
        if token.isUnknown {
          slot = unknownType ?? types.count
          unknownType = slot
          if slot == types.count {
            types.append(TypeCount(isAlphabetic: false, isLexical: false, isPure: false))
          }
          types[slot].count += 1
          continue
        }
        // A byte string that is not UTF-8 can equal no canonical form, so one index serves both.
        slot = index[form.canonical] ?? types.count
        if slot == types.count {
          index[form.canonical] = slot
          types.append(
            TypeCount(isAlphabetic: form.isAlphabetic, isLexical: form.isLexical, isPure: form.isPure))
        }
        types[slot].count += 1
        guard form.isLexical else { continue }
        var range = token.range
        if line.text[range.lowerBound] == 0x20 { range = range.lowerBound + 1..<range.upperBound }
        while nextWord < words.count && words[nextWord].range.upperBound <= range.lowerBound { nextWord += 1 }
        // What holds no letters has no inner structure: being a form is enough.
        let strict =
          form.isAlphabetic
          ? nextWord < words.count && classifier.isStrict(form, at: range, in: words[nextWord]) : true
        if strict { types[slot].strict += 1 }
        row[1] += 1
        if form.isPure { row[2] += 1 }
        if strict { row[3] += 1 }
        if strict && form.isPure { row[4] += 1 }
      }
      tokenCount += row[0]
      for (column, value) in row.enumerated() { columns[column].append(value) }
    }
    if !lines.isEmpty { lineColumns = columns }
  }

  func occurrences(_ score: LinguisticIntegrity.Score) -> Int {
    guard !lineColumns.isEmpty else { return 0 }
    let place = 1 + LinguisticIntegrity.Score.allCases.firstIndex(of: score)!
    return lineColumns[place].reduce(0, +)
  }
}
