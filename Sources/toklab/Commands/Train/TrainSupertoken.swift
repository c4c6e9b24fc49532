import ArgumentParser
import Tokenizers

/// `toklab train supertoken`.
struct TrainSupertoken: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supertoken",
    abstract: "Train byte-pair encoding on chunks of random length (TokenAdapt's supertokens).",
    discussion: """
      Each line is cut into chunks whose lengths in characters are drawn from a table of weights; --seed makes \
      other chunks. The trained tokenizer cuts nothing. Text is put in NFC unless asked otherwise.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp("How text is normalized: none, nfc, nfd, nfkc, nfkd, lowercase.", valueName: "name"))
  var normalizer: String = "nfc"

  @Option(
    help: ArgumentHelp(
      "Weights of ranges of chunk lengths, as 4-5=0.044,6-7=0.091 (default: the published bell of 4 to 23).",
      valueName: "table"))
  var chunkLengths: String?

  func validate() throws {
    if let chunkLengths {
      do { _ = try SupertokenChunker.Table(parsing: chunkLengths) } catch {
        throw ValidationError("--chunk-lengths: \(error.description)")
      }
    }
    guard normalizer == "none" || PreTokenization.normalizers[normalizer] != nil else {
      throw ValidationError(
        "The value '\(normalizer)' is invalid for '--normalizer <name>'; expected none, nfc, nfd, nfkc, nfkd or lowercase"
      )
    }
    try options.check(shared)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "supertoken", shared: shared)
    let table = try chunkLengths.map { try SupertokenChunker.Table(parsing: $0) } ?? .published
    var parameters = options.parameters(size: options.size)
    // The published limit is 30, and ours is strict.
    if parameters.maxTokenLength == nil { parameters.maxTokenLength = 31 }
    let trainer = SupertokenTrainer(
      parameters, chunker: SupertokenChunker(table, seed: shared.seed))
    let cut = trainer.preTokenization(try PreTokenization("none", normalizer: normalizer))
    let merging = BytePairTrainer(parameters)
    try options.check(size: options.size)
    var target = try TrainingTarget(options.output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let counts = try summary.count(text, cut, &timing)
    let digest = counts.digest
    let training = try merging.train(on: counts, run: TrainingRun(threads: shared.threadCount))
    timing.phase("train")
    let trained = try training.tokenizer(cutBy: cut)
    summary.warnIfSmall(trained, options.size)
    try target.write(
      trained, size: options.size,
      recipe: options.recipe(
        "supertoken", size: options.size, cut, digest: digest,
        [("chunk_lengths", .string(table.description)), ("seed", .string(String(shared.seed)))]),
      specials: training.specials)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing)
  }
}
