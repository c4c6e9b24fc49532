import Glibc

/// The exact factors by which sources' counts are multiplied.
///
/// A factor is a whole number of 2⁻²⁰. The count of a pre-token is Σ countᵢ · factorᵢ over the sources,
/// rounded once, at the end, to the nearest whole number, halves up; pre-tokens whose count comes to 0 drop
/// out. All of it is integer arithmetic, so that results are the same on every machine.
///
/// With balance α, source i (weight wᵢ, bytes bᵢ of text after normalization) gets the share
/// sᵢ = wᵢ·bᵢᵅ / Σ wⱼ·bⱼᵅ of the text, the total of which stays: factorᵢ = sᵢ · Σ bⱼ / bᵢ, the sums over
/// sources of weight above 0. Without it factorᵢ = wᵢ.
enum SourceFactors {
  static let one: Int64 = 1 << 20

  static func factors(weights: [Double], bytes: [Int64], balance: Double?) -> [Int64] {
    guard let balance else { return weights.map { Int64(($0 * Double(one)).rounded()) } }
    var shares: [Double] = []
    var total = 0.0
    for (weight, bytes) in zip(weights, bytes) {
      shares.append(weight > 0 && bytes > 0 ? weight * pow(Double(bytes), balance) : 0)
      if weight > 0 { total += Double(bytes) }
    }
    let sum = shares.reduce(0, +)
    return zip(shares, bytes).map { share, bytes in
      guard share > 0 else { return 0 }
      let factor = share / sum * total / Double(bytes) * Double(one)
      // Powers beyond a double's range say nothing of shares: such a source has none.
      return factor.isNaN ? 0 : Int64(min(factor, 0x1p60).rounded())
    }
  }

  /// The sum of the sources' counts, each multiplied by its factor.
  ///
  /// - Throws: ``ToklabError`` when the counts leave 63 bits.
  static func sum(
    _ sources: [PreTokenCounts], factors: [Int64], threads: Int
  ) throws(ToklabError) -> PreTokenCounts {
    var whole: UInt128 = 0
    for (source, factor) in zip(sources, factors) {
      whole += UInt128(source.occurrences) * UInt128(factor)
    }
    guard whole < UInt128(Int64.max) else {
      throw ToklabError(
        "weighted counts of 2^43 or more", expected: "smaller weights", advice: "scale the weights down")
    }
    let shards = PreTokenShards()
    for (source, factor) in zip(sources, factors) where factor > 0 {
      for index in source.indices {
        source.withBytes(index) {
          shards.add($0.baseAddress!, $0.count, source.occurrences(index) &* factor)
        }
      }
    }
    return PreTokenFreezer.freeze(shards, threads: threads).mapCounts { ($0 + one / 2) >> 20 }
  }
}
