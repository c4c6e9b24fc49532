/// What unigram training is asked for. Names and defaults follow SentencePiece's trainer, but for the size.
public struct UnigramParameters: Sendable, Hashable {
  /// Whose choices are made where SentencePiece's are known to cost quality.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Sums in double precision; a string that always ends a word is a seed; lines of any length.
    case standard = "default"
    /// What release 0.2.0 does, for parity.
    case sentencePiece020 = "sp-0.2.0"

    /// Lines of more bytes are left out; nil: none.
    public var maxLineLength: Int? { self == .sentencePiece020 ? 4192 : nil }
  }

  public var mode: Mode
  /// Unknown, control and byte pieces included.
  public var vocabularySize: Int
  /// The share of the text's characters that the vocabulary must hold.
  public var characterCoverage: Double
  /// Candidates to begin with, characters not counted.
  public var seedSize: Int
  /// The share of pieces that one round of pruning keeps.
  public var shrink: Double
  /// Steps of expectation and maximization between two prunings.
  public var subIterations: Int
  /// Characters a piece may have.
  public var maxPieceLength: Int
  /// 256 byte pieces stand for characters outside the vocabulary.
  public var byteFallback: Bool

  public init(
    mode: Mode = .standard, vocabularySize: Int = 32000, characterCoverage: Double = 0.9995,
    seedSize: Int = 1_000_000, shrink: Double = 0.75, subIterations: Int = 2, maxPieceLength: Int = 16,
    byteFallback: Bool = false
  ) {
    self.mode = mode
    self.vocabularySize = vocabularySize
    self.characterCoverage = characterCoverage
    self.seedSize = seedSize
    self.shrink = shrink
    self.subIterations = subIterations
    self.maxPieceLength = maxPieceLength
    self.byteFallback = byteFallback
  }
}
