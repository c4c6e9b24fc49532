/// Two tokenizers on the same lines: effect first, then interval and permutation test.
public struct PairedComparison: Sendable, Hashable {
  /// Total of B over total of A, minus 1: 0.05 means that B needs 5 % more.
  public let effect: Double
  public let interval: ClosedRange<Double>?
  /// Two-sided, from sign flips of the differences of units.
  public let pValue: Double?
  /// Lines or clusters.
  public let units: Int

  /// - Parameters:
  ///   - a: one count a line.
  ///   - b: of the same lines.
  ///   - clusters: for each line its cluster from 0; whole clusters are drawn and flipped.
  /// - Returns: nil when there are no lines or A's total is 0.
  public init?(_ a: [Int], _ b: [Int], clusters: [Int]? = nil, bootstrap: Bootstrap = Bootstrap()) {
    guard a.count == b.count, !a.isEmpty, clusters == nil || clusters!.count == a.count else { return nil }
    let sums = UnitSums(columns: [a, b], clusters: clusters, bootstrap: bootstrap)
    guard sums.total[0] > 0 else { return nil }
    effect = sums.total[1] / sums.total[0] - 1
    interval = sums.interval { $0[1] / $0[0] - 1 }
    units = sums.units
    var differences = [Double](repeating: 0, count: sums.units)
    for line in a.indices { differences[clusters?[line] ?? line] += Double(b[line] - a[line]) }
    pValue = PermutationTest.signFlip(
      differences, permutations: bootstrap.replicates, seed: bootstrap.seed, threads: bootstrap.threads)
  }
}

/// Tests that shuffle labels instead of believing in a distribution.
public enum PermutationTest {
  /// Two-sided p-value of "the differences are symmetric about 0": the share of random sign patterns whose
  /// |sum| is at least the observed one, the observed one counted in, so never 0. All 2ⁿ patterns are
  /// enumerated when they are no more than `permutations`.
  ///
  /// Zero differences have no sign and are left out; the values are sorted first, so their order leaves
  /// no trace. Nil without permutations; 1 when nothing differs.
  public static func signFlip(
    _ differences: [Double], permutations: Int, seed: UInt64 = 0, threads: Int = 0
  ) -> Double? {
    guard permutations > 0 else { return nil }
    let sizes = differences.filter { $0 != 0 }.map(abs).sorted()
    let observed = abs(differences.sorted().reduce(0, +))
    // Sums of the same numbers in another order differ in the last bits; a tie must count as one.
    let limit = observed * (1 - 1e-12)
    if sizes.isEmpty { return 1 }
    if sizes.count < 31 && 1 << sizes.count <= permutations {
      var hits = 0
      for pattern in 0..<(1 << sizes.count) {
        var sum = 0.0
        for (bit, size) in sizes.enumerated() { sum += pattern >> bit & 1 == 0 ? size : -size }
        if abs(sum) >= limit { hits += 1 }
      }
      return Double(hits) / Double(1 << sizes.count)
    }
    let hits = SharedResults<Bool>(permutations, repeating: false)
    Parallel.forEach(permutations, threads: threads) { permutation in
      var random = SplitMix64(seed: seed, stream: UInt64(permutation))
      var sum = 0.0
      var bits: UInt64 = 0
      for (index, size) in sizes.enumerated() {
        if index & 63 == 0 { bits = random.next() }
        sum += bits & 1 == 0 ? size : -size
        bits >>= 1
      }
      hits[permutation] = abs(sum) >= limit
    }
    let count = hits.array.reduce(0) { $0 + ($1 ? 1 : 0) }
    return Double(count + 1) / Double(permutations + 1)
  }

  /// Two-sided p-value of "both groups have one mean", by shuffling membership; the observed one counted
  /// in. Nil for an empty group or no permutations.
  public static func twoSample(
    _ a: [Double], _ b: [Double], permutations: Int, seed: UInt64 = 0, threads: Int = 0
  ) -> Double? {
    guard permutations > 0, !a.isEmpty, !b.isEmpty else { return nil }
    let all = (a + b).sorted()
    let mean = all.reduce(0, +) / Double(all.count)
    let size = min(a.count, b.count)
    let smaller = (a.count <= b.count ? a : b).sorted()
    let observed = abs(smaller.reduce(0) { $0 + ($1 - mean) })
    let limit = observed * (1 - 1e-12)
    let hits = SharedResults<Bool>(permutations, repeating: false)
    Parallel.forEach(permutations, threads: threads) { permutation in
      var random = SplitMix64(seed: seed, stream: UInt64(permutation))
      var pool = all
      var sum = 0.0
      for index in 0..<size {
        pool.swapAt(index, index + random.below(pool.count - index))
        sum += pool[index] - mean
      }
      hits[permutation] = abs(sum) >= limit
    }
    let count = hits.array.reduce(0) { $0 + ($1 ? 1 : 0) }
    return Double(count + 1) / Double(permutations + 1)
  }
}
