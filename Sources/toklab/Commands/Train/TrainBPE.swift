import ArgumentParser
import Tokenizers

/// `toklab train bpe`.
struct TrainBPE: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bpe",
    abstract: "Train byte-level byte-pair encoding.",
    discussion: """
      Merges come in the order of Hugging Face's trainer. Training sees one line at a time. -o FILE writes \
      a tokenizer.json and FILE's .toklab.json beside it; -o DIR/ makes a folder that transformers loads.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write every one of these sizes from one run into -o DIR/ as DIR/SIZE/tokenizer.json.",
      valueName: "a,b,…"))
  var vocabSizes: SizeList?

  @Flag(
    help: "The inputs are shards of count-words; pattern and normalizer are those they were counted with.")
  var counts = false

  func validate() throws {
    if let vocabSizes {
      if options.vocabSize != nil {
        throw ValidationError("--vocab-size and --vocab-sizes exclude each other")
      }
      if vocabSizes.values.contains(where: { $0 < 1 }) {
        throw ValidationError("--vocab-sizes has a size below 1")
      }
      guard options.output != nil else { throw ValidationError("--vocab-sizes needs -o DIR/") }
    }
    try checkCounts()
    try options.check(shared)
  }

  private func checkCounts() throws {
    guard counts else { return }
    if corpus.isGiven {
      throw ValidationError("--counts excludes --weights, --balance, --json-field and --input-format")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "bpe", shared: shared)
    let sizes = vocabSizes.map { Array(Set($0.values)).sorted() } ?? [options.size]
    let trainer = BytePairTrainer(options.parameters(size: sizes.last!))
    try options.check(size: sizes[0])
    var target = try TrainingTarget(options.output, sizes: vocabSizes == nil ? nil : sizes)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let source = try counted(summary, &timing, provenance)
    let digest = source.counts.digest
    let learning = Progress("merging", total: sizes.last!, unit: .things("tokens"), quiet: shared.quiet)
    let training = try trainer.train(
      on: source.counts,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .train { learning.set(done) }
      })
    learning.finish()
    timing.phase("train")
    var results: [TrainedTokenizer] = []
    for size in sizes {
      let trained = try training.tokenizer(ofSize: size, cutBy: source.preTokenization)
      results.append(trained)
      summary.warnIfSmall(trained, size)
      try target.write(
        trained, size: size,
        recipe: options.recipe("bpe", size: size, source.preTokenization, digest: digest),
        specials: training.specials)
    }
    try target.commit()
    timing.phase("write")
    try summary.write(results, provenance, timing)
  }

  private func counted(
    _ summary: TrainingSummary, _ timing: inout Timing, _ provenance: Provenance
  ) throws -> (counts: PreTokenCounts, preTokenization: PreTokenization) {
    if counts {
      let paths = inputs.isEmpty ? ["-"] : inputs
      let shard = try ShardText.merged(paths)
      for path in paths where shared.json { try provenance.add(path) }
      timing.phase("count")
      return (shard.counts, try pipeline.preTokenization(of: shard, file: paths[0]))
    }
    let preTokenization = try pipeline.preTokenization()
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    return (try summary.count(text, preTokenization, &timing), preTokenization)
  }
}
