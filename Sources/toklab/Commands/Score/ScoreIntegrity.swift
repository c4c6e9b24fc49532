import ArgumentParser
import Metrics

/// `toklab score integrity`.
struct ScoreIntegrity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "integrity",
    abstract: "Are tokens words and morphemes of a language? (%TR, %Pure)",
    discussion: """
      The lexicon holds words and roots: one form a line, a hunspell .dic with its .aff beside it, a JSON \
      object whose keys are forms, UniMorph or MorphyNet tables. The morphemes are a table of form and class \
      (prefix, root or suffix), a MorphyNet table, or a plain list after CLASS=. Scores stand beside those of \
      two baselines: characters, and random cuts of the same token lengths.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions

  @Option(help: ArgumentHelp("The text, one line a unit of the bootstrap.", valueName: "file"))
  var text: String

  @Option(help: ArgumentHelp("Words and roots; repeatable.", valueName: "file"))
  var lexicon: [String] = []

  @Option(help: ArgumentHelp("Morphemes with their class; repeatable.", valueName: "[class=]file"))
  var morphemes: [String] = []

  @Option(help: ArgumentHelp("The language code that decides case, such as tr.", valueName: "code"))
  var language: String

  @Flag(name: .customLong("no-baselines"), help: "Leave the baselines out.")
  var noBaselines = false

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, [LinguisticIntegrity.self])
    guard !lexicon.isEmpty || !morphemes.isEmpty else {
      throw ValidationError("Missing expected argument '--lexicon <file>' or '--morphemes <file>'")
    }
    guard !language.isEmpty else { throw ValidationError("--language is empty; expected a code such as tr") }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let lines = try TextLines(file: text)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus([text], provenance)
    let source = try LexiconSource(lexicons: lexicon, morphemes: morphemes, language: language)
    for file in source.files { try provenance.add(file) }
    timing.phase("load")
    let bootstrap = intervals.make(shared)
    var report = MetricReport(notes: source.notes)
    for (index, tokenizer) in opened.enumerated() {
      let identity = TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256)
      let encoded = try EncodedCorpus.encode(
        lines, with: tokenizer.tokenizer, identity: identity, language: language, locale: language,
        threads: shared.threadCount)
      var part = try LinguisticIntegrity(bootstrap: bootstrap, baselines: !noBaselines).measure(
        LinguisticIntegrity.Input(
          tokenizer: identity, language: language, lines: encoded.lines.map(\.segmented),
          inventory: source.inventory))
      // The characters are the same for all; the random cuts have the lengths of one tokenizer's tokens.
      if index > 0 {
        part.results = part.results.compactMap { row in
          switch row.tokenizer {
          case "baseline:characters": nil
          case "baseline:random": row.renamed("baseline:random:\(tokenizer.label)")
          default: row
          }
        }
      } else if opened.count > 1, !noBaselines {
        part.notes.append("baseline:random has the token lengths of \(tokenizer.label)")
      }
      report.append(contentsOf: part)
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "integrity", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [
        ("lexicon", "\(Numbers.grouped(source.inventory.count)) forms, case by the rules of \(language)"),
        ("text", "\(Numbers.grouped(lines.count)) lines"),
      ], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [LinguisticIntegrity.self]), provenance: provenance,
      timing: timing)
  }
}
