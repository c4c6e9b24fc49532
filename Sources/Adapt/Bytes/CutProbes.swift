import Tokenizers

/// Texts that stand for all that may follow, as far as pre-tokenization can tell them apart.
///
/// The patterns in use look at classes of characters and a bounded way ahead: past a run of white space, at
/// three characters after an apostrophe, at up to three digits, at the first letter after a mark. There is
/// one probe for every such case. Where text ends inside a character, a probe first completes it, in one way
/// for each class the completed character can have.
struct CutProbes: Sendable {
  /// After a text that ends with a whole character. The empty text comes first.
  static let whole: [[UInt8]] = [
    "", "a", "A", " ", " a", " A", "  ", " \n", " 1", " .", "\n", "\na", "\n ", "\n \n", "\r\n", "\t", "\ta",
    "1", "12", "123", "1234", "'", "'s", "'re", "'a", "s", "re", "ve", "ll", "t", "m", "d", "S", ".", ".a",
    "./", ".\n", "/", "$", "\u{301}", "\u{5D0}", "\u{4E2D}", "\u{3042}", "\u{1C5}", "\u{2B0}", "\u{1}",
    "\u{E9}", "\u{C9}",
  ].map { Array($0.utf8) }

  /// The beginning of a character at the end of `bytes`, empty when there is none.
  static func incompleteTail(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
    var tail: [UInt8] = []
    for byte in bytes.reversed() {
      tail.insert(byte, at: 0)
      if byte & 0xC0 != 0x80 || tail.count == 3 { break }
    }
    guard let lead = tail.first, lead >= 0xC2, lead <= 0xF4 else { return [] }
    let needed = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard tail.count < needed else { return [] }
    // What can be completed at all can be completed by one of the extreme continuations.
    return [0x80, 0x90, 0xA0, 0xBF].contains { filler in
      UTF8Scalar.length(tail + [UInt8](repeating: filler, count: needed - tail.count), at: 0) == needed
    } ? tail : []
  }

  /// Nothing; then one rest of each class for a character that begins with `start`, followed by the end, a
  /// letter and spaces.
  static func completing(_ start: [UInt8]) -> [[UInt8]] {
    let rests = completions(of: start)
    return [[]]
      + rests.flatMap { rest in
        [rest, rest + Array("a".utf8), rest + Array(" ".utf8), rest + Array(" a".utf8)]
      }
  }

  /// The first rest for each class, in the order of code points.
  private static func completions(of start: [UInt8]) -> [[UInt8]] {
    guard let lead = start.first else { return [] }
    let needed = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var first = Int(lead) & (needed == 2 ? 0x1F : needed == 3 ? 0x0F : 0x07)
    for byte in start.dropFirst() { first = first << 6 | Int(byte & 0x3F) }
    let open = 6 * (needed - start.count)
    let range = first << open..<(first + 1) << open
    var seen: Set<UInt8> = []
    var result: [[UInt8]] = []
    let least = needed == 2 ? 0x80 : needed == 3 ? 0x800 : 0x10000
    for codePoint in range where codePoint >= least && codePoint < 0x110000 {
      guard let scalar = Unicode.Scalar(UInt32(codePoint)) else { continue }
      guard seen.insert(UnicodeClasses.shared[codePoint].rawValue).inserted else { continue }
      result.append(Array(Array(String(scalar).utf8).dropFirst(start.count)))
    }
    return result
  }
}
