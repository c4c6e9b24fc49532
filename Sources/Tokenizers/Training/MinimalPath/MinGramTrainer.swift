import Glibc

/// Trains a unigram model of which the fewest tokens come first and the likeliest pieces second (MinGram).
///
/// 1. Candidates: the tokens of a byte-pair training larger than asked for.
/// 2. Rounds of hard expectation maximization: pre-tokens are cut into the fewest pieces, among equal cuts into
///    the likeliest; the pieces' counts on these paths are their probabilities, ½ added to each.
/// 3. One pruning keeps the pieces of the best score (or, ``Pruning/omission``, those whose absence would cost
///    most tokens), and more rounds settle the scores.
///
/// The tokenizer is a unigram model over the bytes' spelling: a score is the logarithm of the probability,
/// rounded to 1/1024, less 65,536, so that every sum is exact and the number of tokens decides wherever a
/// pre-token has fewer than about two thousand.
///
/// Source: Land 2026, "MinGram" (arXiv 2606.27019), of which the abstract was at hand: the size of the byte-pair
/// vocabulary, the number of rounds and the smoothing are ours, by measurement (docs/tried-and-lost.md).
public struct MinGramTrainer: Trainer {
  /// What the pruning goes by.
  public enum Pruning: String, Sendable, Hashable, CaseIterable {
    /// The published one: by score, which is by use.
    case score
    /// By how many tokens the text would grow without the piece, as ``PathPieceTrainer`` does: better
    /// compression.
    case omission
  }

  public var parameters: BytePairParameters
  /// The byte-pair vocabulary's size as a multiple of that asked for; at least 1.
  public var initialFactor: Double
  /// Rounds before the pruning, and as many after it.
  public var iterations: Int
  public var pruning: Pruning

  public init(
    _ parameters: BytePairParameters = BytePairParameters(), initialFactor: Double = 1.25,
    iterations: Int = 2,
    pruning: Pruning = .score
  ) {
    self.parameters = parameters
    self.initialFactor = initialFactor
    self.iterations = iterations
    self.pruning = pruning
  }

  public static let descriptor = TrainerDescriptor(
    name: "mingram",
    summary: "the fewest tokens, then the likeliest pieces, from a larger byte-pair vocabulary",
    parameters: BytePairTrainer.descriptor.parameters + [
      .init(name: "initial-factor", defaultValue: "1.25", summary: "candidates to begin with, by vocab-size"),
      .init(name: "iterations", defaultValue: "2", summary: "rounds before the pruning, and after it"),
      .init(name: "pruning", defaultValue: "score", summary: "score as published, or omission"),
    ],
    citation: "Land 2026, MinGram (arXiv 2606.27019)")

  /// Units of cost of one token, and of one unit of a logarithm.
  static let tokenCost: Int64 = 1 << 26
  static let unit = 1024.0

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
    var vocabulary = MinimalPathVocabulary(
      parameters, pieces: try PathPieceTrainer.bytePairs(counts, initialSize, parameters, run))
    var costs = vocabulary.unitCosts
    let wanted = vocabulary.room(parameters.vocabularySize)
    settle(vocabulary, &costs, counts, run)
    if vocabulary.pieces.count > wanted {
      let paths = vocabulary.paths(costs)
      var uses: MinimalPaths.Uses
      switch pruning {
      case .score: uses = paths.uses(counts, threads: run.threads)
      case .omission: uses = paths.omissions(counts, threads: run.threads)
      }
      let kept = PathPieceTrainer.best(wanted, of: vocabulary.pieces.count, uses)
      vocabulary.keep(kept)
      costs = costs.prefix(MinimalPathVocabulary.bytes) + kept.map { costs[MinimalPathVocabulary.bytes + $0] }
      settle(vocabulary, &costs, counts, run)
    }
    let uses = vocabulary.paths(costs).uses(counts, threads: run.threads)
    vocabulary.sortPieces(by: uses.counts, &costs)
    return try vocabulary.tokenizer(
      parameters, costs: costs, unit: Self.unit, cutBy: preTokenization,
      TrainingStatistics(
        textBytes: counts.textBytes, preTokens: counts.occurrences, distinctPreTokens: counts.count,
        merges: vocabulary.pieces.count, textTokens: uses.tokens))
  }

  /// ``iterations`` rounds of hard expectation maximization.
  private func settle(
    _ vocabulary: MinimalPathVocabulary, _ costs: inout [Int64], _ counts: PreTokenCounts, _ run: TrainingRun
  ) {
    for _ in 0..<iterations {
      let uses = vocabulary.paths(costs).uses(counts, threads: run.threads)
      costs = Self.costs(uses)
      run.progress?(.train, vocabulary.pieces.count)
    }
  }

  /// One token each, and −ln of the smoothed share of all tokens.
  static func costs(_ uses: MinimalPaths.Uses) -> [Int64] {
    let total = log(Double(uses.tokens) + Double(uses.counts.count) / 2)
    return uses.counts.map { tokenCost + Int64(((total - log(Double($0) + 0.5)) * unit).rounded()) }
  }

  /// The byte-pair vocabulary to begin with.
  private var initialSize: Int {
    min(VocabularyBuilder.maximumCapacity, Int(Double(parameters.vocabularySize) * initialFactor))
  }

  private func check() throws(ToklabError) {
    try BytePairTrainer(parameters).check()
    guard initialFactor >= 1, initialFactor <= 1000 else {
      throw ToklabError(
        "\(initialFactor) times as many candidates as tokens", expected: "1 to 1000")
    }
    guard (1...1000).contains(iterations) else {
      throw ToklabError("\(iterations) rounds", expected: "1 to 1000")
    }
  }
}
