import ArgumentParser

/// `toklab score …`: one subcommand for each family of metrics.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure tokenizers.",
    subcommands: [
      ScorePremium.self, ScoreCompare.self, ScoreOptimalVocabulary.self, ScoreIntrinsic.self,
      ScoreIntegrity.self, ScoreMorphology.self, ScoreCapacity.self, ScoreVocabulary.self,
      ScoreRobustness.self, ScoreList.self,
    ])
}
