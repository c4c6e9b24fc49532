import ArgumentParser
import Metrics

/// `toklab score morphology`.
struct ScoreMorphology: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "morphology",
    abstract: "Do token boundaries fall on morpheme boundaries?",
    discussion: """
      The gold file is a table of word, segments separated by " @@" and category, or a MorphyNet table with \
      segments separated by "|". Every word is encoded on its own, after a space.
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

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, [BoundaryAlignment.self])
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let items = try GoldSegmentations(file: gold)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus([gold], provenance)
    timing.phase("load")
    var report = MetricReport()
    for tokenizer in opened {
      let tokens = try BoundaryAlignment.encode(
        items, with: tokenizer.tokenizer, leadingSpace: !noLeadingSpace, threads: shared.threadCount)
      report.append(
        contentsOf: try BoundaryAlignment(bootstrap: intervals.make(shared)).measure(
          BoundaryAlignment.Input(
            tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), language: language,
            gold: items, tokens: tokens)))
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "morphology", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("gold", "\(Numbers.grouped(items.items.count)) words")], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [BoundaryAlignment.self]), provenance: provenance,
      timing: timing)
  }
}
