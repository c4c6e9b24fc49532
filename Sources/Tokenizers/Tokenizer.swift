/// A tokenizer that runs: a ``TokenizerDefinition`` compiled into engines.
///
/// The pipeline: added tokens are cut out of the text, the rest is normalized, added tokens of the
/// normalized kind are cut out, what is left is cut into pre-tokens, and the model turns those into ids; a
/// post-processor may add special tokens around them.
///
/// A tokenizer is immutable and shared; the memory and caches of encoding belong to a ``DocumentEncoder``,
/// one for each thread.
public final class Tokenizer: Sendable {
  public let definition: TokenizerDefinition
  public let model: any TokenizerModel
  package let normalizer: (any Normalizer)?
  package let preTokenization: PreTokenizationPlan
  package let postProcessing: PostProcessing
  package let decoding: Decoding

  public var vocabulary: Vocabulary { model.vocabulary }

  /// - Throws: ``ToklabError`` naming the component that cannot run.
  public init(_ definition: TokenizerDefinition) throws(ToklabError) {
    self.definition = definition
    if let settings = definition.sentencePiece {
      model = try Self.model(definition.model, settings)
      let kinds = SentencePieceDecoding.kinds(definition.model, settings)
      normalizer = try SentencePieceNormalizer(
        settings.normalization, spaceAsSuffix: settings.treatsWhitespaceAsSuffix,
        userDefined: kinds.indices.filter { kinds[$0] == .userDefined }.map {
          definition.model.vocabulary[TokenID($0)]
        })
    } else {
      model = try Self.model(definition.model)
      normalizer = try definition.normalizer.map { (component) throws(ToklabError) in
        try Normalizers.make(component)
      }
    }
    preTokenization = try PreTokenizationPlan(
      definition.preTokenizer, spellsBytes: !definition.model.holdsBytes)
    postProcessing = PostProcessing(definition.postProcessor)
    decoding = try Decoding(definition)
  }

  private static func model(_ definition: ModelDefinition) throws(ToklabError) -> any TokenizerModel {
    switch definition {
    case .bytePair(let bytePair): try BytePairModel(bytePair)
    case .unigram(let unigram): try UnigramModel(unigram)
    case .wordPiece(let wordPiece): try WordPieceModel(wordPiece)
    case .wordLevel(let wordLevel): try WordLevelModel(wordLevel)
    case .longestMatch(let longestMatch): try LongestMatchModel(longestMatch)
    }
  }

  private static func model(
    _ definition: ModelDefinition, _ settings: SentencePieceSettings
  ) throws(ToklabError) -> any TokenizerModel {
    switch settings.modelType {
    case .unigram, .bpe: try model(definition)
    case .word, .char: try PieceLookupModel(definition, settings)
    }
  }

  /// One more than the largest id of the model and the added tokens.
  public var capacity: Int {
    max(vocabulary.capacity, definition.addedTokens.map { Int($0.id) + 1 }.max() ?? 0)
  }

  /// Whether every byte string can be encoded and comes back from ``decode(_:skipSpecialTokens:)`` unchanged.
  public var isByteComplete: Bool {
    let isComplete =
      (model as? BytePairModel)?.isByteComplete ?? (model as? LongestMatchModel)?.isByteComplete ?? false
    return isComplete && normalizer == nil && scannerPreTokenizer != nil
  }

  /// The pre-tokenizer, where it neither drops nor rewrites text.
  package var scannerPreTokenizer: (any PreTokenizer)? {
    if case .scanner(let preTokenizer) = preTokenization { preTokenizer } else { nil }
  }

  /// The id of a token by its bytes, added tokens first.
  public func id(of bytes: [UInt8]) -> TokenID? {
    definition.addedTokens.first { $0.content == bytes }?.id ?? vocabulary.id(of: bytes)
  }

  /// The bytes of a token, added tokens first; nil for an id that no token has.
  public func bytes(of id: TokenID) -> [UInt8]? {
    if let added = decoding.added[id] { return added.content }
    return vocabulary.contains(id) ? vocabulary[id] : nil
  }

  /// Encodes one document. For many documents keep a ``DocumentEncoder`` or use ``BatchEncoder``.
  public func encode(
    _ text: some Sequence<UInt8>, options: EncodeOptions = EncodeOptions()
  ) throws(ToklabError) -> Encoding {
    let bytes = Array(text)
    let encoder = try DocumentEncoder(self, options: options)
    // withUnsafeBufferPointer rethrows untyped; the result carries the typed error across.
    let result: Result<Encoding, ToklabError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(ToklabError) { return .success(try encoder.encodeWithOffsets(buffer)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  public func encode(_ text: String, options: EncodeOptions = EncodeOptions()) throws(ToklabError) -> Encoding
  {
    try encode(Array(text.utf8), options: options)
  }

  /// The exact bytes that ids stand for.
  ///
  /// - Throws: ``ToklabError`` for an id that no token has, naming its position.
  public func decode(_ ids: [TokenID], skipSpecialTokens: Bool = false) throws(ToklabError) -> [UInt8] {
    try decoding.decode(ids, skipSpecialTokens: skipSpecialTokens)
  }
}
