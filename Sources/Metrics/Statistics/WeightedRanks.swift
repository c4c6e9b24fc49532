/// Rank correlation of values that occur several times each.
package enum WeightedRanks {
  /// Spearman's correlation of pairs with multiplicities: that of the list in which every pair stands as often as
  /// its count says.
  ///
  /// O(k log k) for k distinct pairs, whatever their counts.
  package static func spearman(_ x: [Double], _ y: [Double], _ counts: [Int]) -> Double? {
    precondition(x.count == y.count && x.count == counts.count)
    let left = ranks(x, counts)
    let right = ranks(y, counts)
    let total = Double(counts.reduce(0, +))
    guard total > 1 else { return nil }
    // Ranks from 1 to n have the mean (n + 1)/2 whatever the ties.
    let mean = (total + 1) / 2
    var xx = 0.0
    var yy = 0.0
    var xy = 0.0
    for (index, count) in counts.enumerated() {
      let (a, b, weight) = (left[index] - mean, right[index] - mean, Double(count))
      xx += weight * a * a
      yy += weight * b * b
      xy += weight * a * b
    }
    guard xx > 0, yy > 0 else { return nil }
    return max(-1, min(1, xy / (xx.squareRoot() * yy.squareRoot())))
  }

  /// The rank that each value has among all occurrences, ties sharing the mean of theirs.
  private static func ranks(_ values: [Double], _ counts: [Int]) -> [Double] {
    let order = values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var below = 0
    var start = 0
    while start < order.count {
      var end = start
      var size = 0
      while end < order.count && values[order[end]] == values[order[start]] {
        size += counts[order[end]]
        end += 1
      }
      for place in start..<end { ranks[order[place]] = Double(below) + Double(size + 1) / 2 }
      below += size
      start = end
    }
    return ranks
  }
}
