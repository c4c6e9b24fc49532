import ArgumentParser
import Metrics

/// `toklab score robustness`.
struct ScoreRobustness: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robustness",
    abstract: "How many more tokens does slightly changed text need?",
    discussion: "Typing errors, upper case, canonical decomposition, look-alike letters, doubled spaces.")

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var texts: TextOptions

  func validate() throws {
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, [PerturbationRobustness.self])
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
    var report = MetricReport(notes: texts.notes)
    for tokenizer in opened {
      for text in texts.texts {
        let input = try PerturbationRobustness.Input(
          tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), language: text.label,
          text: text.lines, seed: shared.seed, threads: shared.threadCount
        ) { () throws(ToklabError) in try tokenizer.tokenizer.lineCounter() }
        report.append(
          contentsOf: try PerturbationRobustness(bootstrap: intervals.make(shared)).measure(input))
      }
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "robustness", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(), summary: [], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [PerturbationRobustness.self]),
      provenance: provenance, timing: timing)
  }
}
