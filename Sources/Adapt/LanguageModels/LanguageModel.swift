import Tokenizers

/// A model that gives each token a probability after any context.
public protocol LanguageModel: AnyObject {
  var facts: LanguageModelFacts { get }

  /// For each context the natural logarithms of the probabilities of the next token, one an id, in the
  /// order of the ids. Their exponentials sum to 1; a token that cannot follow has `-.infinity`.
  ///
  /// - Parameter contexts: token ids from the beginning of the text on, the begin token included where the
  ///   model has one.
  /// - Throws: ``ToklabError`` for an id out of range, a context that is too long or that the model does
  ///   not know.
  func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]]

  /// Whether the model has an answer for a context. Recordings know some contexts only.
  func canAnswer(_ context: [TokenID]) -> Bool
}

extension LanguageModel {
  public func canAnswer(_ context: [TokenID]) -> Bool { true }
}

/// What a ``LanguageModel`` says of itself.
public struct LanguageModelFacts: Sendable, Hashable {
  /// The kind, as on the command line: `ngram`, `recorded`, …
  public var kind: String
  /// The number of scores in a row.
  public var vocabularySize: Int
  /// Ids that end the text; together they are one end symbol.
  public var endTokens: [TokenID]
  /// The id every context begins with, where the model needs one.
  public var beginToken: TokenID?
  /// Whether a text may begin without any token before it.
  public var answersEmptyContext: Bool
  /// The longest context in tokens, or nil.
  public var contextLimit: Int?
  /// How many of the last tokens decide a row; nil means all. A context may then be given as its last
  /// `horizon` tokens.
  public var horizon: Int?
  /// Whether a row is the same whatever else is asked in the same call.
  public var isBatchInvariant: Bool
  /// Ids beyond the vocabulary that were dropped from the rows before they were normalized.
  public var paddingRows: Int
  /// Whether rows hold the probabilities of some tokens only; they then sum to less than 1, the others have
  /// `-.infinity`.
  public var isPartial: Bool

  public init(
    kind: String, vocabularySize: Int, endTokens: [TokenID], beginToken: TokenID? = nil,
    answersEmptyContext: Bool = true, contextLimit: Int? = nil, horizon: Int? = nil,
    isBatchInvariant: Bool = true, paddingRows: Int = 0, isPartial: Bool = false
  ) {
    self.kind = kind
    self.vocabularySize = vocabularySize
    self.endTokens = endTokens
    self.beginToken = beginToken
    self.answersEmptyContext = answersEmptyContext
    self.contextLimit = contextLimit
    self.horizon = horizon
    self.isBatchInvariant = isBatchInvariant
    self.paddingRows = paddingRows
    self.isPartial = isPartial
  }
}
