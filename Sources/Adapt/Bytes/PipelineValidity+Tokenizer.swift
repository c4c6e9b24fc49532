import Tokenizers

extension PipelineValidity {
  /// The validity of a tokenizer's sequences.
  ///
  /// A normalizer, and added tokens that are recognised in any text, are beyond the local rules: with them
  /// a sequence counts as viable when the whole tokenizer makes it of its bytes, which misses what only
  /// later text makes viable, so ``isExact`` is false.
  ///
  /// - Throws: ``ToklabError`` for a pre-tokenizer that drops or rewrites text: its tokens are not made of
  ///   the text's bytes.
  public convenience init(_ tokenizer: Tokenizer, _ vocabulary: ByteVocabulary) throws(ToklabError) {
    guard let preTokenizer = tokenizer.scannerPreTokenizer else {
      throw ToklabError(
        "a pre-tokenizer that drops or rewrites text",
        expected: "one whose pieces are the text",
        advice: "the quantity all, whose bytes are those of the tokens, needs no encoder")
    }
    let isPlain = tokenizer.normalizer == nil && !tokenizer.definition.addedTokens.contains { !$0.special }
    guard isPlain else {
      let encoder = EncoderBox(tokenizer.definition)
      self.init(
        vocabulary, piece: .encoding { encoder.encode($0) }, preTokenizer: WholeText.preTokenizer,
        claimsExactness: false)
      return
    }
    let checksWholePieces: Bool
    let piece: PieceValidity
    var definition = tokenizer.definition
    var shortcut = false
    if case .bytePair(var bytePair) = definition.model {
      // The shortcut is for whole pieces; what is asked here is mostly the beginning of one.
      shortcut = bytePair.wholePieceShortcut
      bytePair.wholePieceShortcut = false
      definition.model = .bytePair(bytePair)
    }
    definition.preTokenizer = nil
    definition.addedTokens = []
    definition.postProcessor = nil
    let encoder = EncoderBox(definition)
    if let model = tokenizer.model as? BytePairModel,
      let table = model.backtrackingTable ?? BacktrackingTable(model, allowsLateMerges: true)
    {
      let pairs = PairValidity(table, vocabulary) { encoder.encode($0) }
      piece = .pairs(pairs)
      checksWholePieces =
        shortcut
        && pairs.reachable.indices.contains { !pairs.reachable[$0] && vocabulary.roles[$0] == .text }
    } else {
      piece = .encoding { encoder.encode($0) }
      checksWholePieces = shortcut
    }
    self.init(
      vocabulary, piece: piece, preTokenizer: preTokenizer, checksWholePieces: checksWholePieces)
  }
}

extension PipelineValidity {
  /// The validity of an encoder without pre-tokenizer whose encodings of prefixes are prefixes of encodings:
  /// longest match, unigram.
  ///
  /// - Parameter encoder: nil for bytes it cannot encode.
  public convenience init(
    _ vocabulary: ByteVocabulary, encoder: @escaping @Sendable ([UInt8]) -> [TokenID]?
  ) {
    self.init(vocabulary, piece: .encoding(encoder), preTokenizer: WholeText.preTokenizer)
  }
}

/// A pre-tokenizer that cuts nothing.
enum WholeText {
  static var preTokenizer: any PreTokenizer {
    do { return try PreTokenizers.make(nil) } catch { preconditionFailure("no component cannot fail") }
  }
}

/// An encoder that one validity alone uses, made when it is first asked; it gives nil for text that it cannot
/// encode.
private final class EncoderBox: @unchecked Sendable {
  private let definition: TokenizerDefinition
  private var encoder: DocumentEncoder?
  private let ids = TokenBuffer(capacity: 64)

  init(_ definition: TokenizerDefinition) { self.definition = definition }

  func encode(_ bytes: [UInt8]) -> [TokenID]? {
    ids.removeAll()
    do throws(ToklabError) {
      if encoder == nil { encoder = try DocumentEncoder(try Tokenizer(definition)) }
      let encoder = encoder!
      try withBuffer(bytes) { (buffer) throws(ToklabError) in try encoder.encode(buffer, into: ids) }
    } catch { return nil }
    return ids.ids
  }
}
