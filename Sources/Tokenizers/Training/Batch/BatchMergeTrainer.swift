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
/// alexandermorgan/BatchBPE. Cost: one pass over the distinct pre-tokens a round, about 200 merges.
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
    var state = State(counts, tokens: tokens, byteIDs: byteIDs)
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

  private struct State {
    var tokens: TokenTable
    var merges = MergeList()
    var tokenCounts: [Int] = []
    var textTokens: [Int64] = []
    var total: Int64
    private var symbols: [TokenID] = []
    private var lengths: [Int32] = []
    private var weights: [Int64] = []

    init(_ words: PreTokenCounts, tokens: TokenTable, byteIDs: [TokenID]) {
      self.tokens = tokens
      total = words.textBytes
      symbols.reserveCapacity(words.distinctBytes)
      for index in words.indices where words.length(index) > 1 {
        words.withBytes(index) { for byte in $0 { symbols.append(byteIDs[Int(byte)]) } }
        lengths.append(Int32(words.length(index)))
        weights.append(words.occurrences(index))
      }
    }

    /// One batch; false when no pair is left.
    mutating func round(most: Int, _ parameters: BytePairParameters) -> Bool {
      var counts = PairCounts(capacity: 1 << 14)
      var start = 0
      for word in lengths.indices {
        let end = start + Int(lengths[word])
        var (index, isPaired) = (start + 1, false)
        while index < end {
          // In a run of one symbol every second pair overlaps the one before.
          if symbols[index] == symbols[index - 1], index - 1 > start, symbols[index - 2] == symbols[index],
            isPaired
          {
            isPaired = false
          } else {
            _ = counts.add(UInt64(symbols[index - 1]) << 32 | UInt64(symbols[index]), weights[word])
            isPaired = symbols[index] == symbols[index - 1]
          }
          index += 1
        }
        start = end
      }
      let least = max(1, parameters.minFrequency)
      let longest = parameters.maxTokenLength ?? .max
      var pairs: [(pair: UInt64, count: Int64)] = []
      counts.forEach { pair, count in
        guard count >= least else { return }
        let sizes = (tokens.length(TokenID(pair >> 32)), tokens.length(TokenID(pair & 0xFFFF_FFFF)))
        if sizes.0 + sizes.1 < longest || sizes == (1, 1) { pairs.append((pair, count)) }
      }
      guard !pairs.isEmpty else { return false }
      pairs.sort { $0.count != $1.count ? $0.count > $1.count : $0.pair < $1.pair }
      var isFirst = [Bool](repeating: false, count: tokens.count)
      var isLast = isFirst
      var chosen: [UInt64: TokenID] = [:]
      var firsts = isFirst
      let known = merges.count
      for (pair, count) in pairs.prefix(most) {
        let (left, right) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
        let isSafe = !isLast[left] && !isFirst[right]
        isFirst[left] = true
        isLast[right] = true
        guard isSafe else { continue }
        let joined = tokens[TokenID(left)] + tokens[TokenID(right)]
        let id: TokenID
        if let old = tokens.id(of: joined) {
          id = old
        } else {
          id = TokenID(tokens.count)
          tokens.append(joined)
        }
        chosen[pair] = id
        firsts[left] = true
        merges.append(left: TokenID(left), right: TokenID(right), result: id)
        tokenCounts.append(tokens.count)
        // Within a batch the count of the pair is what the merge saves.
        textTokens.append((textTokens.last ?? total) - count)
      }
      apply(chosen, firsts)
      if merges.count > known { textTokens[textTokens.count - 1] = total }
      return true
    }

    private mutating func apply(_ chosen: [UInt64: TokenID], _ firsts: [Bool]) {
      var (read, write) = (0, 0)
      for word in lengths.indices {
        let end = read + Int(lengths[word])
        let before = write
        while read < end {
          let left = symbols[read]
          if read + 1 < end, Int(left) < firsts.count, firsts[Int(left)],
            let id = chosen[UInt64(left) << 32 | UInt64(symbols[read + 1])]
          {
            symbols[write] = id
            total -= weights[word]
            read += 2
          } else {
            symbols[write] = left
            read += 1
          }
          write += 1
        }
        lengths[word] = Int32(write - before)
      }
      symbols.removeLast(symbols.count - write)
    }
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
