/// Tests and correlations on ranks.
public enum RankTests {
  /// Ranks from 1, ties sharing the mean of theirs.
  public static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count && values[order[end]] == values[order[start]] { end += 1 }
      for index in start..<end { ranks[order[index]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// The Mann–Whitney U of the first group and its two-sided p-value: normal approximation with
  /// continuity correction and correction for ties.
  ///
  /// - Returns: nil when a group is empty or all values are equal.
  public static func mannWhitney(_ a: [Double], _ b: [Double]) -> (u: Double, pValue: Double)? {
    guard !a.isEmpty, !b.isEmpty else { return nil }
    let all = a + b
    let ranks = ranks(all)
    let n1 = Double(a.count)
    let n2 = Double(b.count)
    let n = n1 + n2
    let u = ranks[..<a.count].reduce(0, +) - n1 * (n1 + 1) / 2
    var ties = 0.0
    let sorted = all.sorted()
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count && sorted[end] == sorted[start] { end += 1 }
      let size = Double(end - start)
      ties += size * size * size - size
      start = end
    }
    let variance = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)))
    guard variance > 0 else { return nil }
    let distance = max(u, n1 * n2 - u) - n1 * n2 / 2 - 0.5
    let z = distance / variance.squareRoot()
    return (u, min(1, 2 * SpecialFunctions.normalCDF(-z)))
  }

  /// Pearson's correlation; nil for fewer than two pairs or a constant side.
  public static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    guard x.count == y.count, x.count > 1, let mx = Descriptive.mean(x), let my = Descriptive.mean(y)
    else { return nil }
    var xx = 0.0
    var yy = 0.0
    var xy = 0.0
    for (a, b) in zip(x, y) {
      xx += (a - mx) * (a - mx)
      yy += (b - my) * (b - my)
      xy += (a - mx) * (b - my)
    }
    guard xx > 0, yy > 0 else { return nil }
    return max(-1, min(1, xy / (xx.squareRoot() * yy.squareRoot())))
  }

  /// Spearman's correlation: Pearson's of the ranks.
  public static func spearman(_ x: [Double], _ y: [Double]) -> Double? { pearson(ranks(x), ranks(y)) }
}
