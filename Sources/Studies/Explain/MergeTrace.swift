import Tokenizers

/// How byte-pair encoding got from the bytes of one pre-token to its tokens: the definition, step by step.
///
/// Quadratic in the pre-token's length; for looking at text, not for encoding it.
package struct MergeTrace: Sendable {
  package struct Step: Sendable {
    package var rank: Int
    package var left: TokenID
    package var right: TokenID
    package var result: TokenID
    /// The tokens after the step.
    package var tokens: [TokenID]
  }

  package let tokenizer: Tokenizer
  package let piece: [UInt8]
  /// What the piece is cut into before the first merge.
  package let start: [TokenID]
  package let steps: [Step]
  /// The piece is a token of its own and no merge was looked at.
  package let isWholePiece: Bool

  package var tokens: [TokenID] { steps.last?.tokens ?? start }

  /// Longer pre-tokens are not traced.
  package static let longest = 1000

  /// The traces of all pre-tokens of a text, after normalization; special tokens are plain text here.
  package static func traces(of text: [UInt8], _ tokenizer: Tokenizer) throws -> [MergeTrace] {
    guard case .bytePair(let definition) = tokenizer.definition.model else {
      throw ToklabError("--explain for a model that is not byte-pair encoding", expected: "a BPE tokenizer")
    }
    let normalized = try tokenizer.normalizer?.normalized(text) ?? text
    var ranks: [UInt64: Int] = [:]
    let merges = definition.merges
    ranks.reserveCapacity(merges.count)
    // A pair that occurs twice has its last rank, as in the reference library's reader.
    for index in 0..<merges.count { ranks[key(merges.left[index], merges.right[index])] = index }
    return try tokenizer.preTokenization.pieces(of: normalized).map { piece in
      try trace(piece.bytes, tokenizer, definition, ranks)
    }
  }

  private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  private static func trace(
    _ piece: [UInt8], _ tokenizer: Tokenizer, _ definition: BytePairDefinition, _ ranks: [UInt64: Int]
  ) throws -> MergeTrace {
    let vocabulary = definition.vocabulary
    func made(_ start: [TokenID], _ steps: [Step], whole: Bool = false) -> MergeTrace {
      MergeTrace(tokenizer: tokenizer, piece: piece, start: start, steps: steps, isWholePiece: whole)
    }
    if definition.wholePieceShortcut, let id = vocabulary.id(of: piece), !vocabulary.isLiteral(id) {
      return made([id], [], whole: true)
    }
    guard piece.count <= longest, definition.alphabet == .bytes else { return made([], []) }
    var tokens: [TokenID] = []
    for byte in piece {
      guard let id = vocabulary.id(of: [byte]) else { return made([], []) }
      tokens.append(id)
    }
    let start = tokens
    var steps: [Step] = []
    while true {
      var best: (rank: Int, index: Int, result: TokenID)?
      for index in tokens.indices.dropLast() {
        let (left, right) = (tokens[index], tokens[index + 1])
        var candidate: (Int, TokenID)?
        switch definition.semantics {
        case .mergeList:
          if let rank = ranks[key(left, right)] { candidate = (rank, definition.merges.result[rank]) }
        default:
          if let id = vocabulary.id(of: vocabulary[left] + vocabulary[right]) { candidate = (Int(id), id) }
        }
        if let (rank, result) = candidate, rank < best?.rank ?? .max { best = (rank, index, result) }
      }
      guard let best else { return made(start, steps) }
      let (left, right) = (tokens[best.index], tokens[best.index + 1])
      tokens[best.index] = best.result
      tokens.remove(at: best.index + 1)
      steps.append(Step(rank: best.rank, left: left, right: right, result: best.result, tokens: tokens))
    }
  }
}
