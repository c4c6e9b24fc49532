/// Tokens a word, and how many words stay whole.
///
/// Words are ICU's for the text's language (dictionaries for Thai, Khmer, Lao, Burmese, Chinese and
/// Japanese), named in a note: fertilities of different segmenters do not compare. A token belongs to each
/// word it touches; spaces and punctuation between words count as tokens but are no words (Rust et al. 2021).
public struct Fertility: Metric {
  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  public func measure(_ input: EncodedCorpus) throws(ToklabError) -> MetricReport {
    try input.check()
    let breaker = try TextBreaker(.word, locale: input.locale)
    var columns = Array(repeating: [Int](), count: 5)
    /// For each distinct word how often it is one token, and how often it occurs.
    var types: [[UInt8]: (whole: Int, all: Int)] = [:]
    for line in input.lines {
      var words: [Range<Int>] = []
      try line.segmented.text.withBytes { buffer throws(ToklabError) in
        try breaker.forEach(in: buffer) { range, isWord in if isWord { words.append(range) } }
      }
      var continued = 0
      var touches = 0
      var further = 0
      var first = 0
      let tokens = line.segmented.tokens
      for word in words {
        while first < tokens.count && tokens[first].range.upperBound <= word.lowerBound { first += 1 }
        var touching = 0
        var index = first
        while index < tokens.count && tokens[index].range.lowerBound < word.upperBound {
          if !tokens[index].range.isEmpty { touching += 1 }
          index += 1
        }
        if touching > 1 { continued += 1 }
        touches += touching
        further += max(0, touching - 1)
        let key = Array(line.segmented.text[word])
        var tally = types[key] ?? (0, 0)
        tally.all += 1
        if touching == 1 { tally.whole += 1 }
        types[key] = tally
      }
      columns[0].append(line.ids.count)
      columns[1].append(words.count)
      columns[2].append(continued)
      columns[3].append(touches)
      columns[4].append(further)
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    let words = columns[1].reduce(0, +)
    let whole = types.values.count { $0.whole * 2 > $0.all }
    let fault = input.fault ?? (words == 0 ? "the text has no words" : nil)
    func row(_ index: Int, _ value: Double, _ interval: ClosedRange<Double>?, _ n: Int) -> MetricResult {
      if let fault {
        return Self.descriptors[index].void(input.tokenizer, language: input.language, n: n, fault)
      }
      return Self.descriptors[index].result(
        input.tokenizer, language: input.language, value: value, interval: interval, n: n)
    }
    let share =
      bootstrap.replicates > 0
      ? MultipleTesting.wilson(whole, of: types.count, confidence: bootstrap.confidence) : nil
    return MetricReport(
      results: [
        row(0, sums.total[0] / sums.total[1], sums.interval { $0[0] / $0[1] }, words),
        row(1, sums.total[2] / sums.total[1], sums.interval { $0[2] / $0[1] }, words),
        row(
          2, 100 * Double(whole) / Double(types.count),
          share.map { $0.lowerBound * 100...$0.upperBound * 100 }, types.count),
        row(3, sums.total[4] / sums.total[3], sums.interval { $0[4] / $0[3] }, words),
      ], notes: ["words: \(breaker.name)"])
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "fertility", unit: "tokens/word", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "tokens over words (ICU word boundaries of the language); n is the number of words",
      requirements: ["text"], source: "Rust et al. 2021, How Good is Your Tokenizer?"),
    MetricDescriptor(
      "continued_words", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine, definition: "share of words that two tokens or more touch",
      requirements: ["text"],
      source: "Rust et al. 2021, How Good is Your Tokenizer?"),
    MetricDescriptor(
      "single_token_words", unit: "percent", direction: .higherIsBetter, estimator: .setUnion,
      encodeMode: .perLine,
      definition: "share of word types that are touched by one token in more than half of their occurrences",
      requirements: ["text"], source: "single token retention rate, arXiv 2510.09947"),
    MetricDescriptor(
      "continuing_tokens", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition:
        "of the tokens that touch words those after the first of their word: the figure that Tokka-Bench calls the rate of continued words",
      requirements: ["text"], source: "bgub/tokka-bench"),
  ]

  /// the| cat|s| the: words the, cats, the. 4 tokens over 3 words, one continued, the is whole: 1 of 2 types;
  /// of 4 tokens in words one is not the first.
  public static var workedExample: WorkedExample<Fertility> {
    WorkedExample(
      Fertility(bootstrap: .off), on: .example([["the", " cat", "s", " the"]], vocabularySize: 9),
      gives: [
        .init("fertility", nil, 4.0 / 3), .init("continued_words", nil, 1.0 / 3),
        .init("single_token_words", nil, 50), .init("continuing_tokens", nil, 0.25),
      ])
  }
}
