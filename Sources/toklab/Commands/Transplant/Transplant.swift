import ArgumentParser

/// `toklab transplant …`.
struct Transplant: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Move a language model to another tokenizer without training.",
    subcommands: [TransplantRun.self, TransplantList.self, TransplantEvaluate.self],
    defaultSubcommand: TransplantRun.self)
}
