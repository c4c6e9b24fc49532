import Adapt
import Tokenizers

/// A model with a random but fixed distribution after every context: nothing in it favours what an encoder
/// would do.
final class ToyModel: LanguageModel {
  let facts: LanguageModelFacts
  private let seed: UInt64
  private let spread: Double

  init(width: Int, end: [TokenID], seed: UInt64, spread: Double = 6, begin: TokenID? = nil) {
    facts = LanguageModelFacts(kind: "toy", vocabularySize: width, endTokens: end, beginToken: begin)
    self.seed = seed
    self.spread = spread
  }

  func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    try contexts.map { (context) throws(ToklabError) in
      var hash = seed
      for id in context { hash = (hash ^ UInt64(id)) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }
      var random = SplitMix64(seed: hash)
      var row = (0..<facts.vocabularySize).map { _ in random.unitInterval() * spread }
      try LogProbabilities.normalize(&row)
      return row
    }
  }
}
