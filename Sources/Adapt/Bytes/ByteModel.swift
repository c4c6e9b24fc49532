import Tokenizers

/// A token model turned into a model of bytes.
///
/// A sequence of tokens *minimally covers* the bytes x when its bytes begin with x and those of all its
/// tokens but the last do not. P(x), the probability that a text begins with x, is the sum of the
/// probabilities of the covers of x; which covers, and whose probabilities, is the ``ByteQuantity``. Next
/// bytes follow as P(b|x) = P(xb) / P(x), the end as the sum over sequences of exactly x that end there.
///
/// Sources: Phan, Havasi, Muckley and Ullrich, "Understanding and mitigating tokenization bias in language
/// models" (arXiv 2406.16829) and "Exact byte-level probabilities from tokenized language models"
/// (arXiv 2410.09303) for the lemma and one context a byte; Vieira et al., "From language models over tokens
/// to language models over characters" (arXiv 2412.03719) for covers and the quantity *all*; Hayase et al.
/// (arXiv 2506.14123) for the tree that commits tokens; the quantity *canonical* is Canon25's local
/// conditioning (arXiv 2506.07956). The bound of deferred heads is toklab's own.
public final class ByteModel {
  public struct Options: Sendable, Hashable {
    public var quantity: ByteQuantity
    /// In 0 ..< 1: heads whose mass is below this share stay unasked, and the result says how far it may
    /// be off in total variation.
    public var tolerance: Double
    /// For ``ByteQuantity/all``: the number of heads to keep; nil keeps all up to ``ByteModel/coverLimit``
    /// and from then on ``ByteModel/defaultBeam``.
    public var beam: Int?
    public var allowPadding: Bool

    public init(
      quantity: ByteQuantity = .canonical, tolerance: Double = 0, beam: Int? = nil,
      allowPadding: Bool = false
    ) {
      self.quantity = quantity
      self.tolerance = tolerance
      self.beam = beam
      self.allowPadding = allowPadding
    }
  }

  public static let coverLimit = 4096
  public static let defaultBeam = 8

  public let options: Options
  public let vocabulary: ByteVocabulary
  public let model: MemoisedModel
  public let validity: any TokenValidity
  public let tokenizer: Tokenizer?

  /// - Throws: ``ToklabError`` when model and tokenizer do not fit, or an option is out of range.
  public convenience init(
    _ model: any LanguageModel, tokenizer: Tokenizer, options: Options = Options()
  ) throws(ToklabError) {
    let memoised = try MemoisedModel(
      model, capacity: tokenizer.capacity, allowPadding: options.allowPadding)
    let vocabulary = try ByteVocabulary(
      tokenizer, endTokens: model.facts.endTokens, width: memoised.width)
    let validity: any TokenValidity
    if options.quantity == .all {
      validity = EverySequence(vocabulary)
    } else if vocabulary.isSpelled {
      validity = try LocalValidity(tokenizer, vocabulary)
    } else {
      validity = try PipelineValidity(tokenizer, vocabulary)
    }
    try self.init(
      memoised, vocabulary: vocabulary, validity: validity, tokenizer: tokenizer, options: options)
  }

  /// A model over a vocabulary with its own rule of validity.
  public init(
    _ model: MemoisedModel, vocabulary: ByteVocabulary, validity: any TokenValidity,
    tokenizer: Tokenizer? = nil, options: Options = Options()
  ) throws(ToklabError) {
    guard options.tolerance >= 0, options.tolerance < 1 else {
      throw ToklabError("a tolerance of \(options.tolerance)", expected: "at least 0 and below 1")
    }
    if let beam = options.beam {
      guard beam >= 1 else { throw ToklabError("a beam of \(beam)", expected: "1 or more") }
      guard options.quantity == .all else {
        throw ToklabError(
          "a beam for quantity \(options.quantity.rawValue)", expected: "quantity all",
          advice: "the other quantities need none: their covers are few")
      }
    }
    precondition(vocabulary.width == model.width, "the vocabulary was made for another model")
    self.model = model
    self.vocabulary = vocabulary
    self.validity = validity
    self.tokenizer = tokenizer
    self.options = options
  }

  /// The state before any byte.
  ///
  /// - Parameters:
  ///   - context: tokens that stand before the text for certain.
  ///   - tracksTotal: whether ``ByteState/logProbability()`` will be asked for; without, tokens that have
  ///     become certain are never evaluated, since they cancel in conditionals.
  public func state(after context: [TokenID] = [], tracksTotal: Bool = false) -> ByteState {
    ByteState(self, context: [model.facts.beginToken].compactMap(\.self) + context, tracksTotal: tracksTotal)
  }

  /// The state after a prompt.
  public func state(after prompt: BytePrompt, tracksTotal: Bool = false) throws(ToklabError) -> ByteState {
    guard vocabulary.repeatsLeading || vocabulary.leading.isEmpty || prompt.context.isEmpty else {
      throw ToklabError(
        at: .byte(prompt.offset), "text after a special token",
        expected: "none: this tokenizer treats it differently from the beginning of a text")
    }
    let state = state(after: prompt.context, tracksTotal: tracksTotal)
    do throws(ToklabError) { try state.append(prompt.text) } catch { throw error.shifted(by: prompt.offset) }
    return state
  }
}
