/// How often each token type occurs, with resampling of lines.
///
/// Lines are held as sparse counts, sorted, so that their order leaves no trace. A replicate costs one
/// addition for each distinct token of each drawn line.
package struct TypeSums: Sendable {
  /// Occurrences of each type, types in order of id.
  package let counts: [Int]
  package var tokenCount: Int { counts.reduce(0, +) }
  private let lines: [[(type: Int32, count: Int32)]]
  private let bootstrap: Bootstrap

  /// Resampling is left out above this number of additions (about a minute of one core).
  package static let mostWork = 10_000_000_000

  package init(_ corpus: [[TokenID]], bootstrap: Bootstrap) {
    var numbers: [TokenID: Int] = [:]
    for id in Set(corpus.joined()).sorted() { numbers[id] = numbers.count }
    var counts = [Int](repeating: 0, count: numbers.count)
    var sparse: [[(type: Int32, count: Int32)]] = []
    for ids in corpus {
      var row: [(type: Int32, count: Int32)] = []
      for type in ids.map({ numbers[$0]! }).sorted() {
        counts[type] += 1
        if let last = row.last, last.type == Int32(type) {
          row[row.count - 1].count += 1
        } else {
          row.append((Int32(type), 1))
        }
      }
      sparse.append(row)
    }
    sparse.sort { a, b in
      for (left, right) in zip(a, b) {
        if left.type != right.type { return left.type < right.type }
        if left.count != right.count { return left.count < right.count }
      }
      return a.count < b.count
    }
    self.counts = counts
    lines = sparse
    self.bootstrap = bootstrap
  }

  /// Whether intervals are too much work for this text.
  package var isTooLarge: Bool {
    bootstrap.replicates * lines.reduce(0, { $0 + $1.count }) > Self.mostWork
  }

  /// Intervals of several statistics of the counts at once; NaN from a statistic means "undefined".
  ///
  /// Percentile intervals whatever was asked for: the jackknife of BCa would cost a replicate a line. A resample
  /// misses a third of the lines and with them rare types, so entropies and type counts of replicates all lie
  /// to one side of the text's own; the replicates are moved so that their mean is the text's value. What the
  /// interval tells is how much such a text varies, not what a text without end would give.
  package func intervals(
    _ width: Int, _ statistics: @Sendable ([Int]) -> [Double]
  ) -> [ClosedRange<Double>?] {
    guard bootstrap.replicates > 0, lines.count > 1, !isTooLarge else {
      return Array(repeating: nil, count: width)
    }
    let results = SharedResults<[Double]>(bootstrap.replicates, repeating: [])
    Parallel.forEach(bootstrap.replicates, threads: bootstrap.threads) { replicate in
      var random = SplitMix64(seed: bootstrap.seed, stream: UInt64(replicate))
      var drawn = [Int](repeating: 0, count: counts.count)
      for _ in lines.indices {
        for (type, count) in lines[random.below(lines.count)] { drawn[Int(type)] += Int(count) }
      }
      results[replicate] = statistics(drawn)
    }
    let all = results.array
    let point = statistics(counts)
    var percentile = bootstrap
    percentile.interval = .percentile
    return (0..<width).map { index in
      let values = all.map { $0[index] }
      let shift = point[index] - values.reduce(0, +) / Double(values.count)
      return percentile.interval(point: point[index], values: values.map { $0 + shift }) { nil }
    }
  }
}
