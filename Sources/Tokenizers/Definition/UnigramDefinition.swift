/// A unigram language model: pieces with log-probabilities. Its vocabulary holds UTF-8.
public struct UnigramDefinition: Sendable {
  /// Whose rules decide what the two reference libraries decide differently: the precision of sums,
  /// which pieces a text can match, and what becomes of a run of unknown characters.
  public enum Flavor: Sendable, Hashable {
    /// `tokenizer.json`: sums in double precision, every piece can match.
    case huggingFace
    /// SentencePiece's own files: sums in single precision, pieces have a ``PieceKind``.
    case sentencePiece
  }

  public var flavor: Flavor = .huggingFace
  /// For ``Flavor/sentencePiece``.
  public var release = SentencePieceRelease.v023
  /// One kind an id for ``Flavor/sentencePiece``; empty means that all are normal but the unknown piece.
  public var kinds: [PieceKind] = []
  public var vocabulary: Vocabulary
  /// One score an id, holes 0. Read from a tokenizer.json these are the doubles that `serde_json` makes
  /// of the texts, which may be one unit in the last place beside the correctly rounded ones.
  public var scores: [Double]
  /// The scores as the file spelled them, so that reading and writing changes nothing; nil means that
  /// ``scores`` are to be written in their shortest form.
  public var scoreTexts: ScoreTexts?
  public var unknownID: TokenID?
  public var byteFallback: Bool

  public init(
    vocabulary: Vocabulary, scores: [Double], scoreTexts: ScoreTexts? = nil, unknownID: TokenID? = nil,
    byteFallback: Bool = false
  ) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.scoreTexts = scoreTexts
    self.unknownID = unknownID
    self.byteFallback = byteFallback
  }
}

/// Numbers as a file spelled them, one after another.
public struct ScoreTexts: Sendable, Equatable {
  private var blob: [UInt8] = []
  private var ends: [Int] = []

  public init() {}

  public var count: Int { ends.count }

  public mutating func append(_ text: some Sequence<UInt8>) {
    blob.append(contentsOf: text)
    ends.append(blob.count)
  }

  public subscript(_ index: Int) -> ArraySlice<UInt8> {
    blob[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }
}
