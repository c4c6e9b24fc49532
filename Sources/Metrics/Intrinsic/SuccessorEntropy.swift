import Glibc

/// How free the next token is: the entropy of what follows a token (or two), each context normalised by what
/// it could be at most, log₂ of its distinct successors, and weighted by how often it occurs.
///
/// Contexts seen less than three times say nothing and are left out, as in TokEval; one with a single
/// successor counts as 0. Successors never reach over the end of a line.
public struct SuccessorEntropy: Metric {
  public init() {}

  public static let family = "intrinsic"
  static let leastOccurrences = 3

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    let bigrams = Self.entropy(input.lines.map(\.ids), width: 1)
    let trigrams = Self.entropy(input.lines.map(\.ids), width: 2)
    let few = "no context occurs \(Self.leastOccurrences) times"
    return MetricReport(
      results: zip(Self.descriptors, [bigrams, trigrams]).map { descriptor, outcome in
        descriptor.result(
          input.tokenizer, language: input.language, value: outcome.value, n: outcome.occurrences, reason: few
        )
      })
  }

  private static func entropy(_ lines: [[TokenID]], width: Int) -> (value: Double?, occurrences: Int) {
    var keys: [UInt64] = []
    var next: [TokenID] = []
    for ids in lines where ids.count > width {
      for index in 0..<(ids.count - width) {
        keys.append(width == 1 ? UInt64(ids[index]) : UInt64(ids[index]) << 32 | UInt64(ids[index + 1]))
        next.append(ids[index + width])
      }
    }
    // Sorted, so that sums of doubles have one order.
    let order = keys.indices.sorted {
      keys[$0] == keys[$1] ? next[$0] < next[$1] : keys[$0] < keys[$1]
    }
    var sum = 0.0
    var occurrences = 0
    var start = 0
    while start < order.count {
      var counts: [Int] = []
      var end = start
      while end < order.count && keys[order[end]] == keys[order[start]] {
        if end > start && next[order[end]] == next[order[end - 1]] {
          counts[counts.count - 1] += 1
        } else {
          counts.append(1)
        }
        end += 1
      }
      let total = end - start
      if total >= leastOccurrences {
        occurrences += total
        if counts.count > 1 {
          sum += Double(total) * (Entropy.shannon(counts: counts) ?? 0) / log2(Double(counts.count))
        }
      }
      start = end
    }
    return (occurrences > 0 ? sum / Double(occurrences) : nil, occurrences)
  }

  private static func descriptor(_ name: String, _ context: String) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: "share", direction: .none, estimator: .ratioOfSums, encodeMode: .perLine,
      definition:
        "entropy of the token after \(context) over log2 of its distinct successors, mean over occurrences of contexts seen three times or more; n is those occurrences",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor("successor_entropy", "a token"), descriptor("successor_entropy_pair", "two tokens"),
  ]

  /// a is followed by b, b, c and q by x, x, y: H(2/3, 1/3)/log₂2 = 0.9182958340544896 both; p is followed
  /// twice, which is too few. No pair is followed three times.
  public static var workedExample: WorkedExample<SuccessorEntropy> {
    WorkedExample(
      SuccessorEntropy(),
      on: .example(
        [["a", "b"], ["a", "b"], ["a", "c"], ["p", "q", "x"], ["p", "q", "x"], ["r", "q", "y"]],
        vocabularySize: 9),
      gives: [
        .init("successor_entropy", nil, 0.9182958340544896), .init("successor_entropy_pair", nil, nil),
      ])
  }
}
