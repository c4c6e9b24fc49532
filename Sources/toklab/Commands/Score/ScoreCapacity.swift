import ArgumentParser
import Metrics
import Tokenizers

/// `toklab score capacity`.
struct ScoreCapacity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract:
      "Information capacity: compression for computation, from recorded log-probabilities or a model.",
    discussion: """
      The log is JSON Lines, one sample a line: token_ids, logprob (natural logarithms, null for the first \
      token), bytes_scored, and add_bos: true where the ids begin with the model's begin token. The mode 'paper' repeats the published table to the last digit; 'exact' counts \
      what the model does. bits_per_byte compares models with different tokenizers; bits_per_token does not. \
      With -t the ids are checked against the bytes. Instead of a log, --model with --samples asks a model for the \
      log-probabilities of a text, one sample a line, cut at 1,024 tokens; --save-log keeps them (without a \
      --config nothing else is done). With --text every -t is asked what the capacity of the \
      same model would be if it read that tokenizer's tokens at the same bits per byte.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var helper: HelperOptions

  @Option(
    name: .customLong("log-probs"), help: ArgumentHelp("Recorded log-probabilities.", valueName: "file"))
  var logProbs: String?

  @Option(
    help: ArgumentHelp(
      "A model to ask: \(OpenModel.spellings).", valueName: "kind:place"
    ))
  var model: String?

  @Option(
    name: .customLong("bits-per-byte"),
    help: ArgumentHelp("The model's bits per byte, where only --text is asked for.", valueName: "x"))
  var bitsPerByte: Double?

  @Option(help: ArgumentHelp("Text for the model, one sample a line.", valueName: "file"))
  var samples: String?

  @Option(
    name: .customLong("save-log"),
    help: ArgumentHelp("Keep the model's log-probabilities.", valueName: "file"))
  var saveLog: String?

  @Flag(help: "Accept a model that scores more ids than the tokenizer has.")
  var allowPadding = false

  @Option(help: ArgumentHelp("The model's config.json.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "What the samples are: mixed, chinese (FineWeb-Edu) or any other name; it decides b and is printed.",
      valueName: "name"))
  var dataset: String = "mixed"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The constant b, if not the data set's: -24 mixed, -18.7 chinese, -27 other text.", valueName: "b"))
  var bias: Double?

  @Option(help: "How operations are counted.")
  var mode: ModeChoice = .paper

  @Option(help: ArgumentHelp("Text on which other tokenizers stand in for the model's.", valueName: "file"))
  var text: String?

  enum ModeChoice: String, ExpressibleByArgument, CaseIterable { case paper, exact }

  /// As the paper's code has it: arXiv 2511.08066, calc_ic.py.
  private var usedBias: Double { bias ?? ["mixed": -24, "chinese": -18.7][dataset] ?? -27 }

  private static let families: [any Metric.Type] = [InformationCapacity.self, TokenizerCapacity.self]

  func validate() throws {
    try format.check(shared)
    _ = try ScoreRun.gates(format, Self.families)
    guard [logProbs != nil, model != nil, bitsPerByte != nil].filter({ $0 }).count == 1 else {
      throw ValidationError("expected --log-probs, --model or --bits-per-byte, one of them")
    }
    if let bitsPerByte {
      guard bitsPerByte >= 0, bitsPerByte.isFinite else {
        throw ValidationError("--bits-per-byte \(bitsPerByte) is out of range; expected 0 or more")
      }
      if text == nil { throw ValidationError("--bits-per-byte needs --text") }
    }
    if let model, OpenModel.parse(model) == nil {
      throw ValidationError(
        "The value '\(model)' is invalid for '--model <kind:place>'; expected \(OpenModel.spellings)"
      )
    }
    guard (model == nil) == (samples == nil) else {
      throw ValidationError("--model and --samples go together")
    }
    if saveLog != nil && model == nil { throw ValidationError("--save-log goes with --model") }
    if saveLog == "-" { throw ValidationError("--save-log - is no place for a log; expected a file") }
    if config == nil && saveLog == nil {
      throw ValidationError("Missing expected argument '--config <file>'")
    }
    if config == nil && text != nil { throw ValidationError("--text needs --config") }
    if let bias, !bias.isFinite {
      throw ValidationError("--bias \(bias) is out of range; expected a number")
    }
    if dataset.isEmpty { throw ValidationError("--dataset is empty; expected a name") }
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
    let found = bitsPerByte == nil ? try likelihoods(opened, provenance) : nil
    guard let config else {
      for note in found?.notes ?? [] { shared.note(note) }
      return
    }
    let shape = try TransformerShape(file: config)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus([logProbs, samples, text].compactMap(\.self), provenance)
    try provenance.add(config)
    timing.phase("load")
    let settings = CapacitySettings(
      bias: usedBias, mode: mode == .paper ? .paper : .exact, bootstrap: intervals.make(shared))
    var report = MetricReport(
      notes: ["data set \(dataset), b = \(Numbers.shortest(usedBias))"] + (found?.notes ?? []))
    if let found {
      report.append(
        contentsOf: try InformationCapacity(settings).measure(
          InformationCapacity.Input(tokenizer: found.identity, log: found.log, shape: shape)))
    }
    if let text {
      let lines = try TextLines(file: text)
      let known = bitsPerByte ?? found.map { Self.bitsPerByte($0.log) } ?? 0
      for tokenizer in opened {
        let counts = try parallelMap(
          lines.count,
          workers: try (0..<shared.threadCount).map { _ in try DocumentEncoder(tokenizer.tokenizer) }
        ) { line, encoder in try lines.withLine(line) { try encoder.count($0).tokens } }
        report.append(
          contentsOf: try TokenizerCapacity(settings).measure(
            TokenizerCapacity.Input(
              tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), shape: shape,
              bitsPerByte: known, vocabularySize: tokenizer.tokenizer.capacity, tokens: counts,
              bytes: (0..<lines.count).map { lines.byteCount(ofLine: $0) })))
      }
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "capacity", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [
        (
          "samples",
          found.map { Numbers.grouped($0.log.samples.count) }
            ?? "none, \(Numbers.shortest(bitsPerByte ?? 0)) bits per byte given"
        ),
        ("data set", dataset), ("bias", Numbers.shortest(usedBias)),
        ("operations", "\(mode.rawValue) counting"),
      ], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }

  private static func bitsPerByte(_ log: LikelihoodLog) -> Double {
    log.samples.reduce(0) { $0 + $1.bits } / Double(log.samples.reduce(0) { $0 + $1.bytesScored })
  }

  /// The log that was named, or what the model says about the samples.
  private func likelihoods(
    _ opened: [OpenTokenizer], _ provenance: Provenance
  ) throws -> (log: LikelihoodLog, identity: TokenizerIdentity, notes: [String]) {
    let first = opened.first.map { TokenizerIdentity($0.label, sha256: $0.sha256) }
    if let logProbs {
      let log = try LikelihoodLog(file: logProbs)
      if let tokenizer = opened.first { try check(log, tokenizer, logProbs) }
      return (log, first ?? TokenizerIdentity(TokenizerOperand.defaultLabel(logProbs)), [log.beginNote])
    }
    let (model, samples) = (model!, samples!)
    // A model that carries its tokenizer is not given another one: -t then names what --text compares.
    let carriesTokenizer = ["ngram", "gguf", "hf"].contains(OpenModel.parse(model)?.kind)
    let source = try OpenModel(
      model, tokenizer: carriesTokenizer ? nil : opened.first, helper: helper, provenance: provenance)
    let text = try TextLines(file: samples)
    let found: (log: LikelihoodLog, skipped: Int)
    do {
      found = try ModelLikelihoods(source, allowPadding: allowPadding).log(of: text)
    } catch let error as ToklabError { throw error.in(samples) }
    if let saveLog {
      let file = try ResultFile(saveLog)
      try found.log.write(to: file.output)
      try file.commit()
    }
    return (
      found.log, (carriesTokenizer ? nil : first) ?? TokenizerIdentity(model),
      [found.log.beginNote]
        + (found.skipped > 0
          ? ["\(samples): \(found.skipped) lines of fewer than two tokens have nothing to score"] : [])
    )
  }

  /// Recorded ids must be tokens, the first one a special token if the log says that it is the begin token, and
  /// those after it stand for as many bytes as the log says.
  private func check(_ log: LikelihoodLog, _ tokenizer: OpenTokenizer, _ logProbs: String) throws {
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
      if let addBOS = sample.addBOS {
        let id = sample.tokenIDs[0]
        let added = tokenizer.tokenizer.definition.addedTokens.first { $0.id == id }
        guard (added?.special ?? false) == addBOS else {
          throw failure(
            "add_bos \(addBOS) and the first token \(id)",
            addBOS ? "a special token of \(tokenizer.label)" : "a token of the text, not a special one")
        }
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
