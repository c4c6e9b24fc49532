/// Encodes pieces of any byte-pair model by the general rules: characters or bytes, prefixes and suffixes,
/// unknown tokens, byte fallback, dropout. ``BytePairEncoder`` is the fast way for complete byte alphabets.
package final class SymbolPieceEncoder: PieceEncoder {
  private let model: BytePairModel
  private let dropout: Double
  private let seed: UInt64
  private var random: SplitMix64
  private let engine = HeapMergeEngine()
  private let scratch = TokenBuffer()

  package init(_ model: BytePairModel, dropout: Double, seed: UInt64) {
    self.model = model
    self.dropout = dropout
    self.seed = seed
    random = SplitMix64(seed: seed)
  }

  package func begin(document number: Int) { random = SplitMix64(seed: seed, document: number) }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    let shortcut = model.definition.wholePieceShortcut
    for end in ends {
      let piece = UnsafeBufferPointer(rebasing: text[start..<end])
      start = end
      if shortcut, dropout == 0, let id = model.vocabulary.id(of: piece), !model.vocabulary.isLiteral(id) {
        ids.append(id)
        lengths?.append(UInt32(truncatingIfNeeded: piece.count))
        continue
      }
      engine.begin()
      for symbol in BytePairSymbol.initial(of: piece, model) {
        engine.append(symbol.id, length: symbol.length)
      }
      engine.merge(model, dropout: dropout, random: &random)
      engine.forEach { id, length in
        ids.append(id)
        lengths?.append(UInt32(truncatingIfNeeded: length))
      }
    }
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }
}
