/// A word-level model: each pre-token is one token of the vocabulary, or the unknown token
/// (huggingface/tokenizers `models/wordlevel/mod.rs`).
public final class WordLevelModel: TokenizerModel {
  public let definition: WordLevelDefinition
  public var vocabulary: Vocabulary { definition.vocabulary }
  public let unknownID: TokenID?

  public init(_ definition: WordLevelDefinition) throws(ToklabError) {
    self.definition = definition
    unknownID = definition.vocabulary.id(of: definition.unknownToken)
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    WordLevelEncoder(self)
  }
}

/// One look-up a piece; there is nothing to remember.
final class WordLevelEncoder: PieceEncoder {
  private let model: WordLevelModel
  private let vocabulary: Vocabulary
  private let scratch = TokenBuffer()

  init(_ model: WordLevelModel) {
    self.model = model
    vocabulary = model.vocabulary
  }

  func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    for end in ends {
      guard let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: text[start..<end])) ?? model.unknownID
      else {
        throw ToklabError(
          at: .byte(start),
          "a word outside the vocabulary, which has no \"\(model.definition.unknownToken)\"",
          expected: "known words", advice: "add the unknown token to the vocabulary")
      }
      ids.append(id)
      lengths?.append(UInt32(truncatingIfNeeded: end - start))
      start = end
    }
  }

  func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }
}
