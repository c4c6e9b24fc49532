/// Which pairs of tokens the second stage of superword training may join.
///
/// A token may not hold a colon that a space follows, nor more than `maxWords` words, words being what
/// spaces part. Source: alisawuffles/tokenizers-superbpe, `tokenizers/src/models/bpe/trainer.rs`, which drops a
/// pair when it comes up; here it is never counted, which gives the same merges.
struct SuperwordRules: Sendable {
  /// The number of words, and what stands at the two ends.
  private struct Shape {
    var words: Int32
    var startsWithSpace: Bool
    var endsWithSpace: Bool
    var endsWithColon: Bool
  }

  let maxWords: Int
  private var shapes: [Shape] = []

  init(maxWords: Int, tokens: TokenTable) {
    self.maxWords = maxWords
    for id in 0..<tokens.count { append(tokens[TokenID(id)]) }
  }

  /// Takes up the next token.
  mutating func append(_ bytes: [UInt8]) {
    shapes.append(
      Shape(
        words: Int32(bytes.split(separator: 0x20).count), startsWithSpace: bytes.first == 0x20,
        endsWithSpace: bytes.last == 0x20, endsWithColon: bytes.last == 0x3A))
  }

  @inline(__always)
  func allow(_ left: Int, _ right: Int) -> Bool {
    let (a, b) = (shapes[left], shapes[right])
    if a.endsWithColon && b.startsWithSpace { return false }
    let joins: Int32 = a.endsWithSpace || b.startsWithSpace ? 0 : 1
    return Int(a.words + b.words - joins) <= maxWords
  }
}
