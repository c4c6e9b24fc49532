import ArgumentParser
import Metrics

/// `toklab score bias`.
struct ScoreBias: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bias",
    abstract: "Fit the bias of information capacity, so that models of one series get alike values.",
    discussion: """
      The table has the columns series, model, inference_flops (of 1,024 tokens), bits_per_token and \
      cross_entropy_bits, by commas or tabs: what 'score capacity' gives for each model.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var format: ScoreOutputOptions

  @Option(help: ArgumentHelp("A table of models.", valueName: "file"))
  var models: String

  func validate() throws {
    try format.check(shared)
    _ = try ScoreRun.gates(format, [CapacitySeries.self])
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    var conditions = ScoreConditions(shared, [])
    let found: [CapacitySeries.Model]
    do { found = try CapacitySeries.models(TextLines(file: models)) } catch { throw error.in(models) }
    try conditions.addCorpus([models], provenance)
    timing.phase("load")
    let report = try CapacitySeries().measure(found)
    timing.phase("measure")
    let run = ScoreRun(
      verb: "bias", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(title: "series or model"),
      summary: [("models", Numbers.grouped(found.count))], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [CapacitySeries.self]), provenance: provenance,
      timing: timing)
  }
}
