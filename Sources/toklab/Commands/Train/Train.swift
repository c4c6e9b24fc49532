import ArgumentParser

/// `toklab train …`: one subcommand for each algorithm.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a tokenizer on text.",
    subcommands: [
      TrainBPE.self, TrainUnigram.self, TrainWordPiece.self, TrainSuperword.self, TrainSupertoken.self,
      TrainBatchBPE.self, TrainPathPiece.self, TrainMinGram.self,
    ])
}
