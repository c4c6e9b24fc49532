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

  enum PostProcessorArgument: String, ExpressibleByArgument, CaseIterable {
    case none, bos, eos
    case bosEos = "bos-eos"
  }

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "Tokens in all: special tokens and the 256 bytes included (default 32000).", valueName: "size"))
  var vocabSize: Size?

  @Option(
    help: ArgumentHelp(
      "Write every one of these sizes from one run into -o DIR/ as DIR/SIZE/tokenizer.json.",
      valueName: "a,b,…"))
  var vocabSizes: SizeList?

  @Option(
    help: ArgumentHelp(
      "A special token (repeatable); roles are bos, eos, pad, unk, mask, cls, sep and other.",
      valueName: "[role=]token"))
  var special: [SpecialTokenArgument] = []

  @Option(help: "Special tokens put around every text: they need the roles bos and eos.")
  var postProcessor: PostProcessorArgument = .none

  @Option(help: ArgumentHelp("Merge only pairs that occur this often.", valueName: "n"))
  var minFrequency: Int64 = 0

  @Option(help: ArgumentHelp("Merge only pairs of fewer bytes than this.", valueName: "n"))
  var maxTokenLength: Int?

  @Flag(
    help: "The inputs are shards of count-words; pattern and normalizer are those they were counted with.")
  var counts = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to a file, or to a folder when it ends in '/' or is one.", valueName: "file|dir/"))
  var output: String?

  func validate() throws {
    if let vocabSize, vocabSize.value < 1 {
      throw ValidationError("--vocab-size \(vocabSize.value) is out of range; expected 1 or more")
    }
    if let vocabSizes {
      if vocabSize != nil { throw ValidationError("--vocab-size and --vocab-sizes exclude each other") }
      if vocabSizes.values.contains(where: { $0 < 1 }) {
        throw ValidationError("--vocab-sizes has a size below 1")
      }
      guard output != nil else { throw ValidationError("--vocab-sizes needs -o DIR/") }
    }
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency \(minFrequency) is out of range; expected 0 or more")
    }
    if let maxTokenLength, maxTokenLength < 1 {
      throw ValidationError("--max-token-length \(maxTokenLength) is out of range; expected 1 or more")
    }
    try checkCounts()
    if shared.json && (output == nil || output == "-") {
      throw ValidationError("--json needs -o, since the tokenizer itself goes to standard output")
    }
  }

  private func checkCounts() throws {
    guard counts else { return }
    if corpus.isGiven {
      throw ValidationError("--counts excludes --weights, --balance, --json-field and --input-format")
    }
  }

  private func parameters(size: Int) -> BytePairParameters {
    let choice: PostProcessorChoice =
      switch postProcessor {
      case .none: .none
      case .bos: .bos
      case .eos: .eos
      case .bosEos: .bosEos
      }
    return BytePairParameters(
      vocabularySize: size, minFrequency: minFrequency, maxTokenLength: maxTokenLength,
      specialTokens: special.map(\.token), postProcessor: choice)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let sizes = vocabSizes.map { Array(Set($0.values)).sorted() } ?? [vocabSize?.value ?? 32000]
    let trainer = BytePairTrainer(parameters(size: sizes.last!))
    // What is wrong with the command line itself is said before hours of counting.
    guard sizes[0] >= trainer.smallestSize else {
      throw ToklabError(
        "a vocabulary size of \(sizes[0])",
        expected: "at least \(trainer.smallestSize): 256 bytes and the special tokens")
    }
    var target = try TrainingTarget(output, sizes: vocabSizes == nil ? nil : sizes)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let source = try counted(&timing, provenance)
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
      let written = trained.definition.model.vocabulary.count
      if written < size {
        shared.warn(
          "the text gives only \(Numbers.grouped(written)) tokens of the \(Numbers.grouped(size)) asked for")
      }
      try target.write(
        trained, size: size, recipe: recipe(size, source.preTokenization, digest), specials: training.specials
      )
    }
    try target.commit()
    timing.phase("write")
    try summarize(results, provenance, timing)
  }

  private func counted(
    _ timing: inout Timing, _ provenance: Provenance
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
    let progress = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    defer { progress.finish() }
    let counts = try PreTokenCounts(
      text, cutBy: preTokenization,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .count { progress.set(done) }
      })
    timing.phase("count")
    return (counts, preTokenization)
  }

  /// What determines the result, for the file beside it.
  private func recipe(_ size: Int, _ preTokenization: PreTokenization, _ digest: String) -> JSON {
    .object([
      ("algorithm", .string("bpe")), ("vocab_size", .int(size)),
      ("pre_tokenizer", .string(preTokenization.preTokenizerName)),
      ("normalizer", .string(preTokenization.normalizerName)), ("min_frequency", .int(Int(minFrequency))),
      ("max_token_length", maxTokenLength.map { .int($0) } ?? .null),
      (
        "special_tokens",
        .array(
          special.map {
            .object([("role", .string($0.token.role.rawValue)), ("content", .string($0.token.content))])
          })
      ),
      ("post_processor", .string(postProcessor.rawValue)), ("histogram_sha256", .string(digest)),
    ])
  }

  private func summarize(_ results: [TrainedTokenizer], _ provenance: Provenance, _ timing: Timing) throws {
    guard let last = results.last else { return }
    let statistics = last.statistics
    if shared.json {
      let tokenizers = results.map { result in
        JSON.object([
          ("vocabulary_size", .int(result.definition.model.vocabulary.count)),
          ("merges", .int(result.statistics.merges)),
          ("text_tokens", .int(Int(result.statistics.textTokens))),
          ("bytes_per_token", .number(result.statistics.bytesPerToken)),
        ])
      }
      let members: [(String, JSON)] = [
        ("algorithm", .string("bpe")), ("bytes", .int(Int(statistics.textBytes))),
        ("pre_tokens", .int(Int(statistics.preTokens))),
        ("distinct_pre_tokens", .int(statistics.distinctPreTokens)), ("tokenizers", .array(tokenizers)),
      ]
      let output = Output.standard()
      try output.write(Document.make("train", members, provenance, timing).document())
      return try output.flush()
    }
    guard !shared.quiet else { return }
    var pairs = [
      (
        "text",
        "\(Numbers.grouped(Int(statistics.textBytes))) bytes, \(Numbers.grouped(Int(statistics.preTokens))) pre-tokens, \(Numbers.grouped(statistics.distinctPreTokens)) distinct"
      )
    ]
    for result in results {
      var text = "\(Numbers.grouped(result.statistics.merges)) merges"
      if let ratio = result.statistics.bytesPerToken {
        text += ", \(Numbers.fixed(ratio, 3)) bytes per token on the training text"
      }
      pairs.append(("\(Numbers.grouped(result.definition.model.vocabulary.count)) tokens", text))
    }
    let phases = timing.phases.map { "\($0.name) \(Numbers.duration($0.seconds))" }.joined(separator: ", ")
    pairs.append(("time", "\(Numbers.duration(timing.total)) (\(phases))"))
    pairs.append(("peak memory", Numbers.bytes(Timing.peakMemory)))
    StandardError.write(Table.pairs(pairs, shared.errorStyle))
  }
}
