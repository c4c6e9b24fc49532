/// What sets the patterns of the o200k family apart.
protocol CaseOptions {
  static var numbers: Int { get }
  /// A contraction may follow a word within its piece.
  static var contractions: Bool { get }
  /// Punctuation goes on over `[\r\n/]*`, else over `[\r\n]*`.
  static var slashes: Bool { get }
  /// Han is apart: a run of it is a piece, and no other word holds it.
  static var hanApart: Bool { get }
}

/// The o200k family, which cuts words where a capital follows a small letter:
///
///     [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
///     |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
///     |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
///
/// - ``O200KOptions``: this.
/// - ``O200KPlainOptions``: without contractions (first stage of SuperBPE).
/// - ``TekkenOptions``: without contractions, one `\p{N}` a piece (Mistral's tekken, Nemotron).
/// - ``KimiOptions``: `[\p{Han}]+` first, Han out of both word alternatives, `[\r\n]*` for the tail.
///
/// Sources: openai/tiktoken `tiktoken_ext/openai_public.py`; mistralai/mistral-common `tekken.json`;
/// moonshotai `tokenization_kimi.py`.
enum CaseRule<Options: CaseOptions>: PieceRule {
  @inline(__always)
  static var classes: UnicodeClasses { Options.hanApart ? .han : .shared }

  /// Whether the character belongs to `set` and to words at all.
  @inline(__always)
  private static func isWord(_ bits: ScalarClass, _ set: ScalarClass = [.letter, .mark]) -> Bool {
    !bits.isDisjoint(with: set) && !(Options.hanApart && bits.contains(.newline))
  }

  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    let (bits, next) = text.unit(at: start)
    if Options.hanApart, bits.isHan { return hanEnd(text, from: next) }
    if isWord(bits) { return wordEnd(text, from: start) }
    if bits.contains(.number) { return text.numbers(after: next, limit: Options.numbers) }
    if bits.contains(.newline) { return text.whiteSpace(from: start, .newlinesFirst) }
    if next == text.count { return next }
    let (following, second) = text.unit(at: next)
    if isWord(following) { return wordEnd(text, from: next) }
    if bits.contains(.space) {
      if text.base[start] == 0x20, following.isDisjoint(with: [.letter, .number, .space]) {
        return punctuation(text, from: second)
      }
      return text.whiteSpace(from: start, .newlinesFirst)
    }
    return punctuation(text, from: next)
  }

  @inline(__always)
  private static func punctuation(_ text: ScanText, from index: Int) -> Int {
    let end = text.run(from: index, ofNone: [.letter, .number, .space])
    return Options.slashes ? text.newlinesAndSlashes(from: end) : text.newlines(from: end)
  }

  @inline(never)
  private static func hanEnd(_ text: ScanText, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let (bits, next) = text.unit(at: index)
      if !bits.isHan { break }
      index = next
    }
    return index
  }

  /// The end of the word that starts with the letter or mark at `start`.
  ///
  /// The first alternative takes capitals, then small letters, where caseless letters and marks are both.
  /// Without a small letter after the capitals it backs off to the last character that is both; without
  /// one of those it fails, and the second alternative takes the capitals.
  @inline(__always)
  private static func wordEnd(_ text: ScanText, from start: Int) -> Int {
    // ASCII first: [A-Z]*[a-z]+ or [A-Z]+.
    var index = text.capitals(from: start)
    if index == text.count { return index }
    if text.base[index] < 0x80 {
      index = text.smallLetters(from: index)
      if index < text.count, text.base[index] >= 0x80 { return smallEnd(text, from: index) }
      return contraction(text, at: index)
    }
    return wideWordEnd(text, from: start)
  }

  /// The end of a word whose first small letter is before `start`.
  @inline(never)
  private static func smallEnd(_ text: ScanText, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let (bits, next) = text.unit(at: index)
      if !isWord(bits, [.lower, .caseless, .mark]) { break }
      index = next
    }
    return contraction(text, at: index)
  }

  @inline(never)
  private static func wideWordEnd(_ text: ScanText, from start: Int) -> Int {
    var index = start
    var afterBoth = 0
    while index < text.count {
      let (bits, next) = text.unit(at: index)
      if !isWord(bits, [.upper, .caseless, .mark]) {
        if bits.contains(.lower) { return smallEnd(text, from: next) }
        break
      }
      if bits != .upper { afterBoth = next }
      index = next
    }
    return contraction(text, at: afterBoth != 0 ? afterBoth : index)
  }

  @inline(__always)
  private static func contraction(_ text: ScanText, at index: Int) -> Int {
    guard Options.contractions, index < text.count, text.base[index] == 0x27 else { return index }
    return text.contraction(at: index, foldCase: true) ?? index
  }

  /// Letter, then space: a piece that holds a letter ends with a letter, and reads at most the one
  /// character after it; a space there is as good as the end.
  ///
  /// LF, then a character that is neither white space nor "/": as in the cl100k family; "/" is left out
  /// because punctuation goes on over `[\r\n/]*`.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool {
    text.isLetterThenSpace(index) || (text.isNewlineThenOther(index) && text.base[index] != 0x2F)
  }
}

enum O200KOptions: CaseOptions {
  @inline(__always) static var numbers: Int { 3 }
  @inline(__always) static var contractions: Bool { true }
  @inline(__always) static var slashes: Bool { true }
  @inline(__always) static var hanApart: Bool { false }
}

enum O200KPlainOptions: CaseOptions {
  @inline(__always) static var numbers: Int { 3 }
  @inline(__always) static var contractions: Bool { false }
  @inline(__always) static var slashes: Bool { true }
  @inline(__always) static var hanApart: Bool { false }
}

enum TekkenOptions: CaseOptions {
  @inline(__always) static var numbers: Int { 1 }
  @inline(__always) static var contractions: Bool { false }
  @inline(__always) static var slashes: Bool { true }
  @inline(__always) static var hanApart: Bool { false }
}

enum KimiOptions: CaseOptions {
  @inline(__always) static var numbers: Int { 3 }
  @inline(__always) static var contractions: Bool { true }
  @inline(__always) static var slashes: Bool { false }
  @inline(__always) static var hanApart: Bool { true }
}

extension ScalarClass {
  /// In ``UnicodeClasses/han``, Han characters have the bit ``newline`` without ``space``.
  @inline(__always) fileprivate var isHan: Bool { intersection([.newline, .space]) == .newline }
}

extension UnicodeClasses {
  /// ``shared`` with script Han (Unicode 16.0) marked: letters, numbers and symbols alike.
  fileprivate static let han = UnicodeClasses(changing: [
    0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
    0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
    0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1,
    0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF,
  ]) { $0 | ScalarClass.newline.rawValue }
}
