/// Totals of integer observations over resampled units: the numbers that every interval is made from.
///
/// A unit is what is drawn: a line, or a cluster of lines. Each unit has one row of counts (tokens in
/// language A, bytes in language A, tokens in language B, …), and drawing a unit takes its whole row:
/// the bootstrap is joint (paired) over languages and tokenizers. Statistics are functions of column
/// totals, so resampling costs one multiply-add a unit, column and replicate, not a pass over text.
///
/// Units are sorted by their rows before anything is drawn, so that the order of lines in the files
/// leaves no trace in the intervals; columns given first decide the order.
///
/// Exact for counts: totals are integers held in doubles, all below 2⁵³.
package struct UnitSums: Sendable {
  package let columns: Int
  package let units: Int
  /// Row-major, `units × columns`, rows in canonical order.
  private let rows: [Double]
  /// The sample's own totals.
  package let total: [Double]
  /// Row-major, `replicates × columns`.
  private let replicateTotals: [Double]
  private let bootstrap: Bootstrap

  /// - Parameters:
  ///   - columns: each with one value a line, all of one length.
  ///   - clusters: for each line its cluster from 0; nil makes every line a unit.
  package init(columns data: [[Int]], clusters: [Int]?, bootstrap: Bootstrap) {
    self.init(realColumns: data.map { $0.map(Double.init) }, clusters: clusters, bootstrap: bootstrap)
  }

  /// The same for numbers that are not whole; totals are then rounded, but always in one order.
  package init(realColumns data: [[Double]], clusters: [Int]?, bootstrap: Bootstrap) {
    let lines = data.first?.count ?? 0
    precondition(data.allSatisfy { $0.count == lines } && (clusters?.count ?? lines) == lines)
    let width = data.count
    let unitCount = clusters.map { ($0.max() ?? -1) + 1 } ?? lines
    var table = [Double](repeating: 0, count: unitCount * width)
    for (column, values) in data.enumerated() {
      for line in 0..<lines { table[(clusters?[line] ?? line) * width + column] += values[line] }
    }
    let sorted = Self.sortedRows(table, units: unitCount, width: width)
    columns = width
    units = unitCount
    rows = sorted
    self.bootstrap = bootstrap
    var sums = [Double](repeating: 0, count: width)
    for unit in 0..<unitCount {
      for column in 0..<width { sums[column] += sorted[unit * width + column] }
    }
    total = sums
    replicateTotals =
      unitCount > 0
      ? Self.resample(sorted, units: unitCount, width: width, bootstrap: bootstrap) : []
  }

  private static func sortedRows(_ table: [Double], units: Int, width: Int) -> [Double] {
    var order = Array(0..<units)
    order.sort { a, b in
      for column in 0..<width {
        let left = table[a * width + column]
        let right = table[b * width + column]
        if left != right { return left < right }
      }
      return a < b
    }
    var out: [Double] = []
    out.reserveCapacity(table.count)
    for unit in order { out += table[(unit * width)..<((unit + 1) * width)] }
    return out
  }

  /// Four replicates go through the table together, so that a row is read once for all four while their
  /// totals stay in the first-level cache.
  private static func resample(
    _ rows: [Double], units: Int, width: Int, bootstrap: Bootstrap
  ) -> [Double] {
    let replicates = bootstrap.replicates
    let group = 4
    let results = SharedResults<Double>(replicates * width, repeating: 0)
    Parallel.forEach((replicates + group - 1) / group, threads: bootstrap.threads) { block in
      let first = block * group
      let last = min(first + group, replicates)
      var weights = [Double](repeating: 0, count: (last - first) * units)
      for replicate in first..<last {
        var random = SplitMix64(seed: bootstrap.seed, stream: UInt64(replicate))
        let base = (replicate - first) * units
        for _ in 0..<units { weights[base + random.below(units)] += 1 }
      }
      let out = results.stretch((first * width)..<(last * width))
      rows.withUnsafeBufferPointer { table in
        for unit in 0..<units {
          for replicate in 0..<(last - first) {
            let weight = weights[replicate * units + unit]
            if weight == 0 { continue }
            let row = table.baseAddress! + unit * width
            let sums = out.baseAddress! + replicate * width
            for column in 0..<width { sums[column] += weight * row[column] }
          }
        }
      }
    }
    return results.array
  }

  /// The interval of a statistic of the totals; NaN from the statistic means "undefined", and one
  /// undefined replicate leaves no interval.
  package func interval(_ statistic: (UnsafeBufferPointer<Double>) -> Double) -> ClosedRange<Double>? {
    guard bootstrap.replicates > 0, units > 1 else { return nil }
    let point = total.withUnsafeBufferPointer(statistic)
    guard point.isFinite else { return nil }
    return bootstrap.interval(point: point, values: replicates(of: statistic)) { jackknife(of: statistic) }
  }

  /// The statistic of each replicate.
  package func replicates(of statistic: (UnsafeBufferPointer<Double>) -> Double) -> [Double] {
    replicateTotals.withUnsafeBufferPointer { all in
      (0..<(columns > 0 ? all.count / columns : 0)).map {
        statistic(UnsafeBufferPointer(rebasing: all[($0 * columns)..<(($0 + 1) * columns)]))
      }
    }
  }

  /// The statistic without each unit in turn.
  package func jackknife(of statistic: (UnsafeBufferPointer<Double>) -> Double) -> [Double] {
    var left = [Double](repeating: 0, count: columns)
    var values: [Double] = []
    values.reserveCapacity(units)
    for unit in 0..<units {
      for column in 0..<columns { left[column] = total[column] - rows[unit * columns + column] }
      values.append(left.withUnsafeBufferPointer(statistic))
    }
    return values
  }
}
