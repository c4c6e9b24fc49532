import Tokenizers

/// A sample of training text with what trainings on it share: the counts by pattern, and one merge list by pattern,
/// whose prefixes are the byte-pair vocabularies of every size and the first stages of superword trainings.
///
/// Each is made when it is first asked for. One job works on a sample; it is not shared between threads.
final class SweepSample {
  let bytes: [UInt8]
  private let corpus: Corpus
  /// By the pattern of the first stage, and of the first and second.
  private var counts: [String: PreTokenCounts] = [:]
  private var runs: [String: PreTokenCounts] = [:]
  private var merges: [String: BytePairTraining] = [:]

  init(_ bytes: [UInt8], language: String) {
    self.bytes = bytes
    corpus = Corpus(text: bytes, name: "\(language).txt")
  }

  static func cut(_ pattern: String) throws(ToklabError) -> PreTokenization {
    let named = try PreTokenizers.named(pattern)
    return PreTokenization(preTokenizer: named.preTokenizer, named: named.name, component: named.component)
  }

  /// The words as SentencePiece counts them.
  func words() throws(ToklabError) -> PreTokenCounts {
    try PreTokenShard(wordsOf: corpus, mode: .standard).counts
  }

  /// The merge list of a pattern, to `size` tokens or beyond.
  func merges(_ pattern: String, to size: Int, run: TrainingRun) throws(ToklabError) -> BytePairTraining {
    if let known = merges[pattern], known.parameters.vocabularySize >= size { return known }
    if counts[pattern] == nil { counts[pattern] = try PreTokenCounts(corpus, cutBy: Self.cut(pattern)) }
    let trained = try BytePairTrainer(BytePairParameters(vocabularySize: size)).train(
      on: counts[pattern]!, run: run)
    merges[pattern] = trained
    return trained
  }

  /// The runs of words that a superword trainer's second stage reads, by the pattern of its first.
  func runs(_ pattern: String, _ trainer: SuperwordTrainer) throws(ToklabError) -> PreTokenCounts {
    if let known = runs[pattern] { return known }
    let counted = try PreTokenCounts(corpus, cutBy: trainer.secondStage(after: Self.cut(pattern)))
    runs[pattern] = counted
    return counted
  }
}
