/// Dynamic tokenization: the most frequent pairs of neighbouring tokens of a batch become tokens of that batch.
///
/// 1. Every adjacent pair that the boundary allows is counted over all sequences, overlaps included.
/// 2. The most frequent one is merged, from left to right, in all sequences.
/// 3. Again, up to ``Options/merges`` times, until the batch is shorter by ``Options/reduction``, or until no
///    pair is left.
/// Special, unknown and control tokens are never merged. A merged token whose bytes the base vocabulary has
/// keeps that id; any other gets the next id after the vocabulary, in each batch anew.
///
/// Source: Feher, Vulić, Minixhofer 2025, Retrofitting (Large) Language Models with Dynamic Tokenization
/// (arXiv 2411.18553). The definition is ``NaiveDynamicMerge``; this loop keeps counts up to date instead of
/// counting again: O(n log n) for a batch of n tokens.
public struct DynamicBatchMerge: Sendable {
  public struct Options: Sendable, Hashable {
    public var boundary: DynamicBoundary
    public var ties: DynamicTies
    /// The most merges of a batch; nil: no limit.
    public var merges: Int?
    /// The share of a batch's tokens, 0 to 1, at which merging stops; nil: none.
    public var reduction: Double?

    public init(
      boundary: DynamicBoundary = .word, ties: DynamicTies = .id, merges: Int? = nil, reduction: Double? = nil
    ) {
      self.boundary = boundary
      self.ties = ties
      self.merges = merges
      self.reduction = reduction
    }

    /// Whether a batch of `before` tokens is done at `now` tokens after `merges` merges.
    func isDone(_ merges: Int, before: Int, now: Int) -> Bool {
      if let most = self.merges, merges >= most { return true }
      if let reduction, Double(before - now) >= reduction * Double(before) { return true }
      return false
    }
  }

  public let options: Options
  let surfaces: TokenSurfaces
  let plan: PreTokenizationPlan

  public init(_ tokenizer: Tokenizer, options: Options = Options()) {
    self.options = options
    surfaces = TokenSurfaces(tokenizer)
    plan = tokenizer.preTokenization
  }

  /// Merges one batch.
  ///
  /// - Parameter sequences: ids of the base tokenizer.
  /// - Throws: ``ToklabError`` for a batch of 2^31 tokens, an id out of range, or when a pre-tokenizer's
  ///   pattern gives up.
  public func merge(_ sequences: [[TokenID]]) throws(ToklabError) -> DynamicBatch {
    let total = sequences.reduce(0) { $0 + $1.count }
    guard total < Int(Int32.max) else {
      throw ToklabError(
        "a batch of \(total) tokens", expected: "less than 2^31", advice: "make smaller batches")
    }
    for id in sequences.joined() where Int(id) >= surfaces.capacity {
      throw ToklabError(
        "id \(id) is no token", expected: "an id below \(surfaces.capacity)",
        advice: "check that the ids were made with this tokenizer")
    }
    var loop = DynamicMergeLoop(self, sequences)
    try loop.run()
    return loop.result(sequences.count)
  }
}
