import ArgumentParser
import Tokenizers

/// `toklab train unigram`.
struct TrainUnigram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unigram",
    abstract: "Train a unigram language model as SentencePiece does.",
    discussion: """
      Text is normalized by nmt_nfkc and cut at white space. -o FILE.model writes a SentencePiece model, any \
      other file a tokenizer.json and FILE's .toklab.json beside it, -o DIR/ a folder that transformers loads. \
      Mode sp-0.2.0 makes the choices of that release; the default mode sums in double precision, seeds strings \
      that always end a word, and leaves no line out.
      """)

  enum ModeArgument: String, ExpressibleByArgument, CaseIterable {
    case standard = "default"
    case sentencePiece = "sp-0.2.0"
  }

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp("Pieces in all: <unk>, <s> and </s> included (default 32000).", valueName: "size"))
  var vocabSize: Size?

  @Option(help: "Whose choices are made: default or sp-0.2.0.")
  var mode: ModeArgument = .standard

  @Option(help: ArgumentHelp("The share of the text's characters to hold.", valueName: "share"))
  var characterCoverage: Double = 0.9995

  @Option(help: ArgumentHelp("Candidates to begin with (default 1000000).", valueName: "size"))
  var seedSize: Size?

  @Option(help: ArgumentHelp("The share of pieces that a pruning keeps.", valueName: "share"))
  var shrink: Double = 0.75

  @Option(help: ArgumentHelp("Steps of expectation and maximization between prunings.", valueName: "n"))
  var subIterations: Int = 2

  @Flag(help: "Add 256 byte pieces, which stand for characters outside the vocabulary.")
  var byteFallback = false

  @Flag(
    help:
      "The inputs are shards of count-words --pre-tokenizer sentencepiece (mode sp-0.2.0: sentencepiece-0.2.0)."
  )
  var counts = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to a file (.model: SentencePiece), or to a folder when it ends in '/' or is one.",
      valueName: "file|dir/"))
  var output: String?

  func validate() throws {
    if let vocabSize, vocabSize.value < 1 {
      throw ValidationError("--vocab-size \(vocabSize.value) is out of range; expected 1 or more")
    }
    if let seedSize, seedSize.value < 1 {
      throw ValidationError("--seed-size \(seedSize.value) is out of range; expected 1 or more")
    }
    guard characterCoverage > 0, characterCoverage <= 1 else {
      throw ValidationError(
        "--character-coverage \(characterCoverage) is out of range; expected above 0, at most 1")
    }
    guard shrink > 0, shrink < 1 else {
      throw ValidationError("--shrink \(shrink) is out of range; expected between 0 and 1")
    }
    guard subIterations > 0 else {
      throw ValidationError("--sub-iterations \(subIterations) is out of range; expected 1 or more")
    }
    if counts, corpus.isGiven {
      throw ValidationError("--counts excludes --weights, --balance, --json-field and --input-format")
    }
    if shared.json && (output == nil || output == "-") {
      throw ValidationError("--json needs -o, since the tokenizer itself goes to standard output")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "unigram", shared: shared)
    let size = vocabSize?.value ?? 32000
    let parameters = UnigramParameters(
      mode: mode == .standard ? .standard : .sentencePiece020, vocabularySize: size,
      characterCoverage: characterCoverage, seedSize: seedSize?.value ?? 1_000_000, shrink: shrink,
      subIterations: subIterations, byteFallback: byteFallback)
    var target = try TrainingTarget(output, sizes: nil, holdsSentencePiece: true)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let trainer = UnigramTrainer(parameters)
    let (trained, digest) = try counts ? trainCounts(trainer, provenance) : train(trainer, provenance)
    timing.phase("train")
    summary.warnIfSmall(trained, size)
    let recipe = JSON.object([
      ("algorithm", .string("unigram")), ("vocab_size", .int(size)), ("mode", .string(mode.rawValue)),
      ("normalizer", .string("nmt-nfkc")), ("character_coverage", .number(characterCoverage)),
      ("seed_size", .int(parameters.seedSize)), ("shrink", .number(shrink)),
      ("sub_iterations", .int(subIterations)), ("byte_fallback", .bool(byteFallback)),
      ("histogram_sha256", .string(digest)),
    ])
    let specials = [
      SpecialToken(role: .unk, "<unk>"), SpecialToken(role: .bos, "<s>"), SpecialToken(role: .eos, "</s>"),
    ]
    try target.write(trained, size: size, recipe: recipe, specials: specials)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing, unit: "pieces")
  }

  private func train(
    _ trainer: UnigramTrainer, _ provenance: Provenance
  ) throws -> (tokenizer: TrainedTokenizer, digest: String) {
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let progress = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    defer { progress.finish() }
    return try trainer.trainWithDigest(
      on: text,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .count { progress.set(done) }
      })
  }

  private func trainCounts(
    _ trainer: UnigramTrainer, _ provenance: Provenance
  ) throws -> (tokenizer: TrainedTokenizer, digest: String) {
    let paths = inputs.isEmpty ? ["-"] : inputs
    let shard = try ShardText.merged(paths)
    for path in paths where shared.json { try provenance.add(path) }
    let wanted = PreTokenShard.wordsName(trainer.parameters.mode)
    guard shard.preTokenizer == wanted, shard.normalizer == PreTokenShard.wordsNormalizer else {
      throw ToklabError(
        file: paths[0], "counted with --pre-tokenizer \(shard.preTokenizer), normalizer \(shard.normalizer)",
        expected: "\(wanted), \(PreTokenShard.wordsNormalizer), for --mode \(mode.rawValue)",
        advice: "count the text again with --pre-tokenizer \(wanted)")
    }
    try ShardText.checkUnicode(shard, file: paths[0])
    return try trainer.trainWithDigest(
      on: shard.counts, run: TrainingRun(threads: shared.threadCount) { _, _ in })
  }
}
