import ArgumentParser
import Tokenizers

/// `toklab train batch-bpe`.
struct TrainBatchBPE: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-bpe",
    abstract: "Train byte-pair encoding in batches of merges that cannot disturb each other.",
    discussion: """
      The summary says at which merge the result first differs from that of 'train bpe', which is trained \
      beside it, and how many tokens the two have in common.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(help: ArgumentHelp("The most merges of one batch.", valueName: "n"))
  var batchCap: Int?

  func validate() throws {
    if let batchCap, batchCap < 1 {
      throw ValidationError("--batch-cap \(batchCap) is out of range; expected 1 or more")
    }
    try options.check(shared)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "batch-bpe", shared: shared)
    let parameters = options.parameters(size: options.size)
    let trainer = BatchMergeTrainer(parameters, cap: batchCap)
    try options.check(size: options.size)
    var target = try TrainingTarget(options.output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let cut = try pipeline.preTokenization()
    let counts = try summary.count(text, cut, &timing)
    let digest = counts.digest
    let run = TrainingRun(threads: shared.threadCount)
    let (training, batches) = try trainer.train(on: counts, run: run)
    timing.phase("train")
    let sequential = try BytePairTrainer(parameters).train(on: counts, run: run)
    timing.phase("compare")
    let trained = try training.tokenizer(cutBy: cut)
    summary.warnIfSmall(trained, options.size)
    try target.write(
      trained, size: options.size,
      recipe: options.recipe(
        "batch-bpe", size: options.size, cut, digest: digest,
        [("batch_cap", batchCap.map { .int($0) } ?? .null)]),
      specials: training.specials)
    try target.commit()
    timing.phase("write")
    let difference = training.firstDifference(from: sequential)
    let shared = training.sharedTokens(with: sequential)
    try summary.write(
      [trained], provenance, timing,
      more: [
        ("batches", Numbers.grouped(batches), .int(batches)),
        (
          "first_difference",
          difference.map { "merge \(Numbers.grouped($0)) is not that of train bpe" } ?? "none from train bpe",
          difference.map { .int($0) } ?? .null
        ),
        (
          "shared_tokens", "\(Numbers.grouped(shared)) tokens are in both", .int(shared)
        ),
      ])
  }
}
