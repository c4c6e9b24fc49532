import Metrics
import Testing
import Tokenizers

/// MorphScore's tables and scores.
@Suite struct MorphScoreTests {
  static let table = """
    language,wordform,stem,lemma,preceding_part,following_part,unique,word_freq_norm
    xx,dogs,dog,dog,,s,unique,0.9
    xx,mice,mic,mouse,,e,unique,0.5
    xx,"a,b",a,a,,",b",unique,0.1
    xx,undo,do,do,un,,not_unique,0.3
    xx,run2,run,run,,2,unique,0.2

    """

  private func read(_ filter: MorphScoreTable.Filter = .init()) throws -> MorphScoreTable {
    try MorphScoreTable(TextLines(Array(Self.table.utf8)), filter: filter)
  }

  @Test func filters() throws {
    func words(_ filter: MorphScoreTable.Filter) throws -> [String] {
      try read(filter).items.map { String(decoding: $0.word, as: UTF8.self) }
    }
    #expect(try words(.init()) == ["dogs", "a,b"])
    #expect(try words(.init(uniqueOnly: false)) == ["dogs", "a,b", "undo"])
    #expect(try words(.init(stemIsLemma: false)) == ["dogs", "mice", "a,b"])
    #expect(try words(.init(withoutNumbers: false)) == ["dogs", "a,b", "run2"])
    #expect(try read().filtered == 3)
    #expect(try read(.init(uniqueOnly: false)).items.last?.morphemes == [Array("un".utf8), Array("do".utf8)])
  }

  @Test func frequenciesWeigh() throws {
    let table = try read()
    let tokens: [[Range<Int>]] = [[0..<3, 3..<4], [0..<2, 2..<3]]
    func recall(_ scaled: Bool) throws -> Double? {
      try MorphScore(scalesByFrequency: scaled, bootstrap: .off).measure(
        MorphScore.Input(tokenizer: TokenizerIdentity("t"), table: table, tokens: tokens)
      ).result("morphscore_recall")?.value?.double
    }
    #expect(try recall(false) == 0.5)
    #expect(near(try recall(true), 0.9, 1e-12))
  }

  /// The published options: one token scores 1, one morpheme 1 only where it is one token.
  @Test func wholeWords() throws {
    let dog = MorphScoreTable.Item(word: Array("dogs".utf8), morphemes: [Array("dog".utf8), Array("s".utf8)])
    let tree = MorphScoreTable.Item(word: Array("tree".utf8), morphemes: [Array("tree".utf8)])
    func recall(_ tokens: [[Range<Int>]], kept: Bool) throws -> MetricResult {
      try #require(
        try MorphScore(excludesSingleTokens: !kept, excludesSingleMorphemes: !kept, bootstrap: .off).measure(
          MorphScore.Input(
            tokenizer: TokenizerIdentity("t"), table: MorphScoreTable(items: [dog, tree]), tokens: tokens)
        ).result("morphscore_recall"))
    }
    #expect(try recall([[0..<4], [0..<4]], kept: true).value == .real(1))
    #expect(try recall([[0..<4], [0..<2, 2..<4]], kept: true).value == .real(0.5))
    let nothing = try recall([[0..<4], [0..<2, 2..<4]], kept: false)
    #expect(nothing.value == nil && nothing.nullReason == "every word is one token or one morpheme")
  }

  @Test(arguments: [
    ("wordform,stem,preceding_part,following_part\na,b\n", "2 cells"),
    ("wordform,stem,preceding_part,following_part\n\"a,b,c,d\n", "quotation"),
    ("wordform,stem,preceding_part,following_part,word_freq_norm\nab,a,,b,much\n", "word_freq_norm"),
    ("wordform,stem,preceding_part,following_part\n", "no words"),
    ("wordform,stem,preceding_part,following_part\na1,a,,1\n", "filters leave none of 1"),
  ]) func faults(text: String, found: String) throws {
    let lines = try TextLines(Array(text.utf8))
    #expect(MorphScoreTable.isTable(lines))
    let error = failure { () throws(ToklabError) in try MorphScoreTable(lines) }
    #expect(error?.found.contains(found) == true, "\(error?.found ?? "no error")")
  }

  /// Version 1's table of 22 languages.
  @Test func firstVersion() throws {
    let lines = try TextLines(Array("pt1,rest,full_word\nдом,а,дома\nкот,,кот\n".utf8))
    let gold = try GoldSegmentations(lines)
    #expect(gold.items.map { $0.boundaries } == [[6], []])
    #expect(!MorphScoreTable.isTable(lines))
    let report = try BoundaryAlignment(bootstrap: .off).measure(
      BoundaryAlignment.Input(
        tokenizer: TokenizerIdentity("t"), gold: gold, tokens: [[0..<6, 6..<8], [0..<6]]))
    #expect(report.result("morphscore")?.value == .real(1) && report.result("morphscore")?.n == 1)
  }
}
