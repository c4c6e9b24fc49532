/// GPT-2's pattern, also behind `ByteLevel` with `use_regex`:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// tiktoken's current form of it (`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|…`)
/// gives the same pieces. The contractions know no upper case. Source: openai/gpt-2 `encoder.py`;
/// openai/tiktoken `tiktoken_ext/openai_public.py`.
enum GPT2Rule: PieceRule {
  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    var index = start
    if text.base[start] == 0x20 {
      index = start &+ 1
      if index == text.count { return index }
    }
    let (bits, next) = text.unit(at: index)
    if !bits.isDisjoint(with: .letter) { return text.letters(from: next) }
    if bits.contains(.space) { return text.whiteSpace(from: start, .plain) }
    if bits.contains(.number) { return text.run(from: next, of: .number) }
    if index == start, let end = text.contraction(at: start, foldCase: false) { return end }
    return text.run(from: next, ofNone: [.letter, .number, .space])
  }

  /// Letter, then space: a piece that holds a letter ends with its last letter, whatever follows, and no
  /// earlier piece looks past the first character that is not its own.
  ///
  /// Lone LF between other characters: `\s+` takes it alone, before a character as at the end of a text.
  /// After a longer run of white space the two differ, since `\s+(?!\S)` sees the byte after the cut.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool {
    if text.isLetterThenSpace(index) { return true }
    guard index > 1, text.isNewlineThenOther(index) else { return false }
    let before = text.base[index &- 2]
    return before < 0x80 && text.classes.ascii[Int(before)] & ScalarClass.space.rawValue == 0
  }
}
