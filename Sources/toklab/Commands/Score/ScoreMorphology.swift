import ArgumentParser
import Metrics

/// `toklab score morphology`.
struct ScoreMorphology: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "morphology",
    abstract: "Do token boundaries fall on morpheme boundaries?",
    discussion: """
      The gold file is a table of word, segments separated by " @@" and category, a MorphyNet table with \
      segments separated by "|", or a table of MorphScore: version 1 with the columns full_word, pt1 and rest, \
      version 2 with wordform, stem, preceding_part and following_part, which gives MorphScore's own metrics. \
      Every word is encoded on its own, after a space.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions

  @Option(help: ArgumentHelp("Words with their true segments.", valueName: "file"))
  var gold: String

  @Option(help: ArgumentHelp("The label of the rows.", valueName: "label"))
  var language: String?

  @Flag(name: .customLong("no-leading-space"), help: "Encode words as at the start of a text.")
  var noLeadingSpace = false

  @Flag(name: .customLong("frequency-scaled"), help: "MorphScore 2: weigh words by word_freq_norm.")
  var frequencyScaled = false

  @Flag(name: .customLong("all-analyses"), help: "MorphScore 2: keep forms with several analyses.")
  var allAnalyses = false

  @Flag(name: .customLong("any-stem"), help: "MorphScore 2: keep forms whose stem is not their lemma.")
  var anyStem = false

  @Flag(name: .customLong("with-numbers"), help: "MorphScore 2: keep forms with digits.")
  var withNumbers = false

  @Flag(
    name: .customLong("whole-words"),
    help: "MorphScore 2: words of one token score 1, words of one morpheme 1 when they are one token.")
  var wholeWords = false

  private static let families: [any Metric.Type] = [BoundaryAlignment.self, MorphScore.self]

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, Self.families)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let text = try TextLines(file: gold)
    let isTable = MorphScoreTable.isTable(text)
    if !isTable, frequencyScaled || allAnalyses || anyStem || withNumbers || wholeWords {
      throw ToklabError(
        file: gold, "no table of MorphScore 2",
        expected: "its columns wordform, stem, preceding_part, following_part",
        advice: "leave out the options of MorphScore 2")
    }
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus([gold], provenance)
    timing.phase("load")
    var report = MetricReport()
    let words: Int
    do {
      words = try isTable ? morphScore(text, opened, &report) : boundaries(text, opened, &report)
    } catch let error as ToklabError { throw error.in(gold) }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "morphology", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("gold", "\(Numbers.grouped(words)) words")], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance,
      timing: timing)
  }

  private func boundaries(
    _ text: TextLines, _ opened: [OpenTokenizer], _ report: inout MetricReport
  ) throws -> Int {
    let items = try GoldSegmentations(text)
    for tokenizer in opened {
      let tokens = try BoundaryAlignment.encode(
        items, with: tokenizer.tokenizer, leadingSpace: !noLeadingSpace, threads: shared.threadCount)
      report.append(
        contentsOf: try BoundaryAlignment(bootstrap: intervals.make(shared)).measure(
          BoundaryAlignment.Input(
            tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), language: language,
            gold: items, tokens: tokens)))
    }
    return items.items.count
  }

  private func morphScore(
    _ text: TextLines, _ opened: [OpenTokenizer], _ report: inout MetricReport
  ) throws -> Int {
    let table = try MorphScoreTable(
      text,
      filter: MorphScoreTable.Filter(
        uniqueOnly: !allAnalyses, stemIsLemma: !anyStem, withoutNumbers: !withNumbers))
    for tokenizer in opened {
      let tokens = try WordEncoding.encode(
        table.items.map(\.word), with: tokenizer.tokenizer, leadingSpace: !noLeadingSpace,
        threads: shared.threadCount)
      report.append(
        contentsOf: try MorphScore(
          scalesByFrequency: frequencyScaled, excludesSingleTokens: !wholeWords,
          excludesSingleMorphemes: !wholeWords, bootstrap: intervals.make(shared)
        ).measure(
          MorphScore.Input(
            tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), language: language,
            table: table, tokens: tokens)))
    }
    return table.items.count
  }
}
