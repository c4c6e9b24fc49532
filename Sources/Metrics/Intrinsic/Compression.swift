/// How much text a token holds.
public struct Compression: Metric {
  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    try input.check()
    let breaker = try TextBreaker(.grapheme, locale: input.locale)
    var columns = Array(repeating: [Int](), count: 5)
    for line in input.lines {
      let text = line.segmented.text
      columns[0].append(text.count)
      columns[1].append(text.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) })
      var graphemes = 0
      try text.withBytes { buffer throws(ToklabError) in
        try breaker.forEach(in: buffer) { _, _ in graphemes += 1 }
      }
      columns[2].append(graphemes)
      columns[3].append(line.ids.count)
      columns[4].append(input.unknownID.map { unknown in line.ids.count { $0 == unknown } } ?? 0)
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    let fault = input.fault
    let empty = input.tokenCount == 0 ? "the text has no tokens" : nil
    func row(_ index: Int, _ top: Int, _ bottom: Int, _ fault: String?) -> MetricResult {
      if let fault {
        return Self.descriptors[index].void(
          input.tokenizer, language: input.language, n: input.lines.count, fault)
      }
      return Self.descriptors[index].result(
        input.tokenizer, language: input.language, value: sums.total[top] / sums.total[bottom],
        interval: sums.interval { $0[top] / $0[bottom] }, n: input.lines.count, reason: "the text is empty")
    }
    return MetricReport(results: [
      Self.descriptors[0].result(
        input.tokenizer, language: input.language, count: input.tokenCount, n: input.lines.count),
      row(1, 0, 3, fault), row(2, 1, 3, fault), row(3, 2, 3, fault), row(4, 3, 0, fault), row(5, 4, 3, empty),
    ])
  }

  public static let descriptors: [MetricDescriptor] = [
    TokenPremium.descriptor("corpus_token_count"), TokenPremium.descriptor("bytes_per_token"),
    TokenPremium.descriptor("characters_per_token"),
    MetricDescriptor(
      "graphemes_per_token", unit: "graphemes/token", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "grapheme clusters (ICU) over tokens; null when more than 10 % of the tokens are unknown",
      requirements: ["text"], source: "Unicode Standard Annex 29"),
    MetricDescriptor(
      "tokens_per_byte", unit: "tokens/byte", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "tokens over UTF-8 bytes; null when more than 10 % are unknown",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    TokenPremium.descriptor("unknown_rate"),
  ]

  /// né in NFD (4 bytes, 3 scalars, 2 graphemes), a and b: 6 bytes, 5 scalars, 4 graphemes in 3 tokens.
  public static var workedExample: WorkedExample<Compression> {
    WorkedExample(
      Compression(bootstrap: .off),
      on: .example([["ne\u{301}"], ["a", "b"]], vocabularySize: 5),
      gives: [
        .init("corpus_token_count", nil, 3), .init("bytes_per_token", nil, 2),
        .init("characters_per_token", nil, 5.0 / 3), .init("graphemes_per_token", nil, 4.0 / 3),
        .init("tokens_per_byte", nil, 0.5), .init("unknown_rate", nil, 0),
      ])
  }
}

extension [UInt8] {
  /// `withUnsafeBufferPointer` with a typed error.
  package func withBytes<R, E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R) throws(E) -> R {
    try withUnsafeBufferPointer { buffer throws(E) in try body(buffer) }
  }
}
