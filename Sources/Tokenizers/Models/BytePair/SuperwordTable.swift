/// What encoding in two levels needs to know about a byte-level vocabulary whose tokens cross words
/// (SuperBPE, arXiv 2503.13423): its merges were learnt inside words first and across them later.
///
/// Let *T* be the rank of the first merge that joins a letter and a space. Merges below T are *early*, the
/// others *late*. Two facts make two levels exact, and both are checked:
///
/// 1. No early merge takes a part that a late merge makes. All early merges then happen before any late one,
///    and none of them becomes possible again.
/// 2. Between two bytes where no early merge has its junction, early merges cannot meet. So text may be cut
///    there, the words encoded apart by early merges alone (and remembered), and late merges run over their
///    tokens.
///
/// Late merges are confined as well: following each operand down to the tokens of the first level that it ends
/// and begins with gives the pairs of such tokens between which some late merge has its junction (`open`).
/// Between all others the text falls into runs, most of them of one token.
///
/// The idea of two levels: aryanjverma/supergigatoken, `src/bpe/superword.rs`, which probes a scanner for T.
package final class SuperwordTable: Sendable {
  /// T.
  package let threshold: Int
  /// The same vocabulary with the early merges only.
  package let words: BytePairModel
  /// One bit a pair of bytes: set where words may be cut.
  package let cuts: [UInt64]
  /// Pairs of first-level tokens between which a late merge may have its junction.
  package let open: MergeTable

  /// Below this the first level would have too little to remember.
  private static let minimumThreshold = 512
  private static let mostEnds = 64

  /// Whether any merge joins a letter and a space; most vocabularies are done with after this.
  private static func crossesWords(_ list: MergeList, _ vocabulary: Vocabulary) -> Bool {
    (0..<list.count).contains { rank in
      guard vocabulary.bytes(of: list.right[rank]).first == 0x20,
        let last = vocabulary.bytes(of: list.left[rank]).last
      else { return false }
      return (0x61...0x7A).contains(last | 0x20)
    }
  }

  package init?(_ model: BytePairModel, minimum: Int = SuperwordTable.minimumThreshold) {
    let definition = model.definition
    guard definition.semantics == .mergeList, definition.alphabet == .bytes else { return nil }
    let list = definition.merges
    let vocabulary = model.vocabulary
    let none = UInt32.max
    guard Self.crossesWords(list, vocabulary) else { return nil }
    // The first rank of a merge with its junction between two bytes. Duplicates that lost their rank are void.
    var first = [UInt32](repeating: none, count: 65536)
    var isVoid = [Bool](repeating: false, count: list.count)
    for rank in 0..<list.count {
      let (left, right) = (list.left[rank], list.right[rank])
      guard let last = vocabulary.bytes(of: left).last, let next = vocabulary.bytes(of: right).first else {
        return nil
      }
      guard model.merges.rank(left, right) == UInt32(rank) else {
        isVoid[rank] = true
        continue
      }
      let junction = Int(last) << 8 | Int(next)
      if first[junction] == none { first[junction] = UInt32(rank) }
    }
    let letters = Array(UInt8(ascii: "A")...UInt8(ascii: "Z")) + Array(UInt8(ascii: "a")...UInt8(ascii: "z"))
    let threshold = letters.map { first[Int($0) << 8 | 0x20] }.min() ?? none
    guard threshold != none, threshold >= minimum else { return nil }
    self.threshold = Int(threshold)

    var isLate = [Bool](repeating: false, count: vocabulary.capacity)
    var isEarly = isLate
    for id in model.byteTokens where id != VocabularyStorage.none { isEarly[Int(id)] = true }
    for rank in 0..<list.count where !isVoid[rank] {
      if rank < threshold {
        isEarly[Int(list.result[rank])] = true
      } else {
        isLate[Int(list.result[rank])] = true
      }
    }
    for rank in 0..<Int(threshold) {
      if isVoid[rank] {
        // Its pair has a later rank; the merges of the first level must not know it as early.
        if model.merges.rank(list.left[rank], list.right[rank]) >= threshold { return nil }
      } else if isLate[Int(list.left[rank])] || isLate[Int(list.right[rank])] {
        return nil
      }
    }
    guard let open = Self.openPairs(list, isVoid, threshold: Int(threshold), isLate, isEarly) else {
      return nil
    }
    self.open = open

    var cuts = [UInt64](repeating: 0, count: 1024)
    for junction in 0..<65536 where first[junction] >= threshold {
      cuts[junction >> 6] |= 1 << UInt64(junction & 63)
    }
    self.cuts = cuts
    var early = definition
    early.merges = list.prefix(Int(threshold))
    early.wholePieceShortcut = false
    early.dropout = nil
    guard let words = try? BytePairModel(early) else { return nil }
    self.words = words
  }

  /// A late token ends, and begins, with the first-level tokens that the parts of its merges do.
  private static func openPairs(
    _ list: MergeList, _ isVoid: [Bool], threshold: Int, _ isLate: [Bool], _ isEarly: [Bool]
  ) -> MergeTable? {
    var starts: [TokenID: Set<TokenID>] = [:]
    var ends: [TokenID: Set<TokenID>] = [:]
    func own(_ id: TokenID) -> Set<TokenID> { isEarly[Int(id)] ? [id] : [] }
    func set(_ sets: [TokenID: Set<TokenID>], _ id: TokenID) -> Set<TokenID> {
      isLate[Int(id)] ? sets[id] ?? own(id) : own(id)
    }
    // In rank order one pass is enough unless a merge is ranked before one of its parts.
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for rank in threshold..<list.count where !isVoid[rank] {
        let result = list.result[rank]
        let newStarts = set(starts, result).union(set(starts, list.left[rank]))
        let newEnds = set(ends, result).union(set(ends, list.right[rank]))
        if newStarts.count > mostEnds || newEnds.count > mostEnds { return nil }
        if newStarts != starts[result] || newEnds != ends[result] {
          hasChanged = true
          starts[result] = newStarts
          ends[result] = newEnds
        }
      }
    }
    let table = MergeTable(expecting: list.count - threshold)
    for rank in threshold..<list.count where !isVoid[rank] {
      for end in set(ends, list.left[rank]) {
        for start in set(starts, list.right[rank]) { table.set(end, start, rank: 0) }
      }
    }
    return table
  }
}
