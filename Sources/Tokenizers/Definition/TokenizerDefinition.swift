/// Everything a tokenizer file says, as a value: what formats read and write.
///
/// ``Tokenizer/init(_:)`` compiles a definition into engines and rejects what cannot run.
public struct TokenizerDefinition: Sendable {
  public var normalizer: NormalizerComponent?
  public var preTokenizer: PreTokenizerComponent?
  public var model: ModelDefinition
  public var postProcessor: PostProcessorComponent?
  public var decoder: DecoderComponent?
  /// In id order.
  public var addedTokens: [AddedToken]
  public var truncation: TruncationDefinition?
  public var padding: PaddingDefinition?
  /// How SentencePiece treats text around the model; nil for every other kind of tokenizer.
  public var sentencePiece: SentencePieceSettings?

  public init(
    normalizer: NormalizerComponent? = nil, preTokenizer: PreTokenizerComponent? = nil,
    model: ModelDefinition, postProcessor: PostProcessorComponent? = nil,
    decoder: DecoderComponent? = nil, addedTokens: [AddedToken] = [],
    truncation: TruncationDefinition? = nil, padding: PaddingDefinition? = nil
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.postProcessor = postProcessor
    self.decoder = decoder
    self.addedTokens = addedTokens
    self.truncation = truncation
    self.padding = padding
  }
}

/// The model of a tokenizer: its vocabulary and the parameters of its algorithm.
public enum ModelDefinition: Sendable {
  case bytePair(BytePairDefinition)
  case unigram(UnigramDefinition)
  case wordPiece(WordPieceDefinition)
  case wordLevel(WordLevelDefinition)
  case longestMatch(LongestMatchDefinition)

  public var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let definition): definition.vocabulary
    case .unigram(let definition): definition.vocabulary
    case .wordPiece(let definition): definition.vocabulary
    case .wordLevel(let definition): definition.vocabulary
    case .longestMatch(let definition): definition.vocabulary
    }
  }

  /// Whether the vocabulary's entries are bytes of text; else they are characters, those of ``ByteAlphabet``
  /// included.
  package var holdsBytes: Bool {
    switch self {
    case .bytePair(let definition): definition.alphabet == .bytes
    case .longestMatch: true
    case .unigram, .wordPiece, .wordLevel: false
    }
  }
}

/// A byte-pair-encoding model.
public struct BytePairDefinition: Sendable {
  /// How the next merge is chosen. The three semantics of BPE in the wild are this choice and
  /// ``wholePieceShortcut``; they agree on most text, not on all.
  public enum Semantics: Sendable, Hashable {
    /// Lowest (rank, position) pair of the merge list: Hugging Face, SentencePiece-derived files.
    case mergeList
    /// Any adjacent concatenation in the vocabulary may merge, lowest id first: tiktoken.
    case rankByBytes
    /// Any adjacent concatenation in the vocabulary may merge, highest score first: SentencePiece.
    case scores
  }

  /// What a piece is cut into before the first merge.
  public enum Alphabet: Sendable, Hashable {
    /// Single bytes; the vocabulary holds raw bytes (in files: the GPT-2 byte-to-character map).
    case bytes
    /// Unicode scalars; the vocabulary holds UTF-8.
    case characters
  }

  public var vocabulary: Vocabulary
  /// Empty for ``Semantics/rankByBytes`` and ``Semantics/scores``.
  public var merges: MergeList
  /// One score an id for ``Semantics/scores``, else empty.
  public var scores: [Float] = []
  /// One kind an id for ``Semantics/scores``; empty means that all are normal but the unknown token.
  public var kinds: [PieceKind] = []
  /// For ``Semantics/scores``.
  public var release = SentencePieceRelease.v023
  public var semantics: Semantics
  public var alphabet: Alphabet
  /// A pre-token that is a vocabulary entry becomes that entry without merging: tiktoken always,
  /// Hugging Face with `ignore_merges`.
  public var wholePieceShortcut: Bool
  public var dropout: Double?
  public var unknownToken: String?
  public var continuingSubwordPrefix: String?
  public var endOfWordSuffix: String?
  public var fuseUnknown: Bool
  public var byteFallback: Bool

  public init(
    vocabulary: Vocabulary, merges: MergeList = MergeList(), semantics: Semantics,
    alphabet: Alphabet = .bytes, wholePieceShortcut: Bool = false, dropout: Double? = nil,
    unknownToken: String? = nil, continuingSubwordPrefix: String? = nil,
    endOfWordSuffix: String? = nil, fuseUnknown: Bool = false, byteFallback: Bool = false
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.semantics = semantics
    self.alphabet = alphabet
    self.wholePieceShortcut = wholePieceShortcut
    self.dropout = dropout
    self.unknownToken = unknownToken
    self.continuingSubwordPrefix = continuingSubwordPrefix
    self.endOfWordSuffix = endOfWordSuffix
    self.fuseUnknown = fuseUnknown
    self.byteFallback = byteFallback
  }
}

/// Merges in rank order: merge `i` joins `left[i]` and `right[i]` into `result[i]`.
///
/// Several merges may have one result, and a pair may occur twice (the last rank wins, as in the
/// reference library's reader).
public struct MergeList: Sendable, Equatable {
  public private(set) var left: [TokenID] = []
  public private(set) var right: [TokenID] = []
  public private(set) var result: [TokenID] = []

  public init() {}

  public var count: Int { left.count }

  public mutating func reserveCapacity(_ capacity: Int) {
    left.reserveCapacity(capacity)
    right.reserveCapacity(capacity)
    result.reserveCapacity(capacity)
  }

  public mutating func append(left: TokenID, right: TokenID, result: TokenID) {
    self.left.append(left)
    self.right.append(right)
    self.result.append(result)
  }

  /// The first `count` merges.
  public func prefix(_ count: Int) -> MergeList {
    var list = MergeList()
    list.left = Array(left.prefix(count))
    list.right = Array(right.prefix(count))
    list.result = Array(result.prefix(count))
    return list
  }
}
