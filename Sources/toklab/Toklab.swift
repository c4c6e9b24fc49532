import ArgumentParser

@main
struct Toklab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toklab", abstract: "Train, measure, change and understand tokenizers.", version: "0.1.0")
}
