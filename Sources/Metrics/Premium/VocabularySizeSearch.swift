/// The vocabulary size that brings a language to a wanted token count.
public enum VocabularySizeSearch {
  /// How the count of a size is known.
  public enum Counts: Sendable {
    /// Counted by the tokenizer itself, truncated to the size. Exact for pure BPE, whose first V tokens are
    /// the tokenizer of size V; not for Unigram, for a superword's second stage, or after pruning.
    case exact(@Sendable (Int) throws(ToklabError) -> Int)
    /// Predicted by a curve through some sizes.
    case fitted(SizeCurve)
  }

  public enum Reach: String, Sendable, Hashable {
    case reached
    /// Even the largest size needs more tokens than the target: the largest is taken.
    case unreachable
    /// Even the smallest size needs no more than the target: the smallest is taken.
    case always
  }

  public struct Outcome: Sendable, Hashable {
    public var size: Int
    /// At that size; predicted where the counts are fitted.
    public var count: Double
    public var reach: Reach
  }

  /// The smallest size in `sizes` whose count is at most `target`.
  ///
  /// Exact counts never rise with the size (one more merge can only join tokens), so bisection asks for
  /// at most log₂ of the range of sizes.
  public static func size(
    for target: Int, in sizes: ClosedRange<Int>, _ counts: Counts
  ) throws(ToklabError) -> Outcome {
    switch counts {
    case .fitted(let curve):
      let smallest = curve.count(at: Double(sizes.lowerBound))
      if smallest <= Double(target) {
        return Outcome(size: sizes.lowerBound, count: smallest, reach: .always)
      }
      guard let size = curve.size(for: Double(target)), size <= Double(sizes.upperBound) else {
        return Outcome(
          size: sizes.upperBound, count: curve.count(at: Double(sizes.upperBound)), reach: .unreachable)
      }
      let whole = min(max(Int(size.rounded(.up)), sizes.lowerBound), sizes.upperBound)
      return Outcome(size: whole, count: curve.count(at: Double(whole)), reach: .reached)
    case .exact(let count):
      let smallest = try count(sizes.lowerBound)
      if smallest <= target {
        return Outcome(size: sizes.lowerBound, count: Double(smallest), reach: .always)
      }
      let largest = try count(sizes.upperBound)
      if largest > target {
        return Outcome(size: sizes.upperBound, count: Double(largest), reach: .unreachable)
      }
      var above = sizes.lowerBound
      var within = sizes.upperBound
      var found = largest
      while within - above > 1 {
        let middle = above + (within - above) / 2
        let value = try count(middle)
        if value <= target {
          within = middle
          found = value
        } else {
          above = middle
        }
      }
      return Outcome(size: within, count: Double(found), reach: .reached)
    }
  }
}
