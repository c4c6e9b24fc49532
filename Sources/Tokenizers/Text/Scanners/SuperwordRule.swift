/// The second stage of SuperBPE, where white space does not cut:
///
///     \p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)
///
/// Numbers, runs of punctuation and runs of spaces are pieces, and so is what lies between them. Source:
/// PythonNut/superbpe, the pre-tokenizer of its published tokenizers (arXiv 2503.13423).
enum SuperwordRule: PieceRule {
  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    let first = match(text, at: start)
    if first != 0 { return first }
    var index = text.unit(at: start).next
    while index < text.count {
      index = text.letters(from: index)
      if index == text.count { break }
      if text.base[index] == 0x20, index &+ 1 < text.count,
        text.classes.ascii[Int(text.base[index &+ 1] & 0x7F)] & ScalarClass.letter.rawValue != 0,
        text.base[index &+ 1] < 0x80
      {
        // A space and a letter, by far the most frequent: no match starts here.
        index &+= 2
        continue
      }
      if match(text, at: index) != 0 { break }
      index = text.unit(at: index).next
    }
    return index
  }

  /// What is no punctuation. (As a literal in a function that is not inlined, an array was made each call.)
  @inline(__always)
  private static var words: ScalarClass {
    ScalarClass(
      rawValue: ScalarClass.letter.rawValue | ScalarClass.number.rawValue | ScalarClass.space.rawValue)
  }

  /// Where the match that starts at `start` ends; 0 when none does.
  @inline(__always)
  private static func match(_ text: ScanText, at start: Int) -> Int {
    let (bits, next) = text.unit(at: start)
    if bits.contains(.letter) { return 0 }
    if bits.contains(.number) { return text.numbers(after: next, limit: 3) }
    if text.base[start] == 0x20 {
      let end = punctuation(text, from: next)
      return end != 0 ? end : spaces(text, from: start)
    }
    return bits.contains(.space) ? 0 : punctuation(text, from: start)
  }

  /// `[^\s\p{L}\p{N}]{2,}[\r\n/]*`
  @inline(__always)
  private static func punctuation(_ text: ScanText, from start: Int) -> Int {
    guard start < text.count else { return 0 }
    let (first, second) = text.unit(at: start)
    guard first.isDisjoint(with: words), second < text.count else { return 0 }
    let (following, third) = text.unit(at: second)
    guard following.isDisjoint(with: words) else { return 0 }
    return text.newlinesAndSlashes(from: text.run(from: third, ofNone: words))
  }

  /// ` +(?!\S)`
  @inline(__always)
  private static func spaces(_ text: ScanText, from start: Int) -> Int {
    var index = start
    while index < text.count, text.base[index] == 0x20 { index &+= 1 }
    if index == text.count || text.unit(at: index).class.contains(.space) { return index }
    return index &- start > 1 ? index &- 1 : 0
  }

  /// ASCII digit, then another ASCII character: a piece of digits ends there, whatever follows, and no
  /// earlier piece looks past a digit that is not its own.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool {
    text.base[index] < 0x80 && text.base[index] &- 0x30 > 9 && text.base[index &- 1] &- 0x30 <= 9
  }
}
