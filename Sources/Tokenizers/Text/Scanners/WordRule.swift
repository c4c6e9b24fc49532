/// What sets the patterns of the cl100k family apart.
protocol WordOptions {
  /// The most numbers in a piece.
  static var numbers: Int { get }
  /// Marks belong to words, not to punctuation.
  static var marksInWords: Bool { get }
  static var whiteSpace: ScanText.WhiteSpaceRule { get }
}

/// The cl100k family:
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
///     |\s*[\r\n]+|\s+(?!\S)|\s+
///
/// - ``Llama3Options``: this, which is also cl100k as it stands in `tokenizer.json` files.
/// - ``CL100KOptions``: cl100k as in tiktoken since 0.8,
///   `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
///   where white space at the end of the text is one piece even after its last line end.
/// - ``Qwen2Options``: one `\p{N}` a piece.
/// - ``Qwen35Options``: also `[\p{L}\p{M}]+` for letters and marks out of punctuation.
///
/// Sources: openai/tiktoken `tiktoken_ext/openai_public.py`; the `tokenizer.json` files of Llama 3, Qwen 2
/// and Qwen 3.5.
enum WordRule<Options: WordOptions>: PieceRule {
  @inline(__always)
  private static var word: ScalarClass { Options.marksInWords ? [.letter, .mark] : .letter }

  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    let (bits, next) = text.unit(at: start)
    if !bits.isDisjoint(with: word) { return text.letters(from: next, in: word) }
    if bits.contains(.number) { return text.numbers(after: next, limit: Options.numbers) }
    if text.base[start] == 0x27, let end = text.contraction(at: start, foldCase: true) { return end }
    if bits.contains(.newline) { return text.whiteSpace(from: start, Options.whiteSpace) }
    if next == text.count { return next }
    let (following, second) = text.unit(at: next)
    if !following.isDisjoint(with: word) { return text.letters(from: second, in: word) }
    if bits.contains(.space) {
      if text.base[start] == 0x20, following.isDisjoint(with: [.space, .number]) {
        return punctuation(text, from: second)
      }
      return text.whiteSpace(from: start, Options.whiteSpace)
    }
    return punctuation(text, from: next)
  }

  @inline(__always)
  private static func punctuation(_ text: ScanText, from index: Int) -> Int {
    text.newlines(from: text.run(from: index, ofNone: [word, .number, .space]))
  }

  /// Letter, then space: a piece that holds a letter ends with its last letter, whatever follows.
  ///
  /// LF, then a character that is no white space: a piece that holds an LF ends with it. Punctuation ends
  /// after `[\r\n]*`; a run of white space ends after its last CR or LF, or with the text, which is the same
  /// place here. No piece begins with an LF and goes on with anything but white space.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool {
    text.isLetterThenSpace(index) || text.isNewlineThenOther(index)
  }
}

enum Llama3Options: WordOptions {
  @inline(__always) static var numbers: Int { 3 }
  @inline(__always) static var marksInWords: Bool { false }
  @inline(__always) static var whiteSpace: ScanText.WhiteSpaceRule { .newlinesFirst }
}

enum CL100KOptions: WordOptions {
  @inline(__always) static var numbers: Int { 3 }
  @inline(__always) static var marksInWords: Bool { false }
  @inline(__always) static var whiteSpace: ScanText.WhiteSpaceRule { .endFirst }
}

enum Qwen2Options: WordOptions {
  @inline(__always) static var numbers: Int { 1 }
  @inline(__always) static var marksInWords: Bool { false }
  @inline(__always) static var whiteSpace: ScanText.WhiteSpaceRule { .newlinesFirst }
}

enum Qwen35Options: WordOptions {
  @inline(__always) static var numbers: Int { 1 }
  @inline(__always) static var marksInWords: Bool { true }
  @inline(__always) static var whiteSpace: ScanText.WhiteSpaceRule { .newlinesFirst }
}
