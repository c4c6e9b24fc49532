import Metrics
import TestSupport
import Testing

@Suite struct IntrinsicTests {
  static func corpus(_ lines: [[String]], vocabulary: Int = 100, locale: String = "") -> EncodedCorpus {
    var corpus = EncodedCorpus.example(lines, vocabularySize: vocabulary, language: "xx")
    corpus.locale = locale
    return corpus
  }

  static func sentence(_ text: String) -> [[String]] { [text.split(separator: " ").map(String.init)] }

  /// tokenization-scorer 1.1.8, `score([sentence.split()], metric="renyi", power=2.5)`, `"shannon"`, `"bits"`
  /// (negated there) and `"percentile_freq", perc_start=0.03, perc_end=0.83`.
  @Test(arguments: [
    ("pick @@ed pick @@l @@ed pick @@les", [0.8265064834225245, 0.9211854965885544, 14, 0.857142857142857]),
    (
      "pick @@e @@d pick @@l @@e @@d pick @@l @@e @@s",
      [0.9204840242168808, 0.9609557933859342, 25.541209043760983, 0.9090909090909092]
    ),
  ]) func tokenizationScorer(text: String, values: [Double]) throws {
    try expect(values, of: Self.sentence(text))
  }

  private func expect(_ values: [Double], of lines: [[String]]) throws {
    let corpus = Self.corpus(lines)
    let efficiency = try RenyiEfficiency(bootstrap: .off).measure(corpus)
    let use = try VocabularyUse().measure(corpus)
    #expect(near(efficiency.result("renyi_efficiency", "xx")?.value?.double, values[0], 1e-13))
    #expect(near(efficiency.result("shannon_efficiency", "xx")?.value?.double, values[1], 1e-13))
    #expect(near(use.result("sequence_bits", "xx")?.value?.double, values[2], 1e-13))
    #expect(near(use.result("middle_frequency_share", "xx")?.value?.double, values[3], 1e-13))
  }

  /// The package itself, on its own sentences and on texts of Zipfian tokens.
  @Test(arguments: 0..<6) func tokenizationScorerPeer(seed: Int) throws {
    var lines =
      [
        Self.sentence("pick @@ed pick @@l @@ed pick @@les"),
        Self.sentence("pick @@e @@d pick @@l @@e @@d pick @@l @@e @@s"),
      ].dropFirst(seed).first ?? []
    if lines.isEmpty {
      var random = SplitMix64(seed: UInt64(seed), stream: 0)
      for _ in 0..<(20 * seed) {
        lines.append(
          (0..<(1 + random.below(30))).map { _ in
            "t\(random.below(1 + random.below(90 * seed)))"
          })
      }
    }
    let input = lines.map { $0.joined(separator: " ") }.joined(separator: "\n")
    let output = try Peer.run("tokenization_scorer_peer.py", input: .init(input.utf8))
    let values = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { Double($0) }
    #expect(values.count == 4)
    try expect([values[0], values[1], -values[2], values[3]], of: lines)
  }

  /// H₁ ≥ H₂.₅ ≥ H₃; uniform use is efficiency 1; one type is null with a reason.
  @Test func entropiesAreOrdered() throws {
    var random = SplitMix64(seed: 2, stream: 0)
    let words = (0..<300).map { _ in "w\(min(random.below(40), random.below(40)))" }
    let text = Self.corpus([words])
    func entropy(_ order: Double) throws -> Double {
      try RenyiEfficiency(order: order, bootstrap: .off).measure(text).result("renyi_entropy", "xx")!.value!
        .double
    }
    #expect(try entropy(1) >= entropy(2.5) && entropy(2.5) >= entropy(3) && entropy(0) >= entropy(1))
    let even = try RenyiEfficiency(bootstrap: .off).measure(
      Self.corpus([["a", "b", "c"], ["c", "b", "a"]]))
    #expect(near(even.result("renyi_efficiency", "xx")?.value?.double, 1, 1e-15))
    let single = try RenyiEfficiency(bootstrap: .off).measure(Self.corpus([["a", "a"]]))
    #expect(single.result("renyi_efficiency", "xx")?.nullReason == "only one token type was seen")
    #expect(single.result("shannon_entropy", "xx")?.value == .real(0))
    let none = try RenyiEfficiency(bootstrap: .off).measure(Self.corpus([]))
    #expect(none.results.allSatisfy { $0.nullReason == "the text has no tokens" })
    #expect(throws: ToklabError.self) { try RenyiEfficiency(order: -1).measure(text) }
  }

  /// Replicates of entropies lie below the text's own; the intervals must hold the value all the same.
  @Test func entropyIntervalsHoldTheValue() throws {
    var random = SplitMix64(seed: 3, stream: 0)
    let lines = (0..<120).map { _ in
      (0..<12).map { _ in "t\(random.below(1 + random.below(400)))" }
    }
    let report = try RenyiEfficiency(bootstrap: Bootstrap(replicates: 300)).measure(
      Self.corpus(lines, vocabulary: 1000))
    for row in report.results {
      let value = try #require(row.value?.double)
      #expect(row.low! < value && value < row.high!, "\(row.metric): \(row.low!), \(value), \(row.high!)")
    }
  }

  @Test(arguments: [2, 5]) func orderOfLinesAndThreadsLeaveNoTrace(threads: Int) throws {
    var random = SplitMix64(seed: 6, stream: 0)
    let lines = (0..<60).map { _ in
      (0..<(1 + random.below(12))).map { _ in " w\(random.below(30))" }
    }
    // Ids are given by first appearance, so they are fixed before the lines are turned round.
    let straight = Self.corpus(lines)
    var turned = straight
    turned.lines.reverse()
    func all(_ corpus: EncodedCorpus, _ threads: Int) throws -> [String] {
      let bootstrap = Bootstrap(replicates: 200, seed: 4, threads: threads)
      return fingerprint(try RenyiEfficiency(bootstrap: bootstrap).measure(corpus))
        + fingerprint(try Fertility(bootstrap: bootstrap).measure(corpus))
        + fingerprint(try Compression(bootstrap: bootstrap).measure(corpus))
        + fingerprint(try VocabularyUse(window: 50).measure(corpus))
        + fingerprint(try UTF8Integrity(bootstrap: bootstrap).measure(corpus))
        + fingerprint(try DigitAlignment(bootstrap: bootstrap).measure(corpus))
    }
    #expect(try all(straight, 1) == all(turned, threads))
  }

  /// ΣG ≤ ΣC ≤ ΣB.
  @Test func textUnitsAreOrdered() throws {
    let family = "👨‍👩‍👧 né e\u{301} กำ 한글 \r\n x"
    let report = try Compression(bootstrap: .off).measure(Self.corpus([[family]]))
    func value(_ name: String) -> Double { report.result(name, "xx")!.value!.double }
    #expect(value("graphemes_per_token") <= value("characters_per_token"))
    #expect(value("characters_per_token") <= value("bytes_per_token"))
    // The family 1, né 2, é 1, กำ 1 (the vowel belongs to its consonant), 한글 2, CR LF 1, x 1, six spaces.
    #expect(value("graphemes_per_token") == 15)
  }

  @Test func unknownTokensVoidCompression() throws {
    var corpus = Self.corpus([["a", "b", "c"]])
    corpus.unknownID = 1
    let report = try Compression(bootstrap: .off).measure(corpus)
    #expect(report.result("bytes_per_token", "xx")?.nullReason == "1 of 3 tokens are unknown, more than 10 %")
    #expect(near(report.result("unknown_rate", "xx")?.value?.double, 1.0 / 3))
    #expect(try Fertility(bootstrap: .off).measure(corpus).result("fertility", "xx")?.value == nil)
  }

  /// Thai has no spaces: ICU's dictionary finds the words, and the note names it.
  @Test func wordsOfScriptsWithoutSpaces() throws {
    let report = try Fertility(bootstrap: .off).measure(Self.corpus([["สวัสดี", "ชาวโลก"]], locale: "th"))
    let row = try #require(report.result("fertility", "xx"))
    #expect(row.n >= 2 && row.value!.double <= 1)
    #expect(
      report.notes.count == 1 && report.notes[0].hasPrefix("words: ICU ") && report.notes[0].hasSuffix("(th)")
    )
    let marks = try Fertility(bootstrap: .off).measure(Self.corpus([["...", " ", "!"]]))
    #expect(marks.result("fertility", "xx")?.nullReason == "the text has no words")
  }

  @Test func shapesThatDoNotFitAreErrors() {
    var corpus = Self.corpus([["a", "b"]])
    corpus.lines[0].ids.removeLast()
    #expect(throws: ToklabError.self) { try Compression().measure(corpus) }
    corpus = Self.corpus([["a"]])
    corpus.lines[0].segmented.tokens[0].range = 0..<9
    #expect(throws: ToklabError.self) { try UTF8Integrity().measure(corpus) }
  }

  @Test func divergenceIsBounded() throws {
    func text(_ label: String, _ ids: [TokenID]) -> EncodedCorpus {
      EncodedCorpus(
        tokenizer: TokenizerIdentity("t"), language: label,
        lines: [EncodedCorpus.Line(ids: ids, segmented: SegmentedLine([], tokens: []))], vocabularySize: 9)
    }
    let report = try LanguageOverlap().measure([
      text("b", [1, 2]), text("a", [2, 1]), text("c", [3]), text("d", []),
    ])
    #expect(report.result("token_divergence", "a|b")?.value == .real(0))
    #expect(report.result("token_divergence", "a|c")?.value == .real(1))
    #expect(report.result("token_divergence", "a|d")?.value == nil)
    #expect(report.results.count { $0.metric == "token_divergence" } == 6)
  }

  @Test func editDistances() {
    #expect(EditDistance.levenshtein(Array("kitten"), Array("sitting")) == 3)
    #expect(EditDistance.levenshtein([], [1, 2]) == 2)
    #expect(EditDistance.commonSubsequence(Array("abcbdab"), Array("bdcaba")) == 4)
    #expect(EditDistance.commonSubsequence([1], []) == 0)
  }
}

@Suite struct MorphologyTests {
  @Test func readsGoldFiles() throws {
    let gold = try GoldSegmentations(
      TextLines(Array("6-osaik\t6 @@os @@aik\t101\nAPEX\tAPEX\t000\ncats\tcat @@s\n".utf8)))
    #expect(gold.items.count == 3 && gold.items[0].segments.count == 3 && gold.items[0].category == "101")
    // 6 + os + aik is not 6-osaik: no places.
    #expect(gold.items[0].boundaries == nil)
    #expect(gold.items[1].boundaries == [] && gold.items[2].boundaries == [3])
  }

  @Test(arguments: [("word\n", "1 columns"), ("a\tb @@\n", "an empty segment"), ("", "no words")])
  func badGoldFilesAreNamed(text: String, says: String) throws {
    let lines = try TextLines(Array(text.utf8))
    let error = try #require(failure { () throws(ToklabError) in try GoldSegmentations(lines) })
    #expect(error.description.contains(says), "\(error)")
  }

  /// Undefined is null: a whole-word tokenizer predicts no boundary, so it has no precision, but recall 0.
  @Test func undefinedScoresAreNull() throws {
    let gold = try GoldSegmentations(TextLines(Array("cats\tcat @@s\nfeet\tfoot @@s\n".utf8)))
    let report = try BoundaryAlignment(bootstrap: .off).measure(
      BoundaryAlignment.Input(tokenizer: TokenizerIdentity("t"), gold: gold, tokens: [[0..<4], [0..<4]]))
    #expect(report.result("boundary_precision")?.value == nil)
    #expect(report.result("boundary_recall")?.value == .real(0))
    #expect(report.result("morphscore")?.value == nil && report.result("morphscore")?.n == 0)
    #expect(report.result("boundary_recall")?.n == 1)
    #expect(
      report.notes == ["1 of 2 gold segmentations do not spell their word and have no boundaries in it"])
    #expect(throws: ToklabError.self) {
      try BoundaryAlignment().measure(
        BoundaryAlignment.Input(tokenizer: TokenizerIdentity("t"), gold: gold, tokens: [[0..<4]]))
    }
  }
}

@Suite struct RobustnessTests {
  @Test(arguments: Perturbation.allCases) func changesDependOnTheLineOnly(change: Perturbation) {
    let text = Array("Pöytä café, \u{1F600} and some more ordinary words to change.".utf8)
    let once = change.apply(text, seed: 1)
    #expect(once == change.apply(text, seed: 1))
    #expect(once != text)
    #expect(String(validating: once, as: UTF8.self) != nil)
    #expect(change.apply([], seed: 1).isEmpty)
  }

  @Test func whatChangesDo() {
    func changed(_ change: Perturbation, _ text: String) -> String {
      String(decoding: change.apply(Array(text.utf8)), as: UTF8.self)
    }
    #expect(changed(.spaces, "a b") == "a  b")
    #expect(Array(changed(.nfd, "é").utf8) == [0x65, 0xCC, 0x81])
    #expect(changed(.uppercase, "straße") == "STRASSE")
    #expect(Array(changed(.homoglyph, "ace").utf8).count == 6)
    let long = String(repeating: "abcdefgh ", count: 100)
    let dropped = changed(.drop, long).utf8.count
    #expect((760...840).contains(dropped), "\(dropped)")
    #expect(changed(.double, long).utf8.count > 940)
    #expect(changed(.swap, long).utf8.count == long.utf8.count)
  }

  @Test(arguments: [1, 3]) func countsEveryChange(threads: Int) throws {
    let text = try TextLines(Array("one two\nthree four five\n".utf8))
    let input = try PerturbationRobustness.Input(
      tokenizer: TokenizerIdentity("t"), text: text, threads: threads
    ) {
      () throws(ToklabError) in
      { line throws(ToklabError) in LineTally(tokens: line.count, unknown: 0) }
    }
    let report = try PerturbationRobustness(bootstrap: .off).measure(input)
    #expect(report.results.count == Perturbation.allCases.count)
    // 7 + 15 bytes, three spaces doubled.
    #expect(near(report.result("token_change_spaces")?.value?.double, 3.0 / 22, 1e-12))
    #expect(report.result("token_change_uppercase")?.value == .real(0))
  }
}
