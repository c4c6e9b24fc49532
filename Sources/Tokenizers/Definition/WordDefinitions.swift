/// A WordPiece model: each pre-token is cut into longest pieces from the left, or becomes one unknown
/// token. Its vocabulary holds UTF-8, continuation pieces with their prefix.
public struct WordPieceDefinition: Sendable {
  public var vocabulary: Vocabulary
  public var unknownToken: String
  public var continuingSubwordPrefix: String
  /// A pre-token of more scalars than this is one unknown token.
  public var maxInputCharactersPerWord: Int

  public init(
    vocabulary: Vocabulary, unknownToken: String = "[UNK]", continuingSubwordPrefix: String = "##",
    maxInputCharactersPerWord: Int = 100
  ) {
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
    self.continuingSubwordPrefix = continuingSubwordPrefix
    self.maxInputCharactersPerWord = maxInputCharactersPerWord
  }
}

/// A word-level model: each pre-token is one token, or the unknown token. Its vocabulary holds UTF-8.
public struct WordLevelDefinition: Sendable {
  public var vocabulary: Vocabulary
  public var unknownToken: String

  public init(vocabulary: Vocabulary, unknownToken: String = "<unk>") {
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
  }
}

/// Greedy longest match over bytes, without pre-tokenization: RWKV's "world" tokenizer.
public struct LongestMatchDefinition: Sendable {
  public var vocabulary: Vocabulary

  public init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }
}
