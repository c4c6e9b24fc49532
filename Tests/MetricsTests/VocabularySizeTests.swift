import Metrics
import Testing

@Suite struct VocabularySizeTests {
  /// Points of a known curve give the curve back.
  @Test(arguments: [(9e5, 0.6, 47_500.0), (4e6, 0.45, 0), (2e5, 0.25, 12_000)])
  func fitRecoversACurve(a: Double, b: Double, c: Double) throws {
    let curve = SizeCurveTruth(a: a, b: b, c: c)
    let sizes = [8192, 16384, 32768, 49152, 65536, 98304, 131072, 262144]
    let fit = try SizeCurve(fitting: sizes.map { ($0, Int(curve.count($0).rounded())) })
    #expect(fit.maximumRelativeError < 1e-4)
    #expect(abs(fit.b - b) / b < 0.02, "\(fit.b)")
    let size = try #require(fit.size(for: curve.count(40_000)))
    #expect(abs(size - 40_000) < 400)
  }

  struct SizeCurveTruth {
    var a: Double, b: Double, c: Double
    func count(_ size: Int) -> Double { a * LibC.power(Double(size), -b) + c }
  }

  /// Where the data want a negative asymptote, c is 0 and the fit says so.
  @Test func theAsymptoteIsNotNegative() throws {
    let fit = try SizeCurve(fitting: [(1000, 1000), (2000, 900), (4000, 800), (8000, 700), (16000, 600)])
    #expect(fit.c == 0 && fit.hasTwoParameters && fit.maximumRelativeError > 0)
    #expect(fit.size(for: -1) == nil)
  }

  @Test func badPointsAreErrors() {
    for points in [[(1000, 5)], [(1000, 5), (1000, 4)], [(1000, 5), (2000, 5)], [(0, 5), (10, 2)]] {
      #expect(throws: ToklabError.self) { try SizeCurve(fitting: points.map { (size: $0.0, count: $0.1) }) }
    }
  }

  /// Bisection over a counter finds the smallest size, with few questions.
  @Test func exactSearch() throws {
    let asked = LibC.Counter()
    let counts = VocabularySizeSearch.Counts.exact { size in
      asked.add()
      return 1_000_000 / size + 50
    }
    let found = try VocabularySizeSearch.size(for: 100, in: 256...200_000, counts)
    #expect(found.size == 19608 && found.count == 100 && found.reach == .reached)
    #expect(asked.value < 25)
    let never = try VocabularySizeSearch.size(for: 10, in: 256...200_000, counts)
    #expect(never.size == 200_000 && never.reach == .unreachable)
    let always = try VocabularySizeSearch.size(for: 10_000, in: 256...200_000, counts)
    #expect(always.size == 256 && always.reach == .always)
  }

  @Test func fittedSearchIsClamped() throws {
    let curve = try SizeCurve(fitting: [(1000, 2000), (2000, 1500), (4000, 1250), (8000, 1125)])
    // CTC = 1e6/V + 1000 exactly.
    #expect(abs(curve.b - 1) < 0.01 && abs(curve.c - 1000) < 5)
    let found = try VocabularySizeSearch.size(for: 1200, in: 1000...100_000, .fitted(curve))
    #expect(abs(found.size - 5000) < 50 && found.reach == .reached)
    #expect(try VocabularySizeSearch.size(for: 900, in: 1000...100_000, .fitted(curve)).reach == .unreachable)
    #expect(try VocabularySizeSearch.size(for: 5000, in: 1000...100_000, .fitted(curve)).reach == .always)
  }

  /// Languages that differ in level: sizes of their own leave less variance than one size.
  @Test func ownSizesCutVariance() throws {
    let languages = (1...12).map { k in
      OptimalVocabulary.Language(
        label: "l\(k)",
        points: [4096, 8192, 16384, 32768, 65536].map {
          OptimalVocabulary.Point(size: $0, count: 40_000 + k * 200_000_000 / ($0 + 2000 * k))
        })
    }
    let report = try OptimalVocabulary(bootstrap: Bootstrap(replicates: 300)).measure(
      OptimalVocabulary.Input(
        tokenizer: TokenizerIdentity("t"), languages: languages, sizes: 4096...262_144,
        targets: stride(from: 45_000, through: 90_000, by: 1000).map { $0 }, baseline: 16384))
    let ratio = try #require(report.result("optimal_variance_ratio"))
    #expect(ratio.value!.double < 0.5 && ratio.high! < 1)
    #expect(try #require(report.result("optimal_variance_f_p")?.value?.double) < 0.05)
    #expect(
      report.result("optimal_vocabulary_size", "l1")!.value!.double
        < report.result("optimal_vocabulary_size", "l12")!.value!.double)
  }

  /// Truncation against the tokenizers themselves: the tokenizer whose ranks are the first V of a larger
  /// one's gives the count that one pass over the larger one predicts, at every size.
  @Test func truncatedCountsAreThoseOfSmallerTokenizers() throws {
    let words = ["ab", "bc", "abc", "cab", "ca", "abcab", " a", " ab", "cc", "bcc", " abc", "ccab"]
    func tokenizer(_ kept: Int, shortcut: Bool) throws -> Tokenizer {
      let vocabulary = (0..<256).map { [UInt8($0)] } + words.prefix(kept).map { Array($0.utf8) }
      let model = BytePairDefinition(
        vocabulary: try Vocabulary(vocabulary), semantics: .rankByBytes, wholePieceShortcut: shortcut)
      return try Tokenizer(
        TokenizerDefinition(
          preTokenizer: .split(pattern: .regex(" ?[a-z]+"), behavior: .isolated, invert: false),
          model: .bytePair(model)))
    }
    var random = SplitMix64(seed: 5, stream: 0)
    var text = ""
    for _ in 0..<60 {
      for _ in 0..<(1 + random.below(9)) {
        text += ["a", "b", "c", " ab", " ", "cab"][random.below(6)]
      }
      text += "\n"
    }
    let lines = try TextLines(Array(text.utf8))
    for shortcut in [false, true] {
      let counts = try TruncatedCounts(
        lines, with: MergeTruncation(tokenizer(words.count, shortcut: shortcut)))
      #expect(counts.sizes == 256...(256 + words.count))
      for kept in 0...words.count {
        let small = try tokenizer(kept, shortcut: shortcut)
        let encoder = try DocumentEncoder(small)
        let expected = try (0..<lines.count).reduce(0) { sum, line in
          sum + (try lines.withLine(line) { try encoder.count($0).tokens })
        }
        #expect(counts.count(at: 256 + kept) == expected, "\(kept) tokens, shortcut \(shortcut)")
      }
    }
  }

  @Test func modelsThatCannotBeTruncatedAreErrors() throws {
    let model = BytePairDefinition(vocabulary: try Vocabulary([[0x61], [0x62]]), semantics: .rankByBytes)
    let tokenizer = try Tokenizer(TokenizerDefinition(model: .bytePair(model)))
    #expect(
      failure { () throws(ToklabError) in try MergeTruncation(tokenizer) }?.found.contains("byte 0") == true)
  }
}
