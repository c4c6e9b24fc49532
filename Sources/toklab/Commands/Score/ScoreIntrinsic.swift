import ArgumentParser
import Metrics

/// `toklab score intrinsic`.
struct ScoreIntrinsic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "intrinsic",
    abstract: "What text alone tells of a tokenizer: compression, fertility, efficiency, integrity, digits.",
    discussion: """
      Every line is encoded on its own without special tokens. Words are ICU's for the text's language, which \
      the label of a text names (th or tha for Thai); fertilities of different segmenters do not compare. A \
      folder's texts need not be aligned.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var texts: TextOptions

  @Option(help: ArgumentHelp("The order of the Rényi entropy.", valueName: "a"))
  var alpha: Double = 2.5

  static let families: [any Metric.Type] = [
    Compression.self, Fertility.self, RenyiEfficiency.self, VocabularyUse.self, SuccessorEntropy.self,
    RoundTrip.self, UTF8Integrity.self, DigitAlignment.self, LanguageOverlap.self,
  ]

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    guard alpha >= 0, alpha.isFinite else {
      throw ValidationError("--alpha \(alpha) is out of range; expected 0 or more")
    }
    _ = try ScoreRun.gates(format, Self.families)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let texts = try self.texts.load()
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus(texts.files, provenance)
    timing.phase("load")
    let bootstrap = intervals.make(shared)
    var report = MetricReport(notes: texts.notes)
    let progress = Progress(
      "measuring", total: texts.texts.count * opened.count, unit: .things("texts"), quiet: shared.quiet)
    for tokenizer in opened {
      var corpora: [EncodedCorpus] = []
      for text in texts.texts {
        do {
          let corpus = try EncodedCorpus.encode(
            text.lines, with: tokenizer.tokenizer,
            identity: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), language: text.label,
            locale: text.locale, threads: shared.threadCount)
          for part in try measure(corpus, tokenizer, bootstrap) { report.append(contentsOf: part) }
          corpora.append(corpus)
        } catch let error as ToklabError {
          progress.finish()
          throw error.in(text.path)
        }
        progress.advance()
      }
      if corpora.count > 1 { report.append(contentsOf: try LanguageOverlap().measure(corpora)) }
    }
    progress.finish()
    timing.phase("measure")
    let run = ScoreRun(
      verb: "intrinsic", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("texts", Numbers.grouped(texts.texts.count)), ("alpha", Numbers.shortest(alpha))],
      conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }

  private func measure(
    _ corpus: EncodedCorpus, _ tokenizer: OpenTokenizer, _ bootstrap: Bootstrap
  ) throws -> [MetricReport] {
    let decoded = try parallelMap(corpus.lines.count, threads: shared.threadCount) { line in
      try tokenizer.tokenizer.decode(corpus.lines[line].ids)
    }
    let roundTrip = RoundTrip.Input(
      tokenizer: corpus.tokenizer, language: corpus.language,
      lines: zip(corpus.lines, decoded).map { (original: $0.segmented.text, decoded: $1) })
    return [
      try Compression(bootstrap: bootstrap).measure(corpus),
      try Fertility(bootstrap: bootstrap).measure(corpus),
      try RenyiEfficiency(order: alpha, bootstrap: bootstrap).measure(corpus),
      try VocabularyUse().measure(corpus), try SuccessorEntropy().measure(corpus),
      try RoundTrip(bootstrap: bootstrap).measure(roundTrip),
      try UTF8Integrity(bootstrap: bootstrap).measure(corpus),
      try DigitAlignment(bootstrap: bootstrap).measure(corpus),
    ]
  }
}
