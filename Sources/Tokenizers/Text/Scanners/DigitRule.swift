/// Every digit (`\p{N}`) alone, then GPT-2's pattern on what stands between digits, as a text of its own:
/// StarCoder, SmolLM and Command R. A space before a digit is then a piece, and white space that ends at a
/// digit stays whole.
///
/// Source: huggingface `bigcode/starcoder` tokenizer.json; ggerganov/llama.cpp `src/llama-vocab.cpp`.
enum DigitRule: PieceRule {
  @inline(__always)
  static func end(_ text: ScanText, from start: Int) -> Int {
    var index = start
    if text.base[start] == 0x20 {
      index = start &+ 1
      if index == text.count { return index }
    }
    let (bits, next) = text.unit(at: index)
    if !bits.isDisjoint(with: .letter) { return text.letters(from: next) }
    if bits.contains(.number) { return index == start ? next : index }
    if bits.contains(.space) { return text.whiteSpace(from: start, .plain, wall: .number) }
    if index == start, let end = text.contraction(at: start, foldCase: false) { return end }
    return text.run(from: next, ofNone: [.letter, .number, .space])
  }

  /// As with GPT-2's pattern alone; a digit is a piece wherever it stands.
  @inline(__always)
  static func isCut(_ text: ScanText, _ index: Int) -> Bool { GPT2Rule.isCut(text, index) }
}
