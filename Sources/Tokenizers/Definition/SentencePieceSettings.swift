/// What a SentencePiece model says beside its pieces. A definition that has these is run as SentencePiece
/// runs it: the whole text is normalized once (``normalization``), white space is escaped as U+2581, user
/// defined pieces are kept whole, and the model sees the result without pre-tokenization.
///
/// Source: google/sentencepiece, `src/sentencepiece_model.proto` and `src/normalizer.cc`.
public struct SentencePieceSettings: Sendable, Equatable {
  /// `trainer_spec.model_type`.
  public enum ModelType: Int, Sendable, CaseIterable {
    case unigram = 1, bpe = 2, word = 3, char = 4
  }

  /// A `NormalizerSpec`.
  public struct Normalization: Sendable, Equatable {
    /// `nmt_nfkc`, `nfkc`, `nmt_nfkc_cf`, `nfkc_cf`, `identity` or a name of the trainer's own.
    public var name: String
    /// A compiled map of character sequences; empty for none.
    public var charsmap: [UInt8]
    public var addDummyPrefix: Bool
    public var removeExtraWhitespaces: Bool
    public var escapeWhitespaces: Bool

    public init(
      name: String = "identity", charsmap: [UInt8] = [], addDummyPrefix: Bool = true,
      removeExtraWhitespaces: Bool = true, escapeWhitespaces: Bool = true
    ) {
      self.name = name
      self.charsmap = charsmap
      self.addDummyPrefix = addDummyPrefix
      self.removeExtraWhitespaces = removeExtraWhitespaces
      self.escapeWhitespaces = escapeWhitespaces
    }
  }

  public var modelType: ModelType
  public var normalization: Normalization
  public var denormalization: Normalization?
  /// White space belongs to the end of the word before it, not to the beginning of the word after it.
  public var treatsWhitespaceAsSuffix: Bool
  /// What `decode` writes for an unknown token.
  public var unknownSurface: [UInt8]
  public var beginningID: TokenID?
  public var endID: TokenID?
  public var paddingID: TokenID?
  /// The file's own messages (`trainer_spec`, `normalizer_spec`, `self_test_data`, `denormalizer_spec` and
  /// fields toklab does not know), as they were read, in order; empty where there was no file. They are
  /// written back unchanged.
  public var messages: [Message]

  /// Whether reserved pieces have a score of 0 in the file; those of before 2018 have none.
  public var scoresReservedPieces = true
  /// Scores and kinds of the pieces of a model of words, whose definition has no place for them.
  public var wordScores: [Float] = []
  public var wordKinds: [PieceKind] = []

  /// One field of a protobuf message, length-delimited.
  public struct Message: Sendable, Equatable {
    public var field: Int
    public var bytes: [UInt8]
    public init(field: Int, bytes: [UInt8]) {
      self.field = field
      self.bytes = bytes
    }
  }

  public init(
    modelType: ModelType, normalization: Normalization = Normalization(),
    denormalization: Normalization? = nil, treatsWhitespaceAsSuffix: Bool = false,
    unknownSurface: [UInt8] = Array(" \u{2047} ".utf8), beginningID: TokenID? = nil, endID: TokenID? = nil,
    paddingID: TokenID? = nil, messages: [Message] = []
  ) {
    self.modelType = modelType
    self.normalization = normalization
    self.denormalization = denormalization
    self.treatsWhitespaceAsSuffix = treatsWhitespaceAsSuffix
    self.unknownSurface = unknownSurface
    self.beginningID = beginningID
    self.endID = endID
    self.paddingID = paddingID
    self.messages = messages
  }
}
