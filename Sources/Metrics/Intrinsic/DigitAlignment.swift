import Glibc

/// How numbers are cut: boundaries that fall on groups of three counted from the right help arithmetic
/// (arXiv 2402.14903), and so does cutting all numbers of one length alike.
public struct DigitAlignment: Metric {
  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  /// Numbers of these lengths get an entropy of their own.
  static let lengths = 2...9

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    try input.check()
    var columns = Array(repeating: [Int](), count: 5)
    var patterns: [Int: [UInt64: Int]] = [:]
    for line in input.lines {
      var row = [0, 0, 0, 0, 0]
      let edges = Set(line.segmented.tokens.flatMap { [$0.range.lowerBound, $0.range.upperBound] })
      for number in Self.numbers(of: line.segmented.text) {
        row[0] += number.count
        row[1] += line.segmented.tokens.count {
          $0.range.lowerBound < number.upperBound && $0.range.upperBound > number.lowerBound
            && !$0.range.isEmpty
        }
        var pattern: UInt64 = 0
        for inner in (number.lowerBound + 1)..<max(number.lowerBound + 1, number.upperBound) {
          let wanted = (number.upperBound - inner) % 3 == 0
          let found = edges.contains(inner)
          if wanted { row[2] += 1 }
          if found { row[3] += 1 }
          if wanted && found { row[4] += 1 }
          if found && Self.lengths.contains(number.count) { pattern |= 1 << (inner - number.lowerBound) }
        }
        if Self.lengths.contains(number.count) {
          patterns[number.count, default: [:]][pattern, default: 0] += 1
        }
      }
      for index in row.indices { columns[index].append(row[index]) }
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    func row(
      _ index: Int, _ n: Int, _ reason: String, _ statistic: (UnsafeBufferPointer<Double>) -> Double
    ) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: input.language, value: sums.total.withUnsafeBufferPointer(statistic),
        interval: sums.interval(statistic), n: Int(sums.total[n]), reason: reason)
    }
    var report = MetricReport(results: [
      row(0, 0, "the text has no digits") { $0[1] / $0[0] },
      row(1, 2, "no number has four digits or more, and none is cut") { 2 * $0[4] / ($0[2] + $0[3]) },
    ])
    report.results += Self.entropies(patterns, input)
    return report
  }

  /// Runs of ASCII digits.
  private static func numbers(of text: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while start < text.count {
      guard isDigit(text[start]) else {
        start += 1
        continue
      }
      var end = start
      while end < text.count && isDigit(text[end]) { end += 1 }
      found.append(start..<end)
      start = end
    }
    return found
  }

  /// The entropy of the ways to cut numbers, for all lengths together and for each.
  private static func entropies(
    _ patterns: [Int: [UInt64: Int]], _ input: EncodedCorpus
  ) -> [MetricResult] {
    var total = 0
    var weighted = 0.0
    var each: [MetricResult] = []
    for (place, length) in lengths.enumerated() {
      // Sorted, so that the sum is rounded the same way every time.
      let counts = (patterns[length] ?? [:]).values.sorted()
      let n = counts.reduce(0, +)
      let entropy = counts.reduce(0.0) { sum, count in
        let p = Double(count) / Double(n)
        return sum - p * log2(p)
      }
      total += n
      weighted += Double(n) * entropy
      each.append(
        descriptors[3 + place].result(
          input.tokenizer, language: input.language, value: n > 1 ? max(0, entropy) : nil, n: n,
          reason: "the text has \(n == 0 ? "no number" : "one number") of \(length) digits"))
    }
    return [
      descriptors[2].result(
        input.tokenizer, language: input.language, value: total > 1 ? max(0, weighted / Double(total)) : nil,
        n: total,
        reason: "the text has fewer than two numbers of \(lengths.lowerBound) to \(lengths.upperBound) digits"
      )
    ] + each
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  public static let descriptors: [MetricDescriptor] =
    [
      MetricDescriptor(
        "tokens_per_digit", unit: "tokens/digit", direction: .none, estimator: .ratioOfSums,
        encodeMode: .perLine, definition: "tokens that touch runs of ASCII digits over digits",
        requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
      MetricDescriptor(
        "digit_boundary_f1", unit: "share", direction: .higherIsBetter, estimator: .ratioOfSums,
        encodeMode: .perLine,
        definition:
          "F1 of the token boundaries inside runs of digits against groups of three from the right; n is the number of wanted boundaries",
        requirements: ["text"], source: "arXiv 2402.14903; TokEval"),
      MetricDescriptor(
        "digit_split_entropy", unit: "bits", direction: .lowerIsBetter, estimator: .setUnion,
        encodeMode: .perLine,
        definition:
          "mean over numbers of 2 to 9 digits of the entropy of the ways in which numbers of that length are cut; n is those numbers",
        requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    ]
    + lengths.map { length in
      MetricDescriptor(
        "digit_split_entropy_\(length)", unit: "bits", direction: .lowerIsBetter, estimator: .setUnion,
        encodeMode: .perLine,
        definition:
          "entropy of the ways in which numbers of \(length) digits are cut; 0 when all are cut alike",
        requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals")
    }

  /// 1234567 as 123|456|7: wanted after 1 and 1234, found after 123 and 123456: F1 = 0. 12345 as 12|345:
  /// found as wanted; 54321 as 543|21: one wanted, one found elsewhere. Together 1 hit of 4 wanted and 4 found;
  /// 7 tokens over 17 digits. Five digits are cut in two ways: 1 bit; one number of seven: no entropy, but
  /// none to add to the mean (2 · 1 + 1 · 0)/3 either.
  public static var workedExample: WorkedExample<DigitAlignment> {
    WorkedExample(
      DigitAlignment(bootstrap: .off),
      on: .example([["123", "456", "7", " ", "12", "345", " ", "543", "21"]], vocabularySize: 9),
      gives: [
        .init("tokens_per_digit", nil, 7.0 / 17), .init("digit_boundary_f1", nil, 0.25),
        .init("digit_split_entropy", nil, 2.0 / 3), .init("digit_split_entropy_5", nil, 1),
      ]
        + lengths.filter { $0 != 5 }.map { .init("digit_split_entropy_\($0)", nil, nil) })
  }
}
