import ArgumentParser
import Metrics

/// `toklab score code`.
struct ScoreCode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Do tokens respect the identifiers, operators and indentation of source code?",
    discussion: """
      Files are encoded whole and cut into lexemes by a lexer for their language, which the file's ending names: \
      \(CodeGrammar.all.map(\.name).joined(separator: ", ")). One set of rows a programming language; lines are \
      what intervals are drawn over.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions

  @Option(help: ArgumentHelp("A source file, or a folder of them at any depth.", valueName: "file|dir"))
  var corpus: String

  @Option(help: ArgumentHelp("The programming language; of a folder only this one.", valueName: "name"))
  var language: String?

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, [CodeIntegrity.self])
    if let language, CodeGrammar.named(language) == nil {
      throw ValidationError(
        "--language '\(language)' is unknown; expected one of \(CodeGrammar.all.map(\.name).joined(separator: ", "))"
      )
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let code = try CodeCorpus(corpus, language: language)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus(code.files, provenance)
    timing.phase("load")
    var report = MetricReport(notes: code.notes)
    for tokenizer in opened {
      for group in code.groups {
        let input = try CodeIntegrity.encode(
          group, with: tokenizer.tokenizer,
          identity: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), threads: shared.threadCount)
        report.append(contentsOf: try CodeIntegrity(bootstrap: intervals.make(shared)).measure(input))
      }
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "code", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("files", Numbers.grouped(code.files.count))], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [CodeIntegrity.self]), provenance: provenance,
      timing: timing)
  }
}
