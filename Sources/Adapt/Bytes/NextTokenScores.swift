import Glibc
import Tokenizers

/// The probabilities of the next token after one context, masked to what may follow and in byte order: what
/// sums over trie ranges are taken of.
struct NextTokenScores {
  /// Probability of the token at each rank, 0 where it may not follow.
  private let probabilities: [Double]
  /// Logarithms by id, for ranges whose sum is too small for a plain one.
  private let row: [Double]
  private let mask: ViabilityMask
  private let countsDuplicates: Bool
  /// What every logarithm is reduced by: log Z(c) for quantity *canonical*, else 0.
  let logNormalizer: Double
  let logEnd: Double
  let logSpecial: Double

  /// - Parameters:
  ///   - isComplete: whether the text may end after the context, or meet a special token.
  ///   - normalizes: whether what may follow is made to sum to 1.
  ///   - countsDuplicates: whether a rank has the mass of all tokens with its bytes.
  init(
    row: [Double], mask: ViabilityMask, isComplete: Bool, normalizes: Bool, countsDuplicates: Bool = false,
    _ vocabulary: ByteVocabulary
  ) {
    var total = 0.0
    let order = vocabulary.tokenAtRank
    self.countsDuplicates = countsDuplicates && !vocabulary.duplicates.isEmpty
    var shared: [Int: Double] = [:]
    if self.countsDuplicates {
      for (rank, ids) in vocabulary.duplicates where mask[rank] {
        shared[rank] = ids.reduce(0) { $0 + exp(row[Int($1)]) }
      }
    }
    probabilities = [Double](unsafeUninitializedCapacity: order.count) { buffer, count in
      for rank in 0..<order.count {
        var value = mask[rank] ? exp(row[Int(order[rank])]) : 0
        if !shared.isEmpty, let more = shared[rank] { value += more }
        buffer.initializeElement(at: rank, to: value)
        total += value
      }
      count = order.count
    }
    self.row = row
    self.mask = mask
    var logEnd = -Double.infinity
    var logSpecial = -Double.infinity
    if isComplete {
      logEnd = LogProbabilities.sum(vocabulary.endTokens.map { row[Int($0)] })
      logSpecial = LogProbabilities.sum(vocabulary.specialTokens.map { row[Int($0)] })
    }
    if normalizes {
      total += exp(logEnd) + exp(logSpecial)
      logNormalizer = NaturalLogarithm.of(total)
    } else {
      logNormalizer = 0
    }
    self.logEnd = logEnd - (logNormalizer > -.infinity ? logNormalizer : 0)
    self.logSpecial = logSpecial - (logNormalizer > -.infinity ? logNormalizer : 0)
  }

  /// The log-probability of a token of text.
  func log(_ token: TokenID, _ vocabulary: ByteVocabulary) -> Double {
    let rank = Int(vocabulary.rankOfToken[Int(token)])
    guard rank >= 0, mask[rank], logNormalizer > -.infinity else { return -.infinity }
    return row[Int(token)] - logNormalizer
  }

  /// The log-probability of the tokens in a range of ranks, summed in the order of ranks.
  func log(_ range: Range<Int>, _ vocabulary: ByteVocabulary) -> Double {
    guard logNormalizer > -.infinity else { return -.infinity }
    var total = 0.0
    probabilities.withUnsafeBufferPointer { values in
      for rank in range { total += values[rank] }
    }
    // Denormals have lost digits, and zero everything.
    if total > 1e-290 { return Glibc.log(total) - logNormalizer }
    var logs: [Double] = []
    for rank in range where mask[rank] {
      logs.append(row[Int(vocabulary.tokenAtRank[rank])])
      if countsDuplicates { for id in vocabulary.duplicates[rank] ?? [] { logs.append(row[Int(id)]) } }
    }
    return LogProbabilities.sum(logs) - logNormalizer
  }
}
