import ArgumentParser
import Tokenizers

/// `toklab train pathpiece`.
struct TrainPathPiece: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pathpiece",
    abstract: "Train a vocabulary that cuts text into as few tokens as possible (PathPiece).",
    discussion: """
      From many candidates those are dropped, round by round, without which the text grows least. The tokenizer \
      is a unigram model over bytes whose scores are all -1: every library that runs unigram models finds the \
      fewest tokens. Candidates have at most 16 bytes unless --max-token-length says otherwise.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(help: "Where candidates come from: the tokens of train bpe, or the most frequent strings.")
  var initial: PathPieceTrainer.Initial = .bpe

  @Option(help: ArgumentHelp("How many candidates there are (default 262144).", valueName: "size"))
  var initialSize: Size?

  @Option(help: ArgumentHelp("The share of pieces that a round keeps.", valueName: "share"))
  var shrink: Double = 0.8

  func validate() throws {
    guard shrink > 0, shrink < 1 else {
      throw ValidationError("--shrink \(shrink) is out of range; expected above 0 and below 1")
    }
    try options.check(shared)
  }

  func run() throws {
    var parameters = options.parameters(size: options.size)
    if parameters.maxTokenLength == nil { parameters.maxTokenLength = 17 }
    let trainer = PathPieceTrainer(
      parameters, initial: initial, initialSize: initialSize?.value ?? max(262144, options.size),
      shrink: shrink)
    try trainer.check()
    try MinimalPathTraining(
      algorithm: "pathpiece", shared: shared, corpus: corpus, pipeline: pipeline, options: options,
      inputs: inputs
    ).run([
      ("initial", .string(initial.rawValue)), ("initial_size", .int(trainer.initialSize)),
      ("shrink", .number(shrink)),
    ]) { try trainer.train(on: $0, cutBy: $1, run: $2) }
  }
}

extension PathPieceTrainer.Initial: ExpressibleByArgument {}
