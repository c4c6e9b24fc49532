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

  func validate() throws {
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
      transition <= 1 ? Int((transition * Double(size)).rounded()) : Int(clamping: Int64(transition))
    let trainer = SuperwordTrainer(
      try SuperwordTrainer.Parameters(
        bytePair: options.parameters(size: size), transition: change, maxWords: maxWords,
        secondStage: secondPattern))
    // What is wrong with the command line itself is said before hours of counting.
    try trainer.check()
    var target = try TrainingTarget(options.output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil).keepingStandardInput()
    let words = try pipeline.preTokenization(or: ("o200k-plain", "none"))
    let counts = try summary.count(text, words, &timing)
    let digest = counts.digest
    let learning = Progress("merging", total: size, unit: .things("tokens"), quiet: shared.quiet)
    let training = try trainer.train(
      on: counts, of: text, cutBy: words,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .train { learning.set(done) }
      })
    learning.finish()
    timing.phase("train")
    let trained = try training.tokenizer(cutBy: trainer.secondStage(after: words))
    summary.warnIfSmall(trained, size)
    try target.write(
      trained, size: size,
      recipe: options.recipe(
        "superword", size: size, words, digest: digest,
        [
          ("transition", .int(change)), ("max_words", .int(maxWords)),
          ("stage2_pattern", .string(secondPattern)),
        ]),
      specials: training.specials)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing)
  }
}
