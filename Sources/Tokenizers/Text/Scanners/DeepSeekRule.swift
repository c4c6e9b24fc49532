/// DeepSeek-V3's three successive splits, fused:
///
///     \p{N}{1,3}
///     [一-龥぀-ゟ゠-ヿ]+
///     [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
///     | ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
///
/// A split works on each piece of the one before as on a text of its own. So numbers, and runs of the second
/// split's Chinese and Japanese characters, are walls: what the third split reads ends there, also for
/// `(?!\S)`. Text that no alternative matches (controls, format characters, unassigned code points) is a
/// piece up to the next match. Source: the `tokenizer.json` of DeepSeek-V3.
enum DeepSeekRule: PieceRule {
  static var classes: UnicodeClasses { .deepSeek }

  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    let (bits, next) = text.unit(at: start)
    if bits.contains(.number) {
      return bits.contains(.newline)
        ? wallEnd(text, from: start) : numbers(text, after: next)
    }
    return thirdSplit(text, from: start, bits, next)
  }

  /// `\p{N}{1,3}`, not going into a wall of the second split.
  @inline(__always)
  private static func numbers(_ text: ScanText, after index: Int) -> Int {
    var index = index
    var taken = 1
    while taken < 3, index < text.count {
      let (bits, next) = text.unit(at: index)
      if bits.intersection([.number, .newline]) != .number { break }
      index = next
      taken &+= 1
    }
    return index
  }

  /// The third split within one run of the second split's characters.
  @inline(never)
  private static func wallEnd(_ text: ScanText, from start: Int) -> Int {
    var limit = start
    while limit < text.count {
      let (bits, next) = text.unit(at: limit)
      if !bits.isSuperset(of: [.number, .newline]) { break }
      limit = next
    }
    let run = ScanText(base: text.base, count: limit, classes: .shared)
    let (bits, next) = run.unit(at: start)
    return thirdSplit(run, from: start, bits, next)
  }

  private static var word: ScalarClass { [.letter, .mark] }

  @inline(__always)
  private static func thirdSplit(
    _ text: ScanText, from start: Int, _ bits: ScalarClass, _ next: Int
  ) -> Int {
    if !bits.isDisjoint(with: word) { return text.letters(from: next, in: word) }
    if bits.contains(.punctuation) {
      let byte = text.base[start]
      if byte < 0x80, next < text.count, (text.base[next] | 0x20) &- 0x61 < 26 {
        return asciiLetters(text, from: next)
      }
      return text.newlines(from: text.run(from: next, of: .punctuation))
    }
    if bits.contains(.newline) { return text.whiteSpace(from: start, .newlinesFirst, wall: .number) }
    if next == text.count { return next }
    let (following, second) = text.unit(at: next)
    if !following.isDisjoint(with: word) { return text.letters(from: second, in: word) }
    if bits.contains(.space) {
      if text.base[start] == 0x20, following.contains(.punctuation) {
        return text.newlines(from: text.run(from: second, of: .punctuation))
      }
      return text.whiteSpace(from: start, .newlinesFirst, wall: .number)
    }
    return unmatched(text, from: start)
  }

  @inline(__always)
  private static func asciiLetters(_ text: ScanText, from start: Int) -> Int {
    var index = start
    while index < text.count, (text.base[index] | 0x20) &- 0x61 < 26 { index &+= 1 }
    return index
  }

  /// The run of characters without a class at `start`, short of one that a word takes as its first.
  @inline(never)
  private static func unmatched(_ text: ScanText, from start: Int) -> Int {
    var index = start
    var last = start
    while index < text.count {
      let (bits, next) = text.unit(at: index)
      if !bits.isEmpty {
        return !bits.isDisjoint(with: word) && last > start ? last : index
      }
      last = index
      index = next
    }
    return index
  }

  /// Letter, then space; LF, then no white space: as in the cl100k family. Numbers and walls end a piece
  /// on their own account.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool {
    text.isLetterThenSpace(index) || text.isNewlineThenOther(index)
  }
}

extension UnicodeClasses {
  /// ``shared`` with the characters of the second split marked by the bits of numbers and newlines, which
  /// nothing else has together.
  fileprivate static let deepSeek = UnicodeClasses(changing: [0x3040...0x30FF, 0x4E00...0x9FA5]) { _ in
    ScalarClass([.number, .newline]).rawValue
  }
}
