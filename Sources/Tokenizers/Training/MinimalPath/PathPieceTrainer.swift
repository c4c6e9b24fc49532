/// Trains a vocabulary that cuts text into as few tokens as possible (PathPiece).
///
/// 1. Many candidates: the tokens of a byte-pair training, or the most frequent strings of pre-tokens.
/// 2. Rounds: all pre-tokens are cut into the fewest pieces; for each piece it is known how many tokens the text
///    would grow by without it (``MinimalPaths/omissions(_:threads:)``). The share of pieces that costs least
///    goes. Equal costs: the less used piece goes, then the later candidate.
/// 3. When as many are left as asked for, ids go by use on the last paths.
///
/// The tokenizer is a unigram model whose scores are all −1 over the bytes' spelling: of the cuts into the fewest
/// tokens that one whose last token is longest, and so on to the left (PathPieceL), in every library that runs
/// unigram models.
///
/// Source: Schmidt, Reddy, Zhang, Alameddine, Uzan, Pinter, Tanner 2024, "Tokenization Is More Than Compression"
/// (arXiv 2402.18376), sections 3.1 to 3.3. Where the paper leaves it open: how many pieces a round drops, and
/// the order of equal ones, are ours. Its repository (kensho-technologies/pathpiece) holds the encoder alone.
///
/// Cost: a round walks each distinct pre-token twice; with the defaults nine rounds from 262,144 to 32,000.
public struct PathPieceTrainer: Trainer {
  /// Where candidates come from.
  public enum Initial: String, Sendable, Hashable, CaseIterable {
    /// The tokens of ``BytePairTrainer`` on the same pre-tokens.
    case bpe
    /// The strings inside pre-tokens that occur most often; equal ones by length, longest first, then bytes.
    case ngram
  }

  /// ``BytePairParameters/maxTokenLength`` is strict here too: 17 allows the published 16 bytes.
  public var parameters: BytePairParameters
  public var initial: Initial
  /// The candidates to begin with; published: 262,144.
  public var initialSize: Int
  /// The share of pieces that a round keeps.
  public var shrink: Double

  public init(
    _ parameters: BytePairParameters = BytePairParameters(maxTokenLength: 17), initial: Initial = .bpe,
    initialSize: Int = 262144, shrink: Double = 0.8
  ) {
    self.parameters = parameters
    self.initial = initial
    self.initialSize = initialSize
    self.shrink = shrink
  }

  public static let descriptor = TrainerDescriptor(
    name: "pathpiece", summary: "the fewest tokens: candidates dropped by what the text grows without them",
    parameters: [
      .init(name: "vocab-size", defaultValue: "32000", summary: "special tokens and bytes included"),
      .init(name: "max-token-length", defaultValue: "17", summary: "candidates of this many bytes are out"),
      .init(name: "initial", defaultValue: "bpe", summary: "where candidates come from: bpe or ngram"),
      .init(name: "initial-size", defaultValue: "262144", summary: "candidates to begin with"),
      .init(name: "shrink", defaultValue: "0.8", summary: "share of pieces a round keeps"),
    ],
    citation: "Schmidt et al. 2024, Tokenization Is More Than Compression (arXiv 2402.18376)")

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try check()
    return try train(
      on: try PreTokenCounts(corpus, cutBy: preTokenization, run: run), cutBy: preTokenization, run: run)
  }

  /// The same from counted pre-tokens.
  ///
  /// - Throws: ``ToklabError`` when there is no text or parameters do not fit.
  public func train(
    on counts: PreTokenCounts, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try check()
    var vocabulary = MinimalPathVocabulary(parameters, pieces: try candidates(counts, run))
    let wanted = vocabulary.room(parameters.vocabularySize)
    while vocabulary.pieces.count > wanted {
      let uses = vocabulary.paths(vocabulary.unitCosts).omissions(counts, threads: run.threads)
      let size = max(wanted, Int(shrink * Double(vocabulary.pieces.count)))
      vocabulary.keep(Self.best(size, of: vocabulary.pieces.count, uses))
      run.progress?(.train, vocabulary.pieces.count)
    }
    var costs = vocabulary.unitCosts
    let uses = vocabulary.paths(costs).uses(counts, threads: run.threads)
    vocabulary.sortPieces(by: uses.counts, &costs)
    return try vocabulary.tokenizer(
      parameters, costs: costs, unit: 1, cutBy: preTokenization,
      TrainingStatistics(
        textBytes: counts.textBytes, preTokens: counts.occurrences, distinctPreTokens: counts.count,
        merges: vocabulary.pieces.count, textTokens: uses.tokens))
  }

  /// The `size` pieces whose absence costs most, ascending.
  static func best(_ size: Int, of count: Int, _ uses: MinimalPaths.Uses) -> [Int] {
    let first = MinimalPathVocabulary.bytes
    let order = (0..<count).sorted {
      let (one, two) = (first + $0, first + $1)
      if uses.omissions[one] != uses.omissions[two] { return uses.omissions[one] > uses.omissions[two] }
      return uses.counts[one] != uses.counts[two] ? uses.counts[one] > uses.counts[two] : $0 < $1
    }
    return order.prefix(size).sorted()
  }

  /// - Throws: ``ToklabError`` for parameters that do not fit, before any text is read.
  public func check() throws(ToklabError) {
    try BytePairTrainer(parameters).check()
    guard shrink > 0, shrink < 1 else {
      throw ToklabError("a shrinking to \(shrink)", expected: "between 0 and 1")
    }
    guard initialSize >= parameters.vocabularySize, initialSize <= VocabularyBuilder.maximumCapacity else {
      throw ToklabError(
        "\(initialSize) candidates for a vocabulary of \(parameters.vocabularySize)",
        expected: "\(parameters.vocabularySize) to \(VocabularyBuilder.maximumCapacity)",
        advice: "give a larger --initial-size")
    }
  }

  private func candidates(_ counts: PreTokenCounts, _ run: TrainingRun) throws(ToklabError) -> [[UInt8]] {
    switch initial {
    case .bpe: try Self.bytePairs(counts, initialSize, parameters, run)
    case .ngram:
      try FrequentStrings.of(
        counts, below: parameters.maxTokenLength ?? 17, least: max(2, parameters.minFrequency),
        limit: initialSize, run)
    }
  }

  /// The tokens of a byte-pair training of `size` tokens, in order of learning.
  static func bytePairs(
    _ counts: PreTokenCounts, _ size: Int, _ parameters: BytePairParameters, _ run: TrainingRun
  ) throws(ToklabError) -> [[UInt8]] {
    let training = try BytePairTrainer(
      BytePairParameters(
        vocabularySize: max(256, size), minFrequency: parameters.minFrequency,
        maxTokenLength: parameters.maxTokenLength)
    ).train(on: counts, run: run)
    return (256..<max(256, training.vocabularySize)).map { training.tokens[TokenID($0)] }
  }
}
