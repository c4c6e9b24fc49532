/// A text in one language, encoded line by line: the input of the intrinsic metrics.
public struct EncodedCorpus: Sendable {
  public struct Line: Sendable, Hashable {
    public var ids: [TokenID]
    /// The text with the stretch that each id stands for; as many tokens as ids.
    public var segmented: SegmentedLine

    public init(ids: [TokenID], segmented: SegmentedLine) {
      self.ids = ids
      self.segmented = segmented
    }
  }

  public var tokenizer: TokenizerIdentity
  /// The label of the rows; nil for text of no stated language.
  public var language: String?
  /// The language code whose word and grapheme rules count, such as `th`; empty for the root rules.
  public var locale: String
  public var lines: [Line]
  /// Ordinary tokens: special ones are not counted, since no text may use them.
  public var vocabularySize: Int
  public var unknownID: TokenID?

  public init(
    tokenizer: TokenizerIdentity, language: String? = nil, locale: String = "", lines: [Line],
    vocabularySize: Int, unknownID: TokenID? = nil
  ) {
    self.tokenizer = tokenizer
    self.language = language
    self.locale = locale
    self.lines = lines
    self.vocabularySize = vocabularySize
    self.unknownID = unknownID
  }

  /// Encodes every line on its own, without special tokens.
  ///
  /// - Parameter threads: 0 takes all cores; the result is the same for any number.
  /// - Throws: what the tokenizer throws, with the line.
  public static func encode(
    _ text: TextLines, with tokenizer: Tokenizer, identity: TokenizerIdentity, language: String? = nil,
    locale: String = "", threads: Int = 0
  ) throws(ToklabError) -> EncodedCorpus {
    let unknown = tokenizer.model.unknownID
    let lines = SharedResults<Line>(
      text.count, repeating: Line(ids: [], segmented: SegmentedLine([], tokens: [])))
    try Parallel.forEach(text.count, threads: threads) { () throws(ToklabError) in
      try DocumentEncoder(tokenizer)
    } _: { (encoder, line) throws(ToklabError) in
      let bytes = Array(text.bytes[text.range(ofLine: line)])
      do throws(ToklabError) {
        let encoding = try text.withLine(line) { buffer throws(ToklabError) in
          try encoder.encodeWithOffsets(buffer)
        }
        let tokens = zip(encoding.ids, encoding.offsets).map {
          SegmentedLine.Token($0.1, isUnknown: $0.0 == unknown)
        }
        lines[line] = Line(ids: encoding.ids, segmented: SegmentedLine(bytes, tokens: tokens))
      } catch {
        throw ToklabError(
          file: error.file, at: .line(line + 1), error.found, expected: error.expected, advice: error.advice)
      }
    }
    return EncodedCorpus(
      tokenizer: identity, language: language, locale: locale, lines: lines.array,
      vocabularySize: ordinaryTokens(of: tokenizer), unknownID: unknown)
  }

  /// The number of tokens that are not special.
  public static func ordinaryTokens(of tokenizer: Tokenizer) -> Int {
    var count = tokenizer.vocabulary.count
    for token in tokenizer.definition.addedTokens {
      let isInModel = tokenizer.vocabulary.contains(token.id)
      if token.special && isInModel { count -= 1 }
      if !token.special && !isInModel { count += 1 }
    }
    return count
  }

  public var tokenCount: Int { lines.reduce(0) { $0 + $1.ids.count } }
  package var unknownCount: Int {
    guard let unknownID else { return 0 }
    return lines.reduce(0) { $0 + $1.ids.count { $0 == unknownID } }
  }

  /// Why a score of this text says nothing, if so.
  package var fault: String? {
    let tokens = tokenCount
    if tokens == 0 { return "the text has no tokens" }
    let unknown = unknownCount
    return unknown * 10 > tokens ? "\(unknown) of \(tokens) tokens are unknown, more than 10 %" : nil
  }

  /// - Throws: ``ToklabError`` when a line has another number of ids than of stretches, or a stretch
  ///   outside its text.
  package func check() throws(ToklabError) {
    for (index, line) in lines.enumerated() {
      guard line.ids.count == line.segmented.tokens.count else {
        throw ToklabError(
          at: .line(index + 1), "\(line.ids.count) ids and \(line.segmented.tokens.count) stretches of text")
      }
      try line.segmented.check()
    }
  }

  /// A corpus whose lines are cut into the given strings, ids numbered by first appearance: for examples.
  package static func example(
    _ lines: [[String]], vocabularySize: Int, language: String? = nil
  ) -> EncodedCorpus {
    var numbers: [[UInt8]: TokenID] = [:]
    var encoded: [Line] = []
    for pieces in lines {
      var ids: [TokenID] = []
      for piece in pieces {
        let key = Array(piece.utf8)
        let id = numbers[key] ?? TokenID(numbers.count)
        numbers[key] = id
        ids.append(id)
      }
      encoded.append(Line(ids: ids, segmented: SegmentedLine(pieces: pieces)))
    }
    return EncodedCorpus(
      tokenizer: TokenizerIdentity("example"), language: language, lines: encoded,
      vocabularySize: vocabularySize)
  }
}
