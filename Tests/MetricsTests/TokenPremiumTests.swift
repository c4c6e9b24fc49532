import Metrics
import Testing

@Suite struct TokenPremiumTests {
  static let tokenizer = TokenizerIdentity("t", sha256: String(repeating: "0", count: 64))

  static func measure(
    _ languages: [LineCounts], reference: String = "A", clusters: [Int]? = nil,
    bootstrap: Bootstrap = Bootstrap(replicates: 300), listed: [String]? = nil
  ) throws -> MetricReport {
    try TokenPremium(bootstrap: bootstrap, price: 2, window: 1000).measure(
      TokenPremium.Input(
        tokenizer: tokenizer, languages: languages, reference: reference, listed: listed, clusters: clusters))
  }

  static func permuted(_ counts: LineCounts, _ order: [Int]) -> LineCounts {
    LineCounts(
      label: counts.label, tokens: order.map { counts.tokens[$0] }, unknown: order.map { counts.unknown[$0] },
      bytes: order.map { counts.bytes[$0] }, characters: order.map { counts.characters[$0] })
  }

  @Test func aLanguageAgainstItselfIsOne() throws {
    let row = try #require(
      try Self.measure(syntheticCounts(["A", "B"], lines: 80, seed: 1)).result("premium", "A"))
    #expect(row.value == .real(1) && row.low == 1 && row.high == 1)
  }

  @Test func theRowsSayWhatTheyAre() throws {
    let report = try Self.measure(syntheticCounts(["A", "B"], lines: 80, seed: 1))
    let row = try #require(report.result("premium", "B"))
    #expect(row.tokenizer == "t" && row.tokenizerSHA256?.count == 64 && row.n == 80)
    #expect(row.estimator == .ratioOfSums && row.encodeMode == .perLine && row.unit == "ratio")
    #expect(row.low! < row.value!.double && row.value!.double < row.high!)
    if case .count = report.result("corpus_token_count", "B")?.value {} else { Issue.record("not a count") }
    #expect(report.result("gini")?.n == 2)
  }

  /// Tokens a byte 2/8 and 6/8: (2 · 0.5)/(2 · 4 · 0.5) = 0.25; tokens a line are equal.
  @Test func costsMayBeCountedPerByte() throws {
    let a = LineCounts(label: "A", tokens: [6], unknown: [0], bytes: [24], characters: [24])
    let b = LineCounts(label: "B", tokens: [6], unknown: [0], bytes: [8], characters: [8])
    let report = try Self.measure([a, b])
    #expect(report.result("gini")?.value == .real(0))
    #expect(report.result("gini_per_byte")?.value == .real(0.25) && report.result("gini_per_byte")?.n == 2)
  }

  @Test func orderOfLinesAndLanguagesLeavesNoTrace() throws {
    let counts = syntheticCounts(["A", "B", "C"], lines: 90, seed: 2)
    var order = Array(0..<90)
    var random = SplitMix64(seed: 3, stream: 0)
    random.permute(&order)
    let clusters = (0..<90).map { $0 / 4 }
    let straight = try Self.measure(counts, clusters: clusters)
    let shuffled = try Self.measure(
      counts.map { Self.permuted($0, order) }, clusters: order.map { clusters[$0] })
    #expect(fingerprint(straight) == fingerprint(shuffled))
    let turned = try Self.measure(counts.reversed(), clusters: clusters)
    #expect(Set(fingerprint(straight)) == Set(fingerprint(turned)))
  }

  @Test(arguments: Bootstrap.Interval.allCases) func sameForAnyThreads(kind: Bootstrap.Interval) throws {
    let counts = syntheticCounts(["A", "B", "C"], lines: 90, seed: 2)
    let one = try Self.measure(counts, bootstrap: Bootstrap(replicates: 250, interval: kind, threads: 1))
    for threads in [2, 5] {
      let more = try Self.measure(
        counts, bootstrap: Bootstrap(replicates: 250, interval: kind, threads: threads))
      #expect(fingerprint(one) == fingerprint(more))
    }
  }

  @Test func aDoubledCorpusDoublesCountsOnly() throws {
    let counts = syntheticCounts(["A", "B", "C"], lines: 40, seed: 5)
    let twice = counts.map { Self.permuted($0, Array(0..<40) + Array(0..<40)) }
    let once = try Self.measure(counts, bootstrap: .off)
    let double = try Self.measure(twice, bootstrap: .off)
    for (a, b) in zip(once.results, double.results) {
      #expect(a.low == nil && a.high == nil)
      if a.metric == "corpus_token_count" {
        #expect(b.value!.double == 2 * a.value!.double)
      } else {
        #expect(a.value == b.value, "\(a.metric)")
      }
    }
  }

  @Test func premiumsOfAPairAreReciprocal() throws {
    let counts = syntheticCounts(["A", "B"], lines: 60, seed: 6)
    let ab = try #require(try Self.measure(counts).result("premium", "B")?.value?.double)
    let ba = try #require(try Self.measure(counts, reference: "B").result("premium", "A")?.value?.double)
    #expect(near(ab * ba, 1, 1e-15))
  }

  /// 10 of 100 unknown is within the rule, 11 of 100 is not.
  @Test func unknownTokensVoidACell() throws {
    func language(_ label: String, _ unknown: Int) -> LineCounts {
      LineCounts(
        label: label, tokens: [50, 50], unknown: [unknown, 0], bytes: [200, 200], characters: [90, 90])
    }
    let report = try Self.measure([language("A", 0), language("B", 10), language("C", 11)])
    #expect(report.result("premium", "B")?.value == .real(1))
    for metric in [
      "premium", "tokens_per_line", "bytes_per_token", "context_equivalent", "characters_in_window",
    ] {
      let row = try #require(report.result(metric, "C"))
      #expect(
        row.value == nil && row.low == nil
          && row.nullReason == "C: 11 of 100 tokens are unknown, more than 10 %")
    }
    #expect(report.result("corpus_token_count", "C")?.value == .count(100))
    #expect(report.result("unknown_rate", "C")?.value == .real(0.11))
    #expect(report.result("gini")?.value == .real(0) && report.result("gini")?.n == 2)
    #expect(report.notes.contains { $0.contains("in C") })
    // A void reference leaves no premium to anybody, and says so.
    let upside = try Self.measure([language("A", 0), language("C", 60)], reference: "C")
    #expect(upside.result("premium", "A")?.nullReason?.hasPrefix("reference C: 60 of 100") == true)
    #expect(upside.result("tokens_per_line", "A")?.value == .real(50))
    #expect(upside.result("gini")?.value == nil && upside.result("gini")?.nullReason != nil)
  }

  @Test func aTextWithoutTokensIsNull() throws {
    let empty = LineCounts(label: "B", tokens: [0, 0], unknown: [0, 0], bytes: [0, 0], characters: [0, 0])
    let report = try Self.measure([syntheticCounts(["A"], lines: 2, seed: 1)[0], empty])
    #expect(report.result("corpus_token_count", "B")?.value == .count(0))
    #expect(report.result("premium", "B")?.nullReason == "B: the text has no tokens")
    #expect(report.result("unknown_rate", "B")?.value == nil)
  }

  @Test func oneLanguageHasNoGini() throws {
    let report = try Self.measure(syntheticCounts(["A"], lines: 5, seed: 1))
    #expect(report.result("gini")?.value == nil && report.result("gini")?.n == 1)
  }

  @Test func onlyListedLanguagesGetRows() throws {
    let report = try Self.measure(syntheticCounts(["A", "B", "C"], lines: 20, seed: 1), listed: ["C", "B"])
    #expect(Set(report.results.map(\.language)) == ["B", "C", nil])
  }

  /// The byte tokenizer's premium is the byte premium.
  @Test func bytesAsTokens() throws {
    let counts = syntheticCounts(["A", "B", "C"], lines: 30, seed: 4).map { counts in
      var copy = counts
      copy.tokens = counts.bytes
      copy.unknown = counts.bytes.map { _ in 0 }
      return copy
    }
    let report = try Self.measure(counts)
    let expected = Double(counts[2].bytes.reduce(0, +)) / Double(counts[0].bytes.reduce(0, +))
    #expect(report.result("premium", "C")?.value == .real(expected))
    #expect(report.result("bytes_per_token", "C")?.value == .real(1))
  }

  @Test func fewClustersCarryANote() throws {
    let counts = syntheticCounts(["A", "B"], lines: 40, seed: 1)
    let few = try Self.measure(counts, clusters: (0..<40).map { $0 / 2 })
    #expect(few.notes.contains { $0.hasPrefix("only 20 clusters") })
    #expect(try Self.measure(counts).notes.isEmpty)
  }

  @Test func shapesThatDoNotFitAreErrors() throws {
    let counts = syntheticCounts(["A", "B"], lines: 4, seed: 1)
    #expect(throws: ToklabError.self) { try Self.measure(counts, reference: "Q") }
    #expect(throws: ToklabError.self) { try Self.measure([]) }
    #expect(throws: ToklabError.self) { try Self.measure(counts, clusters: [0, 1]) }
    #expect(throws: ToklabError.self) { try Self.measure(counts, clusters: [0, 1, 2, 9]) }
    var short = counts
    short[1].bytes.removeLast()
    #expect(throws: ToklabError.self) { try Self.measure(short) }
  }

  @Test func lorenzCurveOfAReport() throws {
    let report = try Self.measure(syntheticCounts(["A", "B", "C"], lines: 30, seed: 4))
    let points = try #require(TokenPremium.lorenz(report))
    #expect(points.count == 4 && points.last!.cost == 1)
  }

  /// The rows are the points of the curve, in the order of cost, and end at 1.
  @Test func lorenzRowsAreTheCurve() throws {
    let report = try Self.measure(syntheticCounts(["A", "B", "C", "D"], lines: 60, seed: 4))
    let points = try #require(TokenPremium.lorenz(report)).dropFirst()
    let rows = report.results.filter { $0.metric == "lorenz_share" }.sorted { $0.n < $1.n }
    #expect(rows.map(\.n) == [1, 2, 3, 4] && rows.last?.value == .real(1))
    #expect(zip(rows, points).allSatisfy { near($0.value?.double, $1.cost) })
    let single = try Self.measure(syntheticCounts(["A"], lines: 9, seed: 4))
    #expect(single.result("lorenz_share", "A")?.nullReason != nil)
  }
}
