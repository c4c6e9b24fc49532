/// Byte-pair encoding over characters by a merge list, one piece at a time: the part of Llama 2's and Gemma's
/// tokenizer.json that remembers nothing; ``CachedPieceEncoder`` cuts the text at spaces and remembers.
package struct CharacterMergeEngine: UncachedPieceEncoder {
  private let model: BytePairModel
  private let engine = HeapMergeEngine()

  package init(_ model: BytePairModel) { self.model = model }

  package func encode(
    _ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    engine.begin()
    for symbol in BytePairSymbol.initial(of: piece, model) {
      engine.append(symbol.id, length: symbol.length)
    }
    engine.merge(model)
    engine.forEach { id, length in
      ids.append(id)
      lengths?.append(UInt32(truncatingIfNeeded: length))
    }
  }

  /// Where a text may be cut before U+2581 without changing its encoding, or nil: every token but a character
  /// is made by merges, so a token spans a place only if a merge joined its parts there, and the last byte of
  /// the left part says after which bytes that can happen. U+2581 must be a token, so that no run of unknown
  /// characters is cut. No cuts are made where characters may be dropped, since those beside them then meet,
  /// with a prefix or suffix, or with merges of byte or unknown tokens.
  package static func cuts(of model: BytePairModel) -> SpaceCuts? {
    let definition = model.definition
    guard definition.alphabet == .characters, definition.continuingSubwordPrefix ?? "" == "",
      definition.endOfWordSuffix ?? "" == "",
      let space = model.vocabulary.id(of: SpaceCuts.space), space != model.unknownID
    else { return nil }
    let keepsAll = definition.byteFallback && !model.fallbackTokens.contains(VocabularyStorage.none)
    guard keepsAll || model.unknownID != nil else { return nil }
    let outside = Set(model.fallbackTokens + [model.unknownID ?? VocabularyStorage.none])
    var cuts = SpaceCuts()
    for merge in 0..<definition.merges.count {
      let (left, right) = (definition.merges.left[merge], definition.merges.right[merge])
      if outside.contains(left) || outside.contains(right) { return nil }
      guard model.vocabulary.bytes(of: right).starts(with: SpaceCuts.space) else { continue }
      guard let last = model.vocabulary.bytes(of: left).last else { return nil }
      cuts.forbid(after: last)
    }
    return cuts
  }
}
