import Tokenizers

/// Which tokens of a byte-pair vocabulary may stand side by side inside a piece.
///
/// A sequence of tokens that encode to themselves is the encoding of its bytes exactly when each two
/// neighbours are (see ``BacktrackingTable``, which decides it by a walk along the junction). The argument
/// needs no order of merges: until something merges across a boundary the tokens come about independently,
/// and whether something does depends on the two at the boundary only. So for tokens that the table cannot
/// hold, those made by a merge that is ranked before one of its parts, the two are encoded.
final class PairValidity: @unchecked Sendable {
  /// By id: tokens of text that encode to themselves.
  let reachable: [Bool]
  private let table: BacktrackingTable
  /// By id: reachable, but not in the table. Empty where there are none.
  private let isLate: [Bool]
  private let vocabulary: ByteVocabulary
  private let encode: ([UInt8]) -> [TokenID]?
  private var known: [UInt64: Bool] = [:]

  /// - Parameter encode: the encoder of one piece, without the rule for whole pieces.
  init(
    _ table: BacktrackingTable, _ vocabulary: ByteVocabulary, encode: @escaping ([UInt8]) -> [TokenID]?
  ) {
    self.table = table
    self.vocabulary = vocabulary
    self.encode = encode
    var late = [Bool](repeating: false, count: vocabulary.width)
    var hasLate = false
    reachable = (0..<vocabulary.width).map { id -> Bool in
      guard vocabulary.roles[id] == .text else { return false }
      let bytes = vocabulary.vocabulary[TokenID(id)]
      if table.isReachable(TokenID(id)) { return table.trie.value(of: bytes) == TokenID(id) }
      guard encode(bytes) == [TokenID(id)] else { return false }
      late[id] = true
      hasLate = true
      return true
    }
    isLate = hasLate ? late : []
  }

  /// Whether the bytes of two reachable tokens encode to these two.
  @inline(__always)
  func isValid(_ a: TokenID, _ b: TokenID) -> Bool {
    if isLate.isEmpty || !(isLate[Int(a)] || isLate[Int(b)]) { return table.isValid(a, b) }
    return isValidByEncoding(a, b)
  }

  private func isValidByEncoding(_ a: TokenID, _ b: TokenID) -> Bool {
    let key = UInt64(a) << 32 | UInt64(b)
    if let result = known[key] { return result }
    let result = encode(vocabulary.vocabulary[a] + vocabulary.vocabulary[b]) == [a, b]
    known[key] = result
    return result
  }
}
