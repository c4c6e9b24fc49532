/// The definition of SentencePiece's byte-pair encoding, to be read first and to argue with the fast engine:
/// as long as two neighbours spell a piece, join those whose piece has the highest score, and of equal ones the
/// leftmost. Works on strings of bytes, one look-up a pair. Rules and source: ``ScoredBytePairModel``.
public final class NaiveScoredBytePair: PieceEncoder {
  private let definition: BytePairDefinition
  private let model: ScoredBytePairModel
  private let scratch = TokenBuffer()
  /// Unused pieces that were left whole for their depth.
  private var deep: Set<[UInt8]> = []
  private var proposed: [[UInt8]: (left: [UInt8], right: [UInt8])] = [:]

  package init(_ definition: BytePairDefinition, _ model: ScoredBytePairModel) {
    self.definition = definition
    self.model = model
  }

  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var start = start
    for end in ends {
      var isAfterUnknown = false
      for piece in pieces(of: Array(text[start..<end])) {
        let left: Set<PieceKind> =
          model.release == .v020 || deep.contains(piece)
          ? [.normal, .userDefined, .unused] : [.normal, .userDefined]
        if let id = id(of: piece, of: left) {
          ids.append(id)
          lengths?.append(UInt32(piece.count))
          isAfterUnknown = false
        } else if model.byteFallback {
          for byte in piece {
            ids.append(model.fallbackTokens[Int(byte)])
            lengths?.append(1)
          }
        } else if isAfterUnknown {
          if let lengths { lengths.base[lengths.count - 1] += UInt32(piece.count) }
        } else {
          ids.append(model.unknownID)
          lengths?.append(UInt32(piece.count))
          isAfterUnknown = true
        }
      }
      start = end
    }
  }

  public func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  private func id(of piece: [UInt8], of kinds: Set<PieceKind>) -> TokenID? {
    guard let id = definition.vocabulary.id(of: piece), id != model.unknownID else { return nil }
    return kinds.contains(definition.kinds.isEmpty ? .normal : definition.kinds[Int(id)]) ? id : nil
  }

  private struct Symbol {
    var bytes: [UInt8]
    var isFrozen: Bool
  }

  private func pieces(of text: [UInt8]) -> [[UInt8]] {
    var symbols: [Symbol] = []
    var rest = text[...]
    while let first = rest.first {
      let whole = (1...rest.count).last { id(of: Array(rest.prefix($0)), of: [.userDefined]) != nil }
      let length = whole ?? min(UnigramViterbi.characterLength(first), rest.count)
      symbols.append(Symbol(bytes: Array(rest.prefix(length)), isFrozen: whole != nil))
      rest = rest.dropFirst(length)
    }
    proposed = [:]
    for index in symbols.indices.dropLast() { propose(symbols, index) }
    while true {
      var best: (score: Int32, index: Int, piece: [UInt8])?
      for index in symbols.indices.dropLast() {
        guard let (piece, score) = score(symbols, index), best == nil || score > best!.score
        else { continue }
        best = (score, index, piece)
      }
      guard let best else { break }
      symbols[best.index].bytes = best.piece
      symbols.remove(at: best.index + 1)
      if best.index > 0 { propose(symbols, best.index - 1) }
      if best.index + 1 < symbols.count { propose(symbols, best.index) }
    }
    return symbols.flatMap { takeApart($0.bytes) }
  }

  private func score(_ symbols: [Symbol], _ index: Int) -> ([UInt8], Int32)? {
    if symbols[index].isFrozen || symbols[index + 1].isFrozen { return nil }
    let piece = symbols[index].bytes + symbols[index + 1].bytes
    return id(of: piece, of: [.normal, .userDefined, .unused]).map {
      (piece, ScoredBytePairModel.rank(of: definition.scores[Int($0)], model.release))
    }
  }

  private func propose(_ symbols: [Symbol], _ index: Int) {
    guard let (piece, _) = score(symbols, index), id(of: piece, of: [.unused]) != nil else { return }
    proposed[piece] = (symbols[index].bytes, symbols[index + 1].bytes)
  }

  private func takeApart(_ piece: [UInt8], depth: Int = 0) -> [[UInt8]] {
    guard id(of: piece, of: [.unused]) != nil, let pair = proposed[piece] else { return [piece] }
    if model.release == .v023, depth > 100 {
      deep.insert(piece)
      return [piece]
    }
    return takeApart(pair.left, depth: depth + 1) + takeApart(pair.right, depth: depth + 1)
  }
}
