import ArgumentParser

/// `toklab score …`: one subcommand for each family of metrics.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure tokenizers.",
    subcommands: [
      ScorePremium.self, ScoreBytePremium.self, ScoreCompare.self, ScoreOptimalVocabulary.self,
      ScoreIntrinsic.self,
      ScoreIntegrity.self, ScoreMorphology.self, ScoreCapacity.self, ScoreVocabulary.self,
      ScoreRobustness.self, ScoreCode.self, ScorePredictors.self, ScoreParity.self, ScoreBias.self,
      ScoreList.self,
    ])
}
