import Glibc
import Metrics
import Testing

/// The checks of this file need the developers' data (TOKLAB_SHARED, or `shared` beside the checkout); what
/// they check is also checked on made-up texts in the other files.
enum SharedData {
  static let root: String = {
    if let named = getenv("TOKLAB_SHARED") { return String(cString: named) }
    return BytePremiumTests.packageRoot + "/../shared"
  }()

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(TokenizerFile.open("\(root)/data/tokenizers/\(name)/\(name).tiktoken").definition)
  }

  static func counts(_ corpus: ParallelCorpus, _ tokenizer: Tokenizer) throws -> [LineCounts] {
    try corpus.count { () throws(ToklabError) in
      let encoder = try DocumentEncoder(tokenizer)
      return { line throws(ToklabError) in
        let count = try encoder.count(line)
        return LineTally(tokens: count.tokens, unknown: count.unknown)
      }
    }
  }
}

@Suite(.serialized) struct SharedNTREXTests {
  static func corpus(_ languages: [String]? = nil) throws -> ParallelCorpus {
    try ParallelCorpus.load(
      folder: SharedData.root + "/data/parallel/ntrex", languages: languages, reference: "eng")
  }

  /// Counts of the reference library, language by language; premiums are their quotients.
  @Test(arguments: ["cl100k_base", "o200k_base"])
  func corpusTokenCountsOfTheReferenceLibrary(name: String) throws {
    let corpus = try Self.corpus()
    #expect(corpus.languages.count == 130 && corpus.lineCount == 1997 && corpus.clusterCount == 123)
    let tokenizer = try SharedData.tokenizer(name)
    let counts = try SharedData.counts(corpus, tokenizer)
    let report = try TokenPremium(bootstrap: Bootstrap(replicates: 200)).measure(
      TokenPremium.Input(
        tokenizer: TokenizerIdentity(name), languages: counts, reference: "eng", clusters: corpus.clusters))
    let expected = TabSeparated(
      try TextLines(file: "\(SharedData.root)/data/tokenizers/\(name)/expected.ntrex-counts.tsv")
    ).rows.dropFirst()
    #expect(expected.count == 130)
    let english = Double(expected.first { $0.cells[0] == "eng" }!.cells[1])!
    for row in expected {
      let count = try #require(Int(row.cells[1]))
      #expect(report.result("corpus_token_count", row.cells[0])?.value == .count(count), "\(row.cells[0])")
      let premium = try #require(report.result("premium", row.cells[0]))
      #expect(premium.value == .real(Double(count) / english))
      #expect(premium.low! <= premium.value!.double && premium.value!.double <= premium.high!)
    }
  }

  /// Clusters make intervals wider, as documents are alike inside.
  @Test func clusterIntervalsAreWider() throws {
    let corpus = try Self.corpus(["deu", "fin", "tha"])
    let counts = try SharedData.counts(corpus, SharedData.tokenizer("cl100k_base"))
    func width(_ clusters: [Int]?) throws -> [Double] {
      let report = try TokenPremium().measure(
        TokenPremium.Input(
          tokenizer: TokenizerIdentity("t"), languages: counts, reference: "eng", clusters: clusters))
      return try ["deu", "fin", "tha"].map {
        let row = try #require(report.result("premium", $0))
        return row.high! - row.low!
      }
    }
    for (clustered, plain) in zip(try width(corpus.clusters), try width(nil)) { #expect(clustered > plain) }
  }

  /// Byte premiums of news text are within some tens of per cent of the published coefficients, and in their
  /// order: Hindi above Russian above German.
  @Test func bytePremiumsAgreeWithThePublishedOnes() throws {
    let corpus = try Self.corpus(["deu", "hin", "rus", "tha"])
    let table = try BytePremiumTests.shippedTable()
    let english = corpus.language("eng")!.text
    for (label, code) in [("deu", "deu_latn"), ("hin", "hin_deva"), ("rus", "rus_cyrl"), ("tha", "tha_thai")]
    {
      let measured = try #require(
        BytePremiumEstimate.parallel(corpus.language(label)!.text, reference: english))
      let published = try #require(table.premium(code))
      #expect(
        abs(measured.value / published.value - 1) < 0.25, "\(code): \(measured.value) and \(published.value)")
      #expect(measured.warnings.isEmpty)
    }
  }
}

@Suite struct SharedTurkishTests {
  /// Turkish roots and suffixes of malibayram/turkish-tokenizer (MIT): a general tokenizer's types are
  /// forms in well under 60 %, and counting occurrences flatters it (spec/metrics 2.3).
  @Test func integrityOfAGeneralTokenizer() throws {
    let folder = SharedData.root + "/data/lexicons/tur/turkish-tokenizer"
    let suffixes = try LexiconFile.readLexicon(folder + "/ekler.json")
    let inventory = try MorphemeInventory(
      lexicon: LexiconFile.readLexicon(folder + "/kokler.json"), morphemes: suffixes.map { ($0, .suffix) },
      language: "tr")
    let text = try TextLines(file: SharedData.root + "/data/parallel/ntrex/tur.txt")
    let tokenizer = try SharedData.tokenizer("cl100k_base")
    let identity = TokenizerIdentity("cl100k")
    let encoded = try EncodedCorpus.encode(
      text, with: tokenizer, identity: identity, language: "tr", locale: "tr")
    let report = try LinguisticIntegrity(bootstrap: Bootstrap(replicates: 200)).measure(
      LinguisticIntegrity.Input(
        tokenizer: identity, language: "tr", lines: encoded.lines.map(\.segmented), inventory: inventory))
    func value(_ name: String, _ tokenizer: String = "cl100k") -> Double {
      report.result(name, "tr", tokenizer: tokenizer)?.value?.double ?? .nan
    }
    #expect((20...60).contains(value("lexical_pct")), "\(value("lexical_pct"))")
    #expect(value("lexical_pct_occurrences") > value("lexical_pct"))
    #expect(value("pure_pct") <= value("lexical_pct") && value("strict_lexical_pct") <= value("lexical_pct"))
    // Letters must not win where place counts, in either counting.
    for name in ["strict_lexical_pct", "strict_lexical_pct_occurrences", "strict_pure_pct"] {
      #expect(value(name) > value(name, "baseline:characters"), "\(name)")
      #expect(value(name) > value(name, "baseline:random"), "\(name)")
    }
  }
}

@Suite struct SharedMorphologyTests {
  /// Hungarian gold segmentations: a general tokenizer finds some boundaries, a tokenizer of characters all.
  @Test func boundariesOfGoldFiles() throws {
    let gold = try GoldSegmentations(file: SharedData.root + "/data/morphemes/sigmorphon2022/hun.tsv")
    let tokenizer = try SharedData.tokenizer("cl100k_base")
    let tokens = try BoundaryAlignment.encode(gold, with: tokenizer)
    let report = try BoundaryAlignment(bootstrap: Bootstrap(replicates: 200)).measure(
      BoundaryAlignment.Input(tokenizer: TokenizerIdentity("cl100k"), gold: gold, tokens: tokens))
    let f1 = try #require(report.result("boundary_f1"))
    #expect(f1.n > 3000 && (0.1...0.6).contains(f1.value!.double) && f1.low! < f1.high!)
    let letters = gold.items.map { item in item.word.indices.map { $0..<($0 + 1) } }
    let all = try BoundaryAlignment(bootstrap: .off).measure(
      BoundaryAlignment.Input(tokenizer: TokenizerIdentity("letters"), gold: gold, tokens: letters))
    #expect(all.result("boundary_recall")?.value == .real(1))
  }
}
