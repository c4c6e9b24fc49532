/// The definition of byte-pair encoding, to be read first and to argue with the fast engines.
///
/// Cut the piece into symbols. As long as some adjacent pair may merge, merge the pair of the lowest rank,
/// and of those the leftmost. Cost: quadratic in the piece, with no cache.
///
/// Source of the algorithm: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with
/// Subword Units" (ACL 2016), section 3.2; of the rank rule: huggingface/tokenizers
/// `models/bpe/word.rs` and openai/tiktoken `src/lib.rs`.
public final class NaiveBytePair: PieceEncoder {
  private let model: BytePairModel
  private let scratch = TokenBuffer()

  public init(_ model: BytePairModel) { self.model = model }

  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    for end in ends {
      for symbol in encode(UnsafeBufferPointer(rebasing: text[start..<end])) {
        ids.append(symbol.id)
        lengths?.append(UInt32(symbol.length))
      }
      start = end
    }
  }

  public func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  /// The symbols of one piece after all merges.
  func encode(_ piece: UnsafeBufferPointer<UInt8>) -> [BytePairSymbol] {
    let definition = model.definition
    if definition.wholePieceShortcut, let id = definition.vocabulary.id(of: piece),
      !definition.vocabulary.isLiteral(id)
    {
      return [BytePairSymbol(id: id, length: piece.count)]
    }
    var symbols = BytePairSymbol.initial(of: piece, model)
    while symbols.count > 1 {
      var best = (rank: UInt32.max, index: 0)
      for index in 0..<symbols.count - 1 {
        let rank = rank(symbols[index].id, symbols[index + 1].id)
        if rank < best.rank { best = (rank, index) }
      }
      if best.rank == .max { break }
      symbols[best.index].id = model.result(of: best.rank)
      symbols[best.index].length += symbols[best.index + 1].length
      symbols.remove(at: best.index + 1)
    }
    return symbols
  }

  private func rank(_ left: TokenID, _ right: TokenID) -> UInt32 {
    switch model.definition.semantics {
    case .mergeList, .scores: return model.merges.rank(left, right)
    case .rankByBytes:
      let vocabulary = model.vocabulary
      guard let id = vocabulary.id(of: vocabulary[left] + vocabulary[right]), !vocabulary.isLiteral(id) else {
        return .max
      }
      return id
    }
  }
}
