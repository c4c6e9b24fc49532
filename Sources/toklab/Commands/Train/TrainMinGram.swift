import ArgumentParser
import Tokenizers

/// `toklab train mingram`.
struct TrainMinGram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mingram",
    abstract: "Train a unigram model of the fewest tokens, then the likeliest pieces (MinGram).",
    discussion: """
      From a larger byte-pair vocabulary: rounds of hard expectation maximization on the fewest tokens, and one \
      pruning, by score as published or by omission, for fewer tokens. The tokenizer is a unigram model over \
      bytes whose scores all carry -65536, so that the number of tokens comes before likelihood.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions
  @OptionGroup var options: BytePairOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    help: ArgumentHelp("The byte-pair vocabulary to begin with, by the size asked for.", valueName: "factor"))
  var initialFactor: Double = 1.25

  @Option(help: ArgumentHelp("Rounds before the pruning, and as many after it.", valueName: "n"))
  var iterations: Int = 2

  @Option(help: "What the pruning goes by: score, or omission, the tokens that a piece saves.")
  var pruning: MinGramTrainer.Pruning = .score

  func validate() throws {
    guard initialFactor >= 1, initialFactor <= 1000 else {
      throw ValidationError("--initial-factor \(initialFactor) is out of range; expected 1 to 1000")
    }
    guard (1...1000).contains(iterations) else {
      throw ValidationError("--iterations \(iterations) is out of range; expected 1 to 1000")
    }
    try options.check(shared)
  }

  func run() throws {
    let trainer = MinGramTrainer(
      options.parameters(size: options.size), initialFactor: initialFactor, iterations: iterations,
      pruning: pruning)
    try MinimalPathTraining(
      algorithm: "mingram", shared: shared, corpus: corpus, pipeline: pipeline, options: options,
      inputs: inputs
    ).run([
      ("initial_factor", .number(initialFactor)), ("iterations", .int(iterations)),
      ("pruning", .string(pruning.rawValue)),
    ]) { try trainer.train(on: $0, cutBy: $1, run: $2) }
  }
}

extension MinGramTrainer.Pruning: ExpressibleByArgument {}
