/// One symbol of a piece on its way through the merges.
package struct BytePairSymbol {
  package var id: TokenID
  /// Bytes of the piece it stands for.
  package var length: Int

  /// What a piece is cut into before the first merge, by the rules of huggingface/tokenizers
  /// (`models/bpe/model.rs`, `merge_word`): single bytes or characters, the first without and the others
  /// with the continuing prefix, the last with the end-of-word suffix; a character outside the vocabulary
  /// becomes its byte tokens when fallback is on and all of them exist, else the unknown token (runs of it
  /// fused on request), else nothing.
  package static func initial(of piece: UnsafeBufferPointer<UInt8>, _ model: BytePairModel)
    -> [BytePairSymbol]
  {
    let definition = model.definition
    var symbols: [BytePairSymbol] = []
    var pendingUnknown: BytePairSymbol?
    var index = 0
    let prefix = definition.continuingSubwordPrefix.map { Array($0.utf8) } ?? []
    let suffix = definition.endOfWordSuffix.map { Array($0.utf8) } ?? []
    let isPlain = prefix.isEmpty && suffix.isEmpty
    while index < piece.count {
      let length: Int
      switch definition.alphabet {
      case .bytes: length = 1
      case .characters: length = max(1, UTF8Scalar.length(piece.baseAddress! + index, piece.count - index))
      }
      let end = index + length
      let id: TokenID?
      var spelling: [UInt8] = []
      if isPlain {
        id = model.vocabulary.id(of: UnsafeBufferPointer(rebasing: piece[index..<end]))
      } else {
        if index > 0 { spelling += prefix }
        spelling += piece[index..<end]
        if end == piece.count { spelling += suffix }
        id = model.vocabulary.id(of: spelling)
      }
      if let id {
        if let unknown = pendingUnknown {
          symbols.append(unknown)
          pendingUnknown = nil
        }
        symbols.append(BytePairSymbol(id: id, length: length))
      } else {
        let bytes = isPlain ? Array(piece[index..<end]) : spelling
        let fallback = bytes.map { model.fallbackTokens[Int($0)] }
        if definition.byteFallback, !fallback.contains(VocabularyStorage.none) {
          for (position, id) in fallback.enumerated() {
            symbols.append(BytePairSymbol(id: id, length: position < length ? 1 : 0))
          }
        } else if let unknown = model.unknownID {
          if definition.fuseUnknown, var fused = pendingUnknown {
            fused.length += length
            pendingUnknown = fused
          } else {
            if let previous = pendingUnknown { symbols.append(previous) }
            pendingUnknown = BytePairSymbol(id: unknown, length: length)
          }
        }
      }
      index = end
    }
    if let unknown = pendingUnknown { symbols.append(unknown) }
    return symbols
  }
}
