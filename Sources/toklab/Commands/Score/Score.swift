import ArgumentParser

/// `toklab score …`: one subcommand for each family of metrics.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure tokenizers.",
    subcommands: [ScorePremium.self, ScoreList.self])
}
