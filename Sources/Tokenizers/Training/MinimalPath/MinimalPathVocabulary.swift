/// The tokens of a training on minimal paths: special tokens, the 256 bytes, and the pieces still in the race.
///
/// Special tokens and bytes are those of ``BytePairTrainer``, ids included. A special token never stands on a
/// path, unless it is the spelling of a single byte; a piece spelled like one is dropped.
struct MinimalPathVocabulary {
  let specials: [SpecialToken]
  /// Special tokens and bytes, in the order of their ids.
  let fixed: [[UInt8]]
  /// Which of ``fixed`` can stand on a path.
  private let isByte: [Bool]
  /// The pieces that may go, in the order of their ids.
  var pieces: [[UInt8]]

  init(_ parameters: BytePairParameters, pieces: [[UInt8]]) {
    let start = BytePairTrainer(parameters).startingTokens()
    specials = start.specials
    fixed = (0..<start.tokens.count).map { start.tokens[TokenID($0)] }
    let bytes = Set(start.byteIDs)
    isByte = fixed.indices.map { bytes.contains(TokenID($0)) }
    self.pieces = pieces.filter { $0.count > 1 && start.tokens.id(of: $0) == nil }
  }

  /// How many pieces a vocabulary of this size has room for.
  func room(_ vocabularySize: Int) -> Int { max(0, vocabularySize - fixed.count) }

  /// The bytes in order, then the pieces: what ``MinimalPaths`` is made of.
  private var walked: [[UInt8]] { fixed.indices.filter { isByte[$0] }.map { fixed[$0] } + pieces }

  /// The number of walked tokens before the first piece.
  static let bytes = 256

  /// - Parameter costs: of the bytes as they stand in ``fixed``, then of ``pieces``.
  func paths(_ costs: [Int64]) -> MinimalPaths { MinimalPaths(walked, costs: costs) }

  /// Costs that are all 1: the fewest tokens.
  var unitCosts: [Int64] { [Int64](repeating: 1, count: Self.bytes + pieces.count) }

  /// Pieces go by their uses, most used first, equal ones by their bytes.
  mutating func sortPieces(by counts: [Int64], _ costs: inout [Int64]) {
    let order = pieces.indices.sorted {
      let (one, two) = (counts[Self.bytes + $0], counts[Self.bytes + $1])
      return one != two ? one > two : pieces[$0].lexicographicallyPrecedes(pieces[$1])
    }
    pieces = order.map { pieces[$0] }
    costs = costs.prefix(Self.bytes) + order.map { costs[Self.bytes + $0] }
  }

  /// Keeps these pieces, given by ascending index.
  mutating func keep(_ kept: [Int]) { pieces = kept.map { pieces[$0] } }

  /// A unigram model over spelled bytes whose scores are the negated costs over `unit`.
  ///
  /// - Throws: ``ToklabError`` when a post-processor names a special token that is missing.
  func tokenizer(
    _ parameters: BytePairParameters, costs: [Int64], unit: Double, cutBy cut: PreTokenization,
    _ statistics: TrainingStatistics
  ) throws(ToklabError) -> TrainedTokenizer {
    var builder = VocabularyBuilder()
    var scores: [Double] = []
    var byte = 0
    for (id, token) in fixed.enumerated() {
      let spelled =
        id < specials.count ? Array(specials[id].content.utf8) : ByteAlphabet.spelling(of: token)
      builder.append(id: TokenID(id), spelled)
      scores.append(isByte[id] ? -Double(costs[byte]) / unit : Self.never)
      byte += isByte[id] ? 1 : 0
    }
    for (index, piece) in pieces.enumerated() {
      builder.append(id: TokenID(fixed.count + index), ByteAlphabet.spelling(of: piece))
      scores.append(-Double(costs[Self.bytes + index]) / unit)
    }
    let definition = TokenizerDefinition(
      normalizer: cut.normalizerComponent, preTokenizer: cut.preTokenizerComponent,
      model: .unigram(UnigramDefinition(vocabulary: try builder.build(), scores: scores)),
      postProcessor: try parameters.postProcessor.template(specials),
      decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
      addedTokens: specials.enumerated().map { id, special in
        AddedToken(id: TokenID(id), content: Array(special.content.utf8))
      })
    return TrainedTokenizer(definition: definition, statistics: statistics)
  }

  /// The score of a special token: any path without it is better.
  private static let never = -Double(1 << 40)
}
