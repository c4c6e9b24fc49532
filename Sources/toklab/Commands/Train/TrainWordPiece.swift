import ArgumentParser
import Tokenizers

/// `toklab train wordpiece`.
struct TrainWordPiece: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wordpiece",
    abstract: "Train a WordPiece vocabulary, by merges over characters as Hugging Face does.",
    discussion: """
      Text is normalized and cut as BERT's is; --cased keeps capitals and accents. Special tokens, unless given, \
      are [PAD], [UNK], [CLS], [SEP] and [MASK]; one must have the role unk.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp(
      "Tokens in all: special tokens and characters included (default 32000).", valueName: "size"))
  var vocabSize: Size?

  @Option(
    help: ArgumentHelp(
      "A special token (repeatable); roles are bos, eos, pad, unk, mask, cls, sep and other.",
      valueName: "[role=]token"))
  var special: [SpecialTokenArgument] = []

  @Option(help: ArgumentHelp("Merge only pairs that occur this often.", valueName: "n"))
  var minFrequency: Int64 = 0

  @Option(help: ArgumentHelp("The most different characters.", valueName: "n"))
  var limitAlphabet: Int = 1000

  @Flag(help: "Keep capitals and accents.")
  var cased = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to a file, or to a folder when it ends in '/' or is one.", valueName: "file|dir/"))
  var output: String?

  func validate() throws {
    if let vocabSize, vocabSize.value < 1 {
      throw ValidationError("--vocab-size \(vocabSize.value) is out of range; expected 1 or more")
    }
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency \(minFrequency) is out of range; expected 0 or more")
    }
    guard limitAlphabet >= 1 else {
      throw ValidationError("--limit-alphabet \(limitAlphabet) is out of range; expected 1 or more")
    }
    if shared.json && (output == nil || output == "-") {
      throw ValidationError("--json needs -o, since the tokenizer itself goes to standard output")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: "wordpiece", shared: shared)
    let size = vocabSize?.value ?? 32000
    let specials = special.isEmpty ? WordPieceTrainer.Parameters.bertTokens : special.map(\.token)
    let parameters = WordPieceTrainer.Parameters(
      vocabularySize: size, minFrequency: minFrequency, alphabetLimit: limitAlphabet, specialTokens: specials,
      normalizer: .bert(
        cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: !cased))
    var target = try TrainingTarget(output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let progress = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    let (trained, digest) = try WordPieceTrainer(parameters).trainWithDigest(
      on: text,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .count { progress.set(done) }
      })
    progress.finish()
    timing.phase("train")
    summary.warnIfSmall(trained, size)
    let recipe = JSON.object([
      ("algorithm", .string("wordpiece")), ("vocab_size", .int(size)), ("cased", .bool(cased)),
      ("min_frequency", .int(Int(minFrequency))), ("limit_alphabet", .int(limitAlphabet)),
      ("special_tokens", BytePairOptions.json(specials)), ("histogram_sha256", .string(digest)),
    ])
    try target.write(trained, size: size, recipe: recipe, specials: specials)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing)
  }
}
