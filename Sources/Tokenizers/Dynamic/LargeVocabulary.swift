/// The large vocabulary of dynamic tokenization: a tokenizer's tokens and the merges of a text on top of them,
/// up to a million and more, for greedy longest-prefix tokenization (``LongestMatchModel``).
///
/// Base tokens keep their ids; special tokens leave holes, since such a vocabulary matches plain text only. A
/// base token stands for its text (`▁` is a space), and each of the 256 bytes gets a token where the base has
/// none, so that any input can be encoded. What a normalizer of the base does to text is not kept.
///
/// Source: arXiv 2411.18553, the decoder variant; DariusFeher/dynamic-tokenization,
/// `get_1M_vocabulary.py`. Deviation: that program trains anew with the base tokens as special tokens; here
/// merging goes on from the base tokenizer's own tokens.
public struct LargeVocabulary: Sendable {
  public let definition: TokenizerDefinition
  /// Ids of the base tokenizer, special tokens included.
  public let baseSize: Int
  /// Tokens for single bytes that the base lacked.
  public let addedBytes: Int
  public let learned: VocabularyExtension

  /// - Throws: ``ToklabError`` as ``VocabularyExtender``.
  public init(
    extending tokenizer: Tokenizer, on corpus: Corpus, size: Int, minFrequency: Int64 = 0,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) {
    let surfaces = TokenSurfaces(tokenizer)
    var texts = surfaces.texts()
    let known = Set(texts.lazy.map(\.text).filter { $0.count == 1 })
    let bytes = (0...255).map { [UInt8($0)] }.filter { !known.contains($0) }
    var extender = VocabularyExtender(size: size, minFrequency: minFrequency)
    extender.joinsFallbackBytes = true
    learned = try extender.extend(tokenizer, with: bytes, on: corpus, run: run)
    baseSize = surfaces.capacity
    addedBytes = bytes.count
    for (index, token) in learned.tokens.enumerated() {
      texts.append((learned.firstID + TokenID(index), surfaces.surface(of: token)))
    }
    var builder = VocabularyBuilder()
    builder.reserveCapacity(tokens: texts.count, bytes: texts.reduce(0) { $0 + $1.text.count })
    var seen: Set<[UInt8]> = []
    seen.reserveCapacity(texts.count)
    for (id, text) in texts where seen.insert(text).inserted { builder.append(id: id, text) }
    definition = TokenizerDefinition(
      model: .longestMatch(LongestMatchDefinition(vocabulary: try builder.build())))
  }
}
