import Glibc
import Tokenizers

/// Trains what one group of cells needs, sharing what its sizes have in common: the sample, the counts, and for
/// byte-pair encoding the merge list, whose prefixes are the smaller sizes.
struct SweepTraining {
  let group: SweepPlan.Group
  let sample: [UInt8]

  /// What sizes of one group share.
  private enum Counts {
    case pieces(PreTokenCounts, PreTokenization)
    case superword(PreTokenCounts, PreTokenCounts, PreTokenization)
    case words(PreTokenCounts)
  }

  private let counts: Counts

  init(_ group: SweepPlan.Group, sample: [UInt8]) throws(ToklabError) {
    self.group = group
    self.sample = sample
    let corpus = Corpus(text: sample, name: "\(group.language).txt")
    switch group.algorithm {
    case .bpe:
      let cut = try Self.cut(group.pattern)
      counts = .pieces(try PreTokenCounts(corpus, cutBy: cut), cut)
    case .superword:
      let cut = try Self.cut(group.pattern)
      let trainer = SuperwordTrainer(try SuperwordTrainer.Parameters())
      counts = .superword(
        try PreTokenCounts(corpus, cutBy: cut),
        try PreTokenCounts(corpus, cutBy: trainer.secondStage(after: cut)), cut)
    case .unigram:
      counts = .words(try PreTokenShard(wordsOf: corpus, mode: .standard).counts)
    }
  }

  private static func cut(_ name: String) throws(ToklabError) -> PreTokenization {
    let named = try PreTokenizers.named(name)
    return PreTokenization(preTokenizer: named.preTokenizer, named: named.name, component: named.component)
  }

  /// A tokenizer of at most `size` tokens, as `toklab train` makes it of the same lines, and what it came to.
  ///
  /// - Returns: the file; and how many tokens it has, fewer than `size` where the text ran out of pairs or pieces.
  func train(size: Int) throws(ToklabError) -> (file: [UInt8], size: Int) {
    let run = TrainingRun(threads: 1)
    switch counts {
    case .pieces(let counts, let cut):
      let trained = try BytePairTrainer(BytePairParameters(vocabularySize: size)).train(on: counts, run: run)
        .tokenizer(cutBy: cut)
      return try Self.written(trained)
    case .superword(let counts, let runs, let cut):
      let parameters = try SuperwordTrainer.Parameters(
        bytePair: BytePairParameters(vocabularySize: size), transition: Int((0.8 * Double(size)).rounded()))
      let trainer = SuperwordTrainer(parameters)
      let trained = try trainer.train(on: counts, pieces: runs, cutBy: cut, run: run)
        .tokenizer(cutBy: trainer.secondStage(after: cut))
      return try Self.written(trained)
    case .words(let counts):
      let trainer = UnigramTrainer(UnigramParameters(vocabularySize: size))
      return try Self.written(try trainer.trainWithDigest(on: counts, run: run).tokenizer)
    }
  }

  private static func written(_ trained: TrainedTokenizer) throws(ToklabError) -> (file: [UInt8], size: Int) {
    (try HuggingFaceJSON.write(trained.definition), trained.definition.model.vocabulary.count)
  }

  /// Memory that training a group is taken to need: an estimate on the safe side of the peaks that
  /// Reports/training-2026-11-23.md and Reports/unigram.md give, not a bound.
  static func memory(_ group: SweepPlan.Group, bytes: Int) -> Int {
    let perByte = group.algorithm == .unigram ? 90 : 40
    return 64_000_000 + bytes * perByte
  }
}
