import ArgumentParser
import Tokenizers

/// `toklab train superword`.
struct TrainSuperword: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "superword",
    abstract: "Train byte-pair encoding whose later tokens cross words (SuperBPE).",
    discussion: """
      Up to the transition the merges are those of 'train bpe' with the same pattern (here o200k without \
      contractions unless asked otherwise); after it white space no longer parts tokens, numbers and runs of \
      punctuation do. The text is read twice. The result is an ordinary tokenizer.json with the second pattern.

      With --boundless there is no transition: joining two whole words competes with ordinary merges, the more \
      frequent of the two is made (BoundlessBPE).
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where the second stage begins: a share of the size up to 1, else a size.", valueName: "share|size"))
  var transition: Double = 0.8

  @Option(help: ArgumentHelp("Words, parted by spaces, that a token may hold.", valueName: "n"))
  var maxWords: Int = 4

  @Option(
    name: .customLong("stage2-pattern"),
    help: ArgumentHelp("What cuts text after the transition: a name or regex:PATTERN.", valueName: "name"))
  var secondPattern: String = "superbpe"

  @Flag(
    help:
      "The inputs are shards of count-words over the same text with two patterns, the first stage's and the second's."
  )
  var counts = false

  @Flag(help: "Merges of whole words compete with ordinary ones; --transition means nothing then.")
  var boundless = false

  func validate() throws {
    if boundless, counts || corpus.weights != nil || corpus.balance != nil {
      throw ValidationError("--boundless does not go with --counts, --weights and --balance")
    }
    if counts, corpus.isGiven {
      throw ValidationError("--counts excludes --weights, --balance, --json-field and --input-format")
    }
    guard transition > 0, transition.isFinite, transition <= 1 || transition == transition.rounded() else {
      throw ValidationError(
        "--transition \(transition) is out of range; expected a share up to 1, or a whole size")
    }
    guard maxWords >= 1 else {
      throw ValidationError("--max-words \(maxWords) is out of range; expected 1 or more")
    }
    do { _ = try PreTokenizers.named(secondPattern) } catch {
      throw ValidationError("--stage2-pattern: \(error.description)")
    }
    try options.check(shared)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "superword", shared: shared)
    let size = options.size
    let change =
      transition <= 1 ? Int((transition * Double(size)).rounded()) : Int(exactly: transition) ?? .max
    let trainer = SuperwordTrainer(
      try SuperwordTrainer.Parameters(
        bytePair: options.parameters(size: size), transition: boundless ? size : change, maxWords: maxWords,
        secondStage: secondPattern))
    // What is wrong with the command line itself is said before hours of counting.
    try trainer.check()
    var target = try TrainingTarget(options.output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let learning = Progress("merging", total: size, unit: .things("tokens"), quiet: shared.quiet)
    let run = TrainingRun(threads: shared.threadCount) { phase, done in
      if phase == .train { learning.set(done) }
    }
    let (training, words, digest) =
      try counts
      ? trainCounts(trainer, provenance, run, &timing) : train(trainer, summary, provenance, run, &timing)
    learning.finish()
    timing.phase("train")
    let trained = try training.tokenizer(cutBy: trainer.secondStage(after: words))
    summary.warnIfSmall(trained, size)
    try target.write(
      trained, size: size,
      recipe: options.recipe(
        "superword", size: size, words, digest: digest,
        [
          ("transition", boundless ? .null : .int(change)), ("max_words", .int(maxWords)),
          ("stage2_pattern", .string(secondPattern)),
        ] + (boundless ? [("boundless", .bool(true))] : [])),
      specials: training.specials)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing)
  }

  private typealias Result = (training: BytePairTraining, words: PreTokenization, digest: String)
  private static let firstStage = ("o200k-plain", "none")

  private func train(
    _ trainer: SuperwordTrainer, _ summary: TrainingSummary, _ provenance: Provenance, _ run: TrainingRun,
    _ timing: inout Timing
  ) throws -> Result {
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil).keepingStandardInput()
    let words = try pipeline.preTokenization(or: Self.firstStage)
    let counts = try summary.count(text, words, &timing)
    let digest = counts.digest
    if boundless {
      let competing = BoundlessTrainer(trainer.parameters)
      return (try competing.train(on: counts, of: text, cutBy: words, run: run), words, digest)
    }
    return (try trainer.train(on: counts, of: text, cutBy: words, run: run), words, digest)
  }

  /// Shards of the second pattern are told by its name; the others are the first stage's.
  private func trainCounts(
    _ trainer: SuperwordTrainer, _ provenance: Provenance, _ run: TrainingRun, _ timing: inout Timing
  ) throws -> Result {
    let second = trainer.parameters.secondStage.name
    let shards = try ShardText.read(inputs)
    for path in inputs where shared.json { try provenance.add(path) }
    let parts = [
      shards.filter { $0.shard.preTokenizer != second }, shards.filter { $0.shard.preTokenizer == second },
    ]
    guard let one = parts[0].first, let two = parts[1].first else {
      throw ToklabError(
        file: inputs.first, "shards of one pattern only",
        expected: "shards of the first stage's pattern and of \(second)",
        advice: "count the same text again with the other --pre-tokenizer")
    }
    let (pieces, runs) = (try PreTokenShard.merge(parts[0]), try PreTokenShard.merge(parts[1]))
    guard pieces.textDigests == runs.textDigests else {
      throw ToklabError(
        file: two.name, "counts of another text than those of \(pieces.preTokenizer)",
        expected: "the same texts counted with both patterns",
        advice: "count every part of the text with both --pre-tokenizer names")
    }
    let words = try pipeline.preTokenization(of: pieces, file: one.name)
    guard pieces.normalizer == runs.normalizer else {
      throw ToklabError(
        file: two.name, "normalizer \(runs.normalizer)", expected: "\(pieces.normalizer), as in \(one.name)",
        advice: "count both with the same --normalizer")
    }
    try ShardText.checkUnicode(runs, file: two.name)
    timing.phase("count")
    let digest = pieces.counts.digest
    return (try trainer.train(on: pieces.counts, pieces: runs.counts, cutBy: words, run: run), words, digest)
  }
}
