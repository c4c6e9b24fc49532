import Glibc

/// New tokens for a tokenizer: byte-pair merging goes on from what it makes of a text.
public struct VocabularyExtension: Sendable {
  /// The id of the first new token: one more than the largest there was.
  public let firstID: TokenID
  /// The new tokens by id, as the vocabulary spells them.
  public let tokens: [[UInt8]]
  /// In order of learning; a merge may make a token that was there before.
  public let merges: MergeList
  /// How many tokens of the text each merge saved.
  public let savings: [Int64]
  /// Of the text: bytes of its words, and tokens before and after.
  public let textBytes: Int64
  public let tokensBefore: Int64
  public let tokensAfter: Int64

  /// Log-probabilities of the new tokens beside those of `base`: of each token's share of the text, or a
  /// thousandth more than its parts have together where that is larger.
  func scores(after base: [Double]) -> [Double] {
    var scores = base
    for index in 0..<merges.count where Int(merges.result[index]) >= scores.count {
      let parts = scores[Int(merges.left[index])] + scores[Int(merges.right[index])]
      let share = log(Double(max(1, savings[index])) / Double(max(1, tokensBefore)))
      scores.append(max(share, parts + 0.001))
    }
    return Array(scores[base.count...])
  }
}

/// Trains a ``VocabularyExtension``.
///
/// The text is cut into the tokenizer's pre-tokens (words at white space, where it has none or rewrites them)
/// and encoded with it; the distinct runs of tokens are the words of the merge loop, which goes on until there
/// are `size` ids. Old ids and merges stay as they are and come first, so that old tokens are found before new
/// ones. Special and unknown tokens part runs. Cost: one counting pass, one encoding of the distinct words,
/// and the merge loop.
///
/// What the one-million vocabulary of arXiv 2411.18553 and `toklab edit --extend` are made with.
public struct VocabularyExtender: Sendable {
  /// Ids in all.
  public var size: Int
  public var minFrequency: Int64
  /// Whether tokens for single bytes of a character may be joined, where the vocabulary otherwise holds text.
  var joinsFallbackBytes = false

  public init(size: Int, minFrequency: Int64 = 0) {
    self.size = size
    self.minFrequency = minFrequency
  }

  /// - Parameters:
  ///   - extra: tokens that come before the merged ones, none of which the vocabulary has.
  ///   - first: the first new id; nil: after all ids, those of added tokens too.
  /// - Throws: ``ToklabError`` for a size that is no larger than the vocabulary, or input as for training.
  public func extend(
    _ tokenizer: Tokenizer, with extra: [[UInt8]] = [], from first: TokenID? = nil, on corpus: Corpus,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> VocabularyExtension {
    let surfaces = TokenSurfaces(tokenizer)
    let first = first.map { Int($0) } ?? surfaces.capacity
    try check(first + extra.count)
    let (runs, textBytes, before) = try runs(tokenizer, surfaces, corpus, run)
    var tokens = TokenTable(capacity: size)
    for id in 0..<TokenID(first) {
      if surfaces.isMergeable(id) {
        tokens.append(surfaces.bytes(of: id))
      } else {
        tokens.append([], hidden: true)
      }
    }
    for token in extra { tokens.append(token) }
    var loop = try BytePairMergeLoop<UInt32>(
      runs: runs, tokens: tokens, rules: nil, textTokens: before,
      parameters: BytePairParameters(vocabularySize: size, minFrequency: minFrequency))
    loop.continuingPrefix = surfaces.prefix
    try loop.run { run.progress?(.train, $0) }
    var previous = before
    let savings = loop.textTokens.map { now -> Int64 in
      defer { previous = now }
      return previous - now
    }
    let table = loop.tokens
    return VocabularyExtension(
      firstID: TokenID(first), tokens: (first..<table.count).map { table[TokenID($0)] }, merges: loop.merges,
      savings: savings, textBytes: textBytes, tokensBefore: before,
      tokensAfter: loop.textTokens.last ?? before)
  }

  private func check(_ count: Int) throws(ToklabError) {
    guard size > count else {
      throw ToklabError("a size of \(size)", expected: "more than the \(count) ids there are")
    }
    guard size <= VocabularyBuilder.maximumCapacity else {
      throw ToklabError("a size of \(size)", expected: "at most \(VocabularyBuilder.maximumCapacity)")
    }
  }

  private func runs(
    _ tokenizer: Tokenizer, _ surfaces: TokenSurfaces, _ corpus: Corpus, _ run: TrainingRun
  ) throws(ToklabError) -> (runs: PreTokenCounts, bytes: Int64, tokens: Int64) {
    let words = try EncodedWords(tokenizer, corpus, run)
    let shards = PreTokenShards()
    var total: Int64 = 0
    var buffer: [UInt8] = []
    func parts(_ id: TokenID) -> Bool {
      !surfaces.isMergeable(id) || !joinsFallbackBytes && surfaces.isFallbackByte(id)
    }
    try words.forEach { ids, count in
      total &+= Int64(ids.count) &* count
      for part in ids.split(whereSeparator: parts) where part.count > 1 {
        buffer.removeAll(keepingCapacity: true)
        for id in part {
          for shift: UInt32 in [0, 8, 16, 24] { buffer.append(UInt8(truncatingIfNeeded: id >> shift)) }
        }
        // Keys are counted by 16 bytes at a time.
        buffer.append(contentsOf: repeatElement(0, count: 16))
        buffer.withUnsafeBufferPointer { shards.add($0.baseAddress!, part.count * 4, count) }
      }
    }
    return (PreTokenFreezer.freeze(shards, threads: run.threads), words.counts.textBytes, total)
  }
}
