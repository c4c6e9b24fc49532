/// Trains byte-pair encoding in batches of merges that cannot disturb each other.
///
/// A round counts all pairs (a run of one symbol without overlap: "aaa" holds "aa" once), takes the most
/// frequent ones, as many as half the merges still missing, the vocabulary's size or the cap, whichever is
/// least, and walks them down. A pair is left out when its first token was the last of a pair before it, or
/// its last the first of one; both are remembered even then. The others are merged in one pass from left to
/// right. A pair born in a round waits for the next, so the order differs from sequential training, and near
/// the end the choice may; ``BytePairTraining/firstDifference(from:)`` says where.
///
/// Ours: equal counts go by (left id, right id). Source: Morgan 2024, BatchBPE (arXiv 2408.04653);
/// alexandermorgan/BatchBPE. Cost: a round, of about 200 merges, reads the distinct pre-tokens and all pairs once;
/// pairs are counted again only in the pre-tokens that a merge changes.
public struct BatchMergeTrainer: Trainer {
  public var parameters: BytePairParameters
  /// The most merges of one round; nil: no cap.
  public var cap: Int?

  public init(_ parameters: BytePairParameters = BytePairParameters(), cap: Int? = nil) {
    self.parameters = parameters
    self.cap = cap
  }

  public static let descriptor = TrainerDescriptor(
    name: "batch-bpe", summary: "byte-pair encoding in safe batches of merges",
    parameters: BytePairTrainer.descriptor.parameters + [
      .init(name: "batch-cap", defaultValue: "none", summary: "most merges of one batch")
    ],
    citation: "Morgan 2024, Batching BPE Tokenization Merges (arXiv 2408.04653)")

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try check()
    let counts = try PreTokenCounts(corpus, cutBy: preTokenization, run: run)
    return try train(on: counts, run: run).training.tokenizer(cutBy: preTokenization)
  }

  private func check() throws(ToklabError) {
    try BytePairTrainer(parameters).check()
    if let cap, cap < 1 { throw ToklabError("a cap of \(cap) merges a batch", expected: "1 or more") }
  }

  /// - Returns: the training, and the number of its batches.
  /// - Throws: ``ToklabError`` as ``BytePairTrainer``'s.
  public func train(
    on counts: PreTokenCounts, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> (training: BytePairTraining, batches: Int) {
    try check()
    guard counts.count > 0 else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one pre-token",
        advice: "check the input files and their format")
    }
    let (tokens, byteIDs, specials) = BytePairTrainer(parameters).startingTokens()
    let state = BatchMergeState(counts, tokens: tokens, byteIDs: byteIDs)
    let start = tokens.count
    var batches = 0
    while state.tokens.count < parameters.vocabularySize {
      let missing = parameters.vocabularySize - state.tokens.count
      let most = max(1, min(min(missing / 2, parameters.vocabularySize), cap ?? .max))
      guard state.round(most: most, parameters) else { break }
      batches += 1
      run.progress?(.train, state.tokens.count)
    }
    let statistics = TrainingStatistics(
      textBytes: counts.textBytes, preTokens: counts.occurrences, distinctPreTokens: counts.count,
      merges: state.merges.count, textTokens: state.total)
    return (
      BytePairTraining(
        parameters: parameters, specials: specials, tokens: state.tokens, firstMerge: start,
        merges: state.merges, tokenCounts: state.tokenCounts, textTokens: state.textTokens,
        statistics: statistics), batches
    )
  }
}

extension BytePairTraining {
  /// How many tokens two trainings have in common.
  public func sharedTokens(with other: BytePairTraining) -> Int {
    (0..<tokens.count).count { other.tokens.id(of: tokens[TokenID($0)]) != nil }
  }

  /// The first merge that is not the other training's, by place; nil when all are the same.
  public func firstDifference(from other: BytePairTraining) -> Int? {
    let count = min(merges.count, other.merges.count)
    for index in 0..<count {
      guard
        tokens[merges.left[index]] == other.tokens[other.merges.left[index]],
        tokens[merges.right[index]] == other.tokens[other.merges.right[index]]
      else { return index }
    }
    return merges.count == other.merges.count ? nil : count
  }
}
