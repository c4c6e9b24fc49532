/// A line of text with the stretches that its tokens stand for.
public struct SegmentedLine: Sendable, Hashable {
  public struct Token: Sendable, Hashable {
    /// Byte range of the line.
    public var range: Range<Int>
    /// The tokenizer did not know this text, so whatever stands there is not in its vocabulary.
    public var isUnknown: Bool

    public init(_ range: Range<Int>, isUnknown: Bool = false) {
      self.range = range
      self.isUnknown = isUnknown
    }
  }

  /// UTF-8.
  public var text: [UInt8]
  /// Ascending; need not cover the text.
  public var tokens: [Token]

  public init(_ text: [UInt8], tokens: [Token]) {
    self.text = text
    self.tokens = tokens
  }

  /// A line cut into the given strings, for tests and examples.
  public init(pieces: [String]) {
    text = []
    tokens = []
    for piece in pieces {
      let start = text.count
      text += Array(piece.utf8)
      tokens.append(Token(start..<text.count))
    }
  }

  /// - Throws: ``ToklabError`` for a range outside the text.
  func check() throws(ToklabError) {
    for token in tokens where token.range.lowerBound < 0 || token.range.upperBound > text.count {
      throw ToklabError("token at bytes \(token.range) of a line of \(text.count) bytes")
    }
  }
}
