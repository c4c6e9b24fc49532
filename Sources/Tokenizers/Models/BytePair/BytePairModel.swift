import Synchronization

/// A byte-pair-encoding model compiled for encoding.
///
/// Holds what every thread shares: the vocabulary, the merge table, the id each rank produces, and the
/// ids single bytes start as. The table for linear-time encoding of long pieces
/// (``BacktrackingTable``) is made the first time a long piece asks for it.
///
/// The three semantics of BPE (``BytePairDefinition/Semantics`` and the whole-piece shortcut) are data
/// here: rank-by-bytes fills the merge table with every split of every token into two tokens, its rank
/// being the token's id, as `tiktoken` defines it.
public final class BytePairModel: TokenizerModel {
  public let definition: BytePairDefinition
  public var vocabulary: Vocabulary { definition.vocabulary }
  public let unknownID: TokenID?

  package let merges: MergeTable
  /// The token a merge of each rank makes; nil when the rank is the token.
  package let results: [TokenID]?
  /// The token of each single byte, or ``VocabularyStorage/none``.
  package let byteTokens: [TokenID]
  /// Ranks of pairs of single-byte tokens, by the two bytes.
  package let bytePairRanks: [UInt32]
  /// Ids of `<0x00>` … `<0xFF>` for byte fallback, where present.
  package let fallbackTokens: [TokenID]
  /// The model of ``BytePairDefinition/Semantics/scores``, which has its own engine.
  package let scored: ScoredBytePairModel?
  /// True when every byte has a token, so that any input can be encoded.
  public let isByteComplete: Bool

  private enum TableState {
    case unbuilt
    case built(BacktrackingTable?)
  }
  private let table = Mutex<TableState>(.unbuilt)
  private enum SuperwordState {
    case unbuilt
    case built(SuperwordTable?)
  }
  private let superwords = Mutex<SuperwordState>(.unbuilt)

  /// - Throws: ``ToklabError`` for more than 2²¹ ids or 2²² merges, a merge of ids outside the vocabulary,
  ///   or an unknown token that the vocabulary lacks.
  public init(_ definition: BytePairDefinition) throws(ToklabError) {
    self.definition = definition
    let vocabulary = definition.vocabulary
    guard vocabulary.count > 0 else {
      throw ToklabError("an empty vocabulary", expected: "at least one token")
    }
    guard definition.merges.count <= MergeTable.maximumRank else {
      throw ToklabError(
        "\(definition.merges.count) merges", expected: "at most \(MergeTable.maximumRank)")
    }
    if let unknown = definition.unknownToken {
      unknownID = vocabulary.id(of: unknown)
    } else {
      unknownID = nil
    }
    var bytes = [TokenID](repeating: VocabularyStorage.none, count: 256)
    var fallback = bytes
    for byte in 0...255 {
      switch definition.alphabet {
      case .bytes:
        if let id = vocabulary.id(of: [UInt8(byte)]) { bytes[byte] = id }
      case .characters:
        if byte < 0x80, let id = vocabulary.id(of: [UInt8(byte)]) { bytes[byte] = id }
      }
      let name = "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">"
      if let id = vocabulary.id(of: name) { fallback[byte] = id }
    }
    byteTokens = bytes
    fallbackTokens = fallback
    isByteComplete =
      definition.alphabet == .bytes
      ? !bytes.contains(VocabularyStorage.none)
      : definition.byteFallback && !fallback.contains(VocabularyStorage.none)
    switch definition.semantics {
    case .mergeList:
      scored = nil
      merges = try Self.table(of: definition.merges, in: vocabulary)
      results = definition.merges.result
    case .rankByBytes:
      scored = nil
      merges = Self.table(ofSplitsIn: vocabulary) { $0 }
      results = nil
    case .scores:
      // Symbols, merges and rules of their own.
      guard let unknownID else {
        throw ToklabError(
          "byte-pair encoding by scores without an unknown piece", expected: "a vocabulary with one")
      }
      scored = try ScoredBytePairModel(definition, unknownID: unknownID, fallbackTokens: fallback)
      merges = MergeTable(expecting: 0)
      results = nil
    }
    var pairs = [UInt32](repeating: MergeTable.none, count: 65536)
    for left in 0..<256 where bytes[left] != VocabularyStorage.none {
      for right in 0..<256 where bytes[right] != VocabularyStorage.none {
        pairs[left << 8 | right] = merges.rank(bytes[left], bytes[right])
      }
    }
    bytePairRanks = pairs
  }

  private static func table(of list: MergeList, in vocabulary: Vocabulary) throws(ToklabError) -> MergeTable {
    let table = MergeTable(expecting: list.count)
    let capacity = TokenID(vocabulary.capacity)
    for rank in 0..<list.count {
      let (left, right, result) = (list.left[rank], list.right[rank], list.result[rank])
      guard left < capacity, right < capacity, result < capacity else {
        throw ToklabError(
          "merge \(rank) names token \(max(left, right, result))", expected: "ids below \(capacity)")
      }
      table.set(left, right, rank: UInt32(rank))
    }
    return table
  }

  /// Every way to cut a token into two tokens.
  private static func table(ofSplitsIn vocabulary: Vocabulary, rank: (TokenID) -> UInt32) -> MergeTable {
    let table = MergeTable(expecting: vocabulary.capacity * 5 / 2)
    let storage = vocabulary.storage
    for id in 0..<TokenID(vocabulary.capacity) {
      let bytes = vocabulary.bytes(of: id)
      guard bytes.count > 1, !vocabulary.isLiteral(id) else { continue }
      let base = bytes.baseAddress!
      for cut in 1..<bytes.count {
        let left = storage.find(base, cut)
        if left == VocabularyStorage.none { continue }
        let right = storage.find(base + cut, bytes.count - cut)
        if right == VocabularyStorage.none { continue }
        table.set(left, right, rank: rank(id))
      }
    }
    return table
  }

  /// The token that the merge of this rank makes.
  @inline(__always)
  package func result(of rank: UInt32) -> TokenID {
    if let results { return results[Int(rank)] }
    return rank
  }

  /// The table for linear-time encoding, or nil when the vocabulary does not pass its gate.
  package var backtrackingTable: BacktrackingTable? {
    table.withLock { state in
      if case .built(let table) = state { return table }
      let table = BacktrackingTable(self)
      state = .built(table)
      return table
    }
  }

  /// The table for encoding in two levels, or nil when no token crosses words.
  package var superwordTable: SuperwordTable? {
    superwords.withLock { state in
      if case .built(let table) = state { return table }
      let table = SuperwordTable(self)
      state = .built(table)
      return table
    }
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    let dropout = options.dropout ?? definition.dropout ?? 0
    if let scored {
      if dropout > 0 {
        return CachedPieceEncoder(
          ScoredMergeEngine(scored, dropout: dropout, seed: options.seed), unknownID: unknownID,
          remembers: false)
      }
      if options.algorithm == .reference { return NaiveScoredBytePair(definition, scored) }
      return CachedPieceEncoder(ScoredMergeEngine(scored), unknownID: unknownID, cuts: scored.cuts)
    }
    if options.algorithm == .reference, dropout == 0 { return NaiveBytePair(self) }
    if dropout == 0, definition.alphabet == .characters {
      return CachedPieceEncoder(
        CharacterMergeEngine(self), unknownID: unknownID, cuts: CharacterMergeEngine.cuts(of: self),
        wholePieces: definition.wholePieceShortcut ? vocabulary : nil)
    }
    let general = SymbolPieceEncoder(self, dropout: dropout, seed: options.seed)
    if dropout > 0 || definition.alphabet == .characters { return general }
    if definition.continuingSubwordPrefix ?? "" != "" || definition.endOfWordSuffix ?? "" != "" {
      // CLIP: symbols depend on their place in the piece.
      return CachedPieceEncoder(
        CharacterMergeEngine(self), unknownID: unknownID,
        wholePieces: definition.wholePieceShortcut ? vocabulary : nil)
    }
    let fast: any PieceEncoder
    if let table = superwordTable {
      fast = try SuperwordEncoder(self, table)
    } else {
      fast = BytePairEncoder(self)
    }
    return isByteComplete ? fast : PartialByteEncoder(self, fast: fast, general: general)
  }
}
