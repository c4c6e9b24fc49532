import ArgumentParser
import Metrics

/// `toklab score parity`.
struct ScoreParity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parity",
    abstract: "Information parity: does a model need as many bits for the same content in each language?",
    discussion: """
      The folder holds one LABEL.jsonl a language: a model's log-probabilities of line-aligned texts, one sample a \
      line, as 'score capacity' reads them (token_ids, logprob with null for the first token, bytes_scored, add_bos). 1 \
      is parity; below 1 a language costs more bits than the reference.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var choice: LanguageOptions

  @Option(
    name: .customLong("log-probs"),
    help: ArgumentHelp(
      "A folder of LABEL.jsonl, one sample for each line of a parallel text.", valueName: "dir"))
  var logProbs: String

  @Option(help: ArgumentHelp("The language to compare with.", valueName: "label"))
  var reference: String = "eng"

  func validate() throws {
    try format.check(shared)
    _ = try ScoreRun.gates(format, [InformationParity.self])
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let logs = try ParallelLikelihoods(folder: logProbs, languages: choice.wanted, reference: reference)
    var conditions = ScoreConditions(shared, [])
    try conditions.addCorpus(logs.files, provenance)
    timing.phase("load")
    let report = try InformationParity(bootstrap: intervals.make(shared)).measure(
      InformationParity.Input(
        tokenizer: TokenizerIdentity(TokenizerOperand.defaultLabel(logProbs)),
        languages: logs.languages.map { ($0.label, $0.log.samples.map(\.bits)) }, reference: reference))
    timing.phase("measure")
    let listed = choice.wanted.map(Set.init)
    let run = ScoreRun(
      verb: "parity", results: report.results.filter { row in listed?.contains(row.language ?? "") ?? true },
      notes: logs.notes + report.notes, tables: MetricTables(results: report.results).tables(),
      summary: [("samples", Numbers.grouped(logs.languages.first?.log.samples.count ?? 0))],
      conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [InformationParity.self]), provenance: provenance,
      timing: timing)
  }
}
