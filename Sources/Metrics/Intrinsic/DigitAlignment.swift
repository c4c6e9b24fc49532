/// How numbers are cut: boundaries that fall on groups of three counted from the right help arithmetic
/// (arXiv 2402.14903).
public struct DigitAlignment: Metric {
  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    try input.check()
    var columns = Array(repeating: [Int](), count: 5)
    for line in input.lines {
      var row = [0, 0, 0, 0, 0]
      let text = line.segmented.text
      let edges = Set(line.segmented.tokens.flatMap { [$0.range.lowerBound, $0.range.upperBound] })
      var start = 0
      while start < text.count {
        guard Self.isDigit(text[start]) else {
          start += 1
          continue
        }
        var end = start
        while end < text.count && Self.isDigit(text[end]) { end += 1 }
        row[0] += end - start
        row[1] += line.segmented.tokens.count {
          $0.range.lowerBound < end && $0.range.upperBound > start && !$0.range.isEmpty
        }
        for inner in (start + 1)..<max(start + 1, end) {
          let wanted = (end - inner) % 3 == 0
          let found = edges.contains(inner)
          if wanted { row[2] += 1 }
          if found { row[3] += 1 }
          if wanted && found { row[4] += 1 }
        }
        start = end
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
    return MetricReport(results: [
      row(0, 0, "the text has no digits") { $0[1] / $0[0] },
      row(1, 2, "no number has four digits or more, and none is cut") { 2 * $0[4] / ($0[2] + $0[3]) },
    ])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  public static let descriptors: [MetricDescriptor] = [
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
  ]

  /// 1234567 as 123|456|7: wanted after 1 and 1234, found after 123 and 123456: F1 = 0. 12345 as 12|345:
  /// found as wanted. Together 1 hit of 3 wanted and 3 found; 5 tokens over 12 digits.
  public static var workedExample: WorkedExample<DigitAlignment> {
    WorkedExample(
      DigitAlignment(bootstrap: .off),
      on: .example([["123", "456", "7", " ", "12", "345"]], vocabularySize: 9),
      gives: [.init("tokens_per_digit", nil, 5.0 / 12), .init("digit_boundary_f1", nil, 1.0 / 3)])
  }
}
