/// A unigram language model compiled for encoding.
///
/// A text is cut into the pieces whose scores add up highest (Kudo, "Subword Regularization", ACL 2018,
/// section 3.2). Both reference libraries search over byte positions from left to right, and a candidate
/// replaces what a position holds only when it is strictly better, so the earliest start wins ties. They
/// differ in the rest, which is data here (``UnigramDefinition/Flavor``):
///
/// - SentencePiece (`unigram_model.cc`): a path's sum is kept in single precision, in one of two ways
///   (``SentencePieceRelease``); control, unknown, byte and unused pieces never match; a user-defined piece has a
///   score of the release's, an unknown character the lowest score of a normal piece − 10.
/// - Hugging Face (`models/unigram/model.rs`): double precision, every piece can match, unknown characters
///   score 10 below the lowest of all; a run of unknown pieces becomes one string, which is looked up in the
///   vocabulary again before it becomes bytes or the unknown token.
public final class UnigramModel: TokenizerModel {
  public let definition: UnigramDefinition
  public var vocabulary: Vocabulary { definition.vocabulary }
  public let unknownID: TokenID?

  package let trie: ScoredTrie
  /// What each piece adds to a path; not the file's score for user-defined pieces.
  package let scores: [Double]
  package let unknownScore: Double
  /// Of all pieces and of an unknown character.
  package let largestScoreMagnitude: Double
  package let isSinglePrecision: Bool
  /// Nil but for SentencePiece's models.
  package let release: SentencePieceRelease?
  /// A sum of a larger magnitude is taken from everything that is open.
  package static let largestSum = 100_000.0
  /// Ids of `<0x00>` … `<0xFF>` for byte fallback, or ``VocabularyStorage/none``.
  package let fallbackTokens: [TokenID]
  /// Where a text may be cut; nil when U+2581 is no piece, so that unknown pieces could meet at a cut.
  package let cuts: SpaceCuts?

  private static let unknownPenalty: Float = 10
  /// Larger scores could add up to infinity.
  private static let largestScore = 1e27

  /// - Throws: ``ToklabError`` for scores that are missing or not finite, or an unknown id out of range.
  public init(_ definition: UnigramDefinition) throws(ToklabError) {
    self.definition = definition
    let vocabulary = definition.vocabulary
    let capacity = vocabulary.capacity
    guard vocabulary.count > 0 else {
      throw ToklabError("an empty vocabulary", expected: "at least one piece")
    }
    guard definition.scores.count == capacity else {
      throw ToklabError(
        "\(definition.scores.count) scores for \(capacity) pieces", expected: "one score a piece")
    }
    guard definition.kinds.isEmpty || definition.kinds.count == capacity else {
      throw ToklabError(
        "\(definition.kinds.count) kinds for \(capacity) pieces", expected: "one kind a piece")
    }
    if let bad = definition.scores.firstIndex(where: { !($0.magnitude < Self.largestScore) }) {
      throw ToklabError(
        "piece \(bad) has the score \(definition.scores[bad])", expected: "a number of magnitude below 1e27")
    }
    if let unknown = definition.unknownID, !vocabulary.contains(unknown) {
      throw ToklabError("the unknown id \(unknown)", expected: "the id of a piece")
    }
    unknownID = definition.unknownID
    isSinglePrecision = definition.flavor == .sentencePiece
    release = isSinglePrecision ? definition.release : nil

    func kind(_ id: TokenID) -> PieceKind {
      if definition.flavor == .huggingFace { return .normal }
      if id == definition.unknownID { return .unknown }
      return definition.kinds.isEmpty ? .normal : definition.kinds[Int(id)]
    }
    let normal = (0..<TokenID(capacity)).filter { vocabulary.contains($0) && kind($0) == .normal }
    var scores = definition.scores
    switch definition.flavor {
    case .huggingFace:
      unknownScore = (normal.map { scores[Int($0)] }.min() ?? 0) - Double(Self.unknownPenalty)
    case .sentencePiece:
      let normalScores = normal.map { Float(scores[Int($0)]) }
      let lowest = normalScores.min() ?? Float.greatestFiniteMagnitude
      let highest = max(Float.leastNormalMagnitude, normalScores.max() ?? 0)
      unknownScore = Double(lowest - Self.unknownPenalty)
      for id in 0..<capacity {
        guard kind(TokenID(id)) == .userDefined else {
          scores[id] = Double(Float(scores[id]))
          continue
        }
        let length = vocabulary.length(of: TokenID(id))
        switch definition.release {
        case .v020: scores[id] = Double(Float(length) * highest) - 0.1
        case .v023: scores[id] = Double(Float(0.1 * Double(length - 1)))
        }
      }
    }
    self.scores = scores

    let matched = TokenRanges.byteOrder(vocabulary) {
      vocabulary.length(of: $0) > 0 && (kind($0) == .normal || kind($0) == .userDefined)
    }
    trie = ScoredTrie(vocabulary, pieces: matched) { scores[Int($0)] }
    largestScoreMagnitude = matched.reduce(unknownScore.magnitude) { max($0, scores[Int($1)].magnitude) }

    fallbackTokens = (0...255).map { byte in
      let name = "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">"
      return vocabulary.id(of: name) ?? VocabularyStorage.none
    }
    var cuts = SpaceCuts()
    for id in matched { cuts.forbid(inside: vocabulary.bytes(of: id)) }
    let unknown = definition.unknownID.map { vocabulary[$0] } ?? []
    let hasSpace = matched.contains { vocabulary.bytes(of: $0).elementsEqual(SpaceCuts.space) }
    // An unknown piece that begins with a space would have to be joined with one before it.
    self.cuts = hasSpace && !unknown.starts(with: SpaceCuts.space) ? cuts : nil
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    if let theta = options.sampling {
      return CachedPieceEncoder(
        UnigramSampler(self, theta: theta, seed: options.seed), unknownID: unknownID, cuts: cuts,
        remembers: false)
    }
    return options.algorithm == .reference ? NaiveUnigram(self) : UnigramEncoder(self)
  }

  /// The error for a character that has no piece in a model without an unknown piece.
  package func missingUnknown(at byte: Int) -> ToklabError {
    ToklabError(
      at: .byte(byte), "a character outside the vocabulary, and the model has no unknown piece",
      expected: "text of known characters", advice: "give the model an unk_id")
  }
}
