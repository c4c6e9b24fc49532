import ArgumentParser
import Metrics

/// `toklab score capacity`.
struct ScoreCapacity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Information capacity: compression for computation, from recorded log-probabilities.",
    discussion: """
      The log is JSON Lines, one sample a line: token_ids, logprob (natural logarithms, null for the first \
      token), bytes_scored. The mode 'paper' repeats the published table to the last digit; 'exact' counts \
      what the model does. bits_per_byte compares models with different tokenizers; bits_per_token does not. \
      With -t the ids are checked against the bytes. With --text every -t is asked what the capacity of the \
      same model would be if it read that tokenizer's tokens at the same bits per byte.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions

  @Option(
    name: .customLong("log-probs"), help: ArgumentHelp("Recorded log-probabilities.", valueName: "file"))
  var logProbs: String

  @Option(help: ArgumentHelp("The model's config.json.", valueName: "file"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "The constant b: -24 mixed text, -18.7 Chinese FineWeb-Edu, -27 other text of the paper.",
      valueName: "b"))
  var bias: Double = -24

  @Option(help: "How operations are counted.")
  var mode: ModeChoice = .paper

  @Option(help: ArgumentHelp("Text on which other tokenizers stand in for the model's.", valueName: "file"))
  var text: String?

  enum ModeChoice: String, ExpressibleByArgument, CaseIterable { case paper, exact }

  private static let families: [any Metric.Type] = [InformationCapacity.self, TokenizerCapacity.self]

  func validate() throws {
    try format.check(shared)
    _ = try ScoreRun.gates(format, Self.families)
    guard bias.isFinite else { throw ValidationError("--bias \(bias) is out of range; expected a number") }
    if text == nil {
      if tokenizers.tokenizer.count > 1 {
        throw ValidationError(
          "--tokenizer is given \(tokenizers.tokenizer.count) times; expected one tokenizer, or --text")
      }
    } else {
      try tokenizers.requireOne()
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let log = try LikelihoodLog(file: logProbs)
    let shape = try TransformerShape(file: config)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus([logProbs] + (text.map { [$0] } ?? []), provenance)
    try provenance.add(config)
    if let tokenizer = opened.first { try check(log, tokenizer) }
    timing.phase("load")
    let operations: InferenceFLOPs.Mode = mode == .paper ? .paper : .exact
    let identity =
      opened.first.map { TokenizerIdentity($0.label, sha256: $0.sha256) }
      ?? TokenizerIdentity(TokenizerOperand.defaultLabel(logProbs))
    var report = try InformationCapacity(
      bias: bias, mode: operations, bootstrap: intervals.make(shared)
    ).measure(InformationCapacity.Input(tokenizer: identity, log: log, shape: shape))
    if let text {
      let lines = try TextLines(file: text)
      let bits = log.samples.reduce(0) { $0 + $1.bits }
      let bytes = log.samples.reduce(0) { $0 + $1.bytesScored }
      for tokenizer in opened {
        let counts = try parallelMap(
          lines.count,
          workers: try (0..<shared.threadCount).map { _ in try DocumentEncoder(tokenizer.tokenizer) }
        ) { line, encoder in try lines.withLine(line) { try encoder.count($0).tokens } }
        report.append(
          contentsOf: try TokenizerCapacity(
            bias: bias, mode: operations, bootstrap: intervals.make(shared)
          ).measure(
            TokenizerCapacity.Input(
              tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), shape: shape,
              bitsPerByte: bits / Double(bytes), vocabularySize: tokenizer.tokenizer.capacity, tokens: counts,
              bytes: (0..<lines.count).map { lines.byteCount(ofLine: $0) })))
      }
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "capacity", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [
        ("samples", Numbers.grouped(log.samples.count)),
        ("bias", Numbers.shortest(bias)), ("operations", "\(mode.rawValue) counting"),
      ], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }

  /// Recorded ids must be tokens, and those after the first stand for as many bytes as the log says.
  private func check(_ log: LikelihoodLog, _ tokenizer: OpenTokenizer) throws {
    for (index, sample) in log.samples.enumerated() {
      func failure(_ found: String, _ expected: String) -> ToklabError {
        ToklabError(
          file: logProbs, "sample \(index + 1): \(found)", expected: expected,
          advice: "name the tokenizer that the model was recorded with")
      }
      let whole: [UInt8]
      let first: [UInt8]
      do {
        whole = try tokenizer.tokenizer.decode(sample.tokenIDs)
        first = try tokenizer.tokenizer.decode([sample.tokenIDs[0]])
      } catch {
        throw failure("ids that \(tokenizer.label) does not have (\(error.found))", "ids of its vocabulary")
      }
      // A first token's own marker of a space may be gone at the start of a text.
      let scored = whole.count - first.count
      guard abs(scored - sample.bytesScored) <= 1 else {
        throw failure(
          "bytes_scored \(sample.bytesScored)", "\(scored), the bytes of its tokens after the first")
      }
    }
  }
}
