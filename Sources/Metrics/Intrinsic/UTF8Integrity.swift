/// Do tokens respect characters? Tokens of byte-level vocabularies may end inside one.
public struct UTF8Integrity: Metric {
  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    try input.check()
    var columns = Array(repeating: [Int](), count: 5)
    for line in input.lines {
      let text = line.segmented.text
      var broken = 0
      var crossing = 0
      var cuts = Set<Int>()
      for token in line.segmented.tokens {
        func isInside(_ offset: Int) -> Bool { offset < text.count && text[offset] & 0xC0 == 0x80 }
        let start = token.range.lowerBound
        let end = token.range.upperBound
        if isInside(start) || isInside(end) {
          broken += 1
          // A byte that begins a character beyond the token's first: it holds parts of two.
          if end > start, text[(start + 1)..<min(end, text.count)].contains(where: { $0 & 0xC0 != 0x80 }) {
            crossing += 1
          }
        }
        // The scalar that a cut falls into, by its first byte.
        for offset in [start, end] where isInside(offset) {
          var lead = offset
          while lead > 0 && text[lead] & 0xC0 == 0x80 { lead -= 1 }
          cuts.insert(lead)
        }
      }
      columns[0].append(line.ids.count)
      columns[1].append(broken)
      columns[2].append(text.count { $0 >= 0xC0 })
      columns[3].append(cuts.count)
      columns[4].append(crossing)
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    func row(_ index: Int, _ top: Int, _ bottom: Int, _ reason: String) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: input.language, value: sums.total[top] / sums.total[bottom],
        interval: sums.interval { $0[top] / $0[bottom] }, n: Int(sums.total[bottom]), reason: reason)
    }
    return MetricReport(results: [
      row(0, 1, 0, "the text has no tokens"), row(1, 3, 2, "the text has no characters of two bytes or more"),
      row(2, 4, 0, "the text has no tokens"),
    ])
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "incomplete_tokens", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "share of tokens that begin or end inside a UTF-8 character",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "character_split_rate", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "share of characters of two bytes or more that a token boundary falls into",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "crossing_tokens", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition:
        "share of tokens that hold bytes of two characters or more and not all bytes of one of them",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
  ]

  /// "éa é" as half é, half é and a, a space and é: 2 of 3 tokens are incomplete, one of them holds two characters;
  /// 1 of 2 wide characters is split.
  public static var workedExample: WorkedExample<UTF8Integrity> {
    let text = Array("éa é".utf8)
    let tokens = [0..<1, 1..<3, 3..<6].map { SegmentedLine.Token($0) }
    return WorkedExample(
      UTF8Integrity(bootstrap: .off),
      on: EncodedCorpus(
        tokenizer: TokenizerIdentity("example"),
        lines: [EncodedCorpus.Line(ids: [0, 1, 2], segmented: SegmentedLine(text, tokens: tokens))],
        vocabularySize: 4),
      gives: [
        .init("incomplete_tokens", nil, 2.0 / 3), .init("character_split_rate", nil, 0.5),
        .init("crossing_tokens", nil, 1.0 / 3),
      ])
  }
}
