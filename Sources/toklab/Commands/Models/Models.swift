import ArgumentParser

/// `toklab models …`: the language models behind byte probabilities.
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make, record, convert and describe language models.",
    subcommands: [
      ModelsNGram.self, ModelsRecord.self, ModelsInfo.self, ModelsConvert.self, ModelsHelper.self,
    ])
}
