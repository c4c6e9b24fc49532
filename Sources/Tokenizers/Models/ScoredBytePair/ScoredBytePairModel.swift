/// SentencePiece's byte-pair encoding compiled for encoding: any two neighbours whose concatenation is a piece
/// may merge, the highest score first, and of equal scores the leftmost
/// (google/sentencepiece `bpe_model.cc`; ``SentencePieceRelease`` says where releases differ).
///
/// The rules, as data here:
/// - Text is cut into characters and user-defined pieces (the longest that begins at a position). The latter
///   never merge.
/// - Characters need not be pieces themselves to merge: those that occur in pieces get *symbols* of their own
///   beyond the vocabulary's ids.
/// - Normal and unused pieces can be made by merges; unknown, control and byte pieces never match text.
/// - An unused piece is taken apart again after all merges, into the pair that was last *proposed* for it
///   anywhere in the text.
/// - A character that is no piece becomes its bytes, or the unknown piece; runs of the latter are fused.
package final class ScoredBytePairModel: Sendable {
  package let vocabulary: Vocabulary
  package let unknownID: TokenID
  package let byteFallback: Bool
  package let fallbackTokens: [TokenID]
  /// Pair of symbols → its place among all pieces in merging order.
  package let merges: MergeTable
  /// For each place the piece, and the first place with the same score.
  package let results: [TokenID]
  package let ties: [UInt32]
  package let isUnused: [Bool]
  package let hasUnused: Bool
  package let release: SentencePieceRelease
  /// The symbol of a character outside the vocabulary that merges know nothing of.
  package let unknownSymbol: UInt32
  /// Where a text may be cut; nil when merges on both sides of a cut could meet.
  package let cuts: SpaceCuts?

  /// Ordinary pieces, user-defined ones included: those that a character or a merge can become.
  package let isPiece: [Bool]
  /// Symbols of characters that are no pieces, by their bytes.
  private let characters: [UInt32: UInt32]
  /// The number of symbols: ids, and characters that occur in pieces only.
  package var symbolCount: Int { isPiece.count + characters.count }
  package let userDefined: DoubleArrayTrie?

  package init(_ definition: BytePairDefinition, unknownID: TokenID, fallbackTokens: [TokenID])
    throws(ToklabError)
  {
    let vocabulary = definition.vocabulary
    let capacity = vocabulary.capacity
    guard definition.alphabet == .characters else {
      throw ToklabError("byte-pair encoding by scores over bytes", expected: "an alphabet of characters")
    }
    guard definition.scores.count == capacity else {
      throw ToklabError(
        "\(definition.scores.count) scores for \(capacity) tokens", expected: "one score a token")
    }
    guard definition.kinds.isEmpty || definition.kinds.count == capacity else {
      throw ToklabError(
        "\(definition.kinds.count) kinds for \(capacity) tokens", expected: "one kind a token")
    }
    if let bad = definition.scores.firstIndex(where: \.isNaN) {
      throw ToklabError("piece \(bad) has no number as its score", expected: "a number")
    }
    self.vocabulary = vocabulary
    self.unknownID = unknownID
    self.fallbackTokens = fallbackTokens
    byteFallback = definition.byteFallback
    release = definition.release
    let kinds = (0..<TokenID(capacity)).map { id -> PieceKind in
      if !vocabulary.contains(id) || vocabulary.length(of: id) == 0 { return .control }
      if id == unknownID { return .unknown }
      return definition.kinds.isEmpty ? .normal : definition.kinds[Int(id)]
    }
    isPiece = kinds.map { $0 == .normal || $0 == .userDefined || $0 == .unused }
    isUnused = kinds.map { $0 == .unused }
    hasUnused = isUnused.contains(true)

    let whole = TokenRanges.byteOrder(vocabulary) { kinds[Int($0)] == .userDefined }
    userDefined =
      whole.isEmpty
      ? nil
      : DoubleArrayBuilder.build(
        count: whole.count, key: { vocabulary.bytes(of: whole[$0]) }, value: { whole[$0] }
      ).trie

    var characters: [UInt32: UInt32] = [:]
    for id in 0..<TokenID(capacity) where isPiece[Int(id)] {
      let piece = vocabulary.bytes(of: id)
      var index = 0
      while index < piece.count {
        let length = min(UnigramViterbi.characterLength(piece[index]), piece.count - index)
        let character = UnsafeBufferPointer(rebasing: piece[index..<index + length])
        index += length
        if let id = vocabulary.id(of: character), isPiece[Int(id)] { continue }
        let code = Self.code(of: character)
        if characters[code] == nil { characters[code] = UInt32(capacity + characters.count) }
      }
    }
    self.characters = characters
    let symbolCount = capacity + characters.count
    unknownSymbol = UInt32(symbolCount)
    guard symbolCount < 1 << 21 else {
      throw ToklabError("\(symbolCount) symbols", expected: "fewer than \(1 << 21)")
    }

    let scores = definition.scores.map { Self.rank(of: $0, definition.release) }
    let order = (0..<TokenID(capacity)).sorted {
      scores[Int($0)] != scores[Int($1)] ? scores[Int($0)] > scores[Int($1)] : $0 < $1
    }
    var places = [UInt32](repeating: 0, count: capacity)
    var ties = places
    for (place, id) in order.enumerated() {
      places[Int(id)] = UInt32(place)
      let isTie = place > 0 && scores[Int(order[place - 1])] == scores[Int(id)]
      ties[place] = isTie ? ties[place - 1] : UInt32(place)
    }
    results = order
    self.ties = ties
    merges = MergeTable(expecting: capacity * 5 / 2)
    var cuts = SpaceCuts()
    var hasSpace = false
    /// The symbol of a part of a piece that can take part in a merge.
    let isPiece = self.isPiece
    func mergeable(_ part: UnsafeBufferPointer<UInt8>) -> UInt32? {
      if let id = vocabulary.id(of: part), isPiece[Int(id)] {
        return kinds[Int(id)] == .userDefined ? nil : id
      }
      guard part.count <= 4, part.count == UnigramViterbi.characterLength(part[0]) else { return nil }
      return characters[Self.code(of: part)]
    }
    for id in 0..<TokenID(capacity) where isPiece[Int(id)] {
      let piece = vocabulary.bytes(of: id)
      cuts.forbid(inside: piece)
      hasSpace = hasSpace || piece.elementsEqual(SpaceCuts.space)
      // A user-defined piece is found before merging starts, and so is never made by a merge.
      if kinds[Int(id)] == .userDefined { continue }
      for cut in 1..<max(1, piece.count) {
        guard let left = mergeable(UnsafeBufferPointer(rebasing: piece[..<cut])),
          let right = mergeable(UnsafeBufferPointer(rebasing: piece[cut...]))
        else { continue }
        merges.set(left, right, rank: places[Int(id)])
      }
    }
    // What an unused piece is taken into depends on the whole text, see above.
    self.cuts = hasSpace && !hasUnused ? cuts : nil
  }

  /// Ascends with the score.
  package static func rank(of score: Float, _ release: SentencePieceRelease) -> Int32 {
    let bits = Int32(bitPattern: (release == .v020 && score == 0 ? 0 : score).bitPattern)
    return bits ^ (bits >> 31 & Int32.max)
  }

  private static func code(of character: UnsafeBufferPointer<UInt8>) -> UInt32 {
    character.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The first symbol of a text and its length in bytes.
  @inline(__always)
  package func firstSymbol(_ text: UnsafePointer<UInt8>, _ count: Int) -> (symbol: UInt32, length: Int) {
    if let userDefined, let match = userDefined.longestMatch(text, count) {
      return (match.value, match.length)
    }
    let length = min(UnigramViterbi.characterLength(text[0]), count)
    let id = vocabulary.storage.find(text, length)
    if id != VocabularyStorage.none, isPiece[Int(id)] { return (id, length) }
    if characters.isEmpty { return (unknownSymbol, length) }
    return (
      characters[Self.code(of: UnsafeBufferPointer(start: text, count: length))] ?? unknownSymbol, length
    )
  }

  /// The symbol of a part of a piece that can take part in a merge: a piece, or a character.
  package func symbol(of part: UnsafeBufferPointer<UInt8>) -> UInt32? {
    if let id = vocabulary.id(of: part), isPiece[Int(id)] { return id }
    guard part.count <= 4, part.count == UnigramViterbi.characterLength(part[0]) else { return nil }
    return characters[Self.code(of: part)]
  }

  /// Whether a symbol stands for a character outside the vocabulary.
  @inline(__always)
  package func isUnknown(_ symbol: UInt32) -> Bool { Int(symbol) >= isPiece.count }
}
