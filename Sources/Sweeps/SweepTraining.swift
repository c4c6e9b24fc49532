import Tokenizers

/// Trains the sizes of one group of cells on a sample that it shares with other groups.
struct SweepTraining {
  let group: SweepPlan.Group
  /// The largest size of the plan.
  let largest: Int
  private let sample: SweepSample
  /// The words of unigram training.
  private let words: PreTokenCounts?

  init(_ group: SweepPlan.Group, largest: Int, on sample: SweepSample) throws(ToklabError) {
    (self.group, self.largest, self.sample) = (group, largest, sample)
    words = group.algorithm == .unigram ? try sample.words() : nil
  }

  /// A tokenizer of at most `size` tokens, as `toklab train` makes it of the same lines, and what it came to.
  ///
  /// - Returns: the file; and how many tokens it has, fewer than `size` where the text ran out of pairs or pieces.
  func train(size: Int) throws(ToklabError) -> (file: [UInt8], size: Int) {
    let run = TrainingRun(threads: 1)
    let pattern = group.pattern
    switch group.algorithm {
    case .bpe:
      let merges = try sample.merges(pattern, to: largest, run: run)
      return try Self.written(merges.tokenizer(ofSize: size, cutBy: SweepSample.cut(pattern)))
    case .superword:
      let cut = try SweepSample.cut(pattern)
      let trainer = SuperwordTrainer(
        try SuperwordTrainer.Parameters(
          bytePair: BytePairParameters(vocabularySize: size), transition: Self.transition(size)))
      let words = try sample.merges(pattern, to: Self.transition(largest), run: run)
      let trained = try trainer.train(
        after: words, pieces: sample.runs(pattern, trainer), cutBy: cut, run: run)
      return try Self.written(trained.tokenizer(cutBy: trainer.secondStage(after: cut)))
    case .unigram:
      let trainer = UnigramTrainer(UnigramParameters(vocabularySize: size))
      return try Self.written(try trainer.trainWithDigest(on: words!, run: run).tokenizer)
    }
  }

  /// Where words end to part: as `toklab train superword` rounds four fifths.
  private static func transition(_ size: Int) -> Int { Int((0.8 * Double(size)).rounded()) }

  private static func written(_ trained: TrainedTokenizer) throws(ToklabError) -> (file: [UInt8], size: Int) {
    (try HuggingFaceJSON.write(trained.definition), trained.definition.model.vocabulary.count)
  }

  /// Memory that training a group is taken to need, the language's whole text included: half as much again as the peaks
  /// of Reports/sweep-study.md (280 MB of English: 4 bytes a byte) and Reports/unigram.md (10 MB of many languages: 16 bytes a byte
  /// for unigram). An estimate, not a bound.
  static func memory(_ group: SweepPlan.Group, bytes: Int, textBytes: Int) -> Int {
    let perByte =
      switch group.algorithm {
      case .bpe: 8
      case .superword: 12
      case .unigram: 24
      }
    return 64_000_000 + 2 * textBytes + bytes * perByte
  }
}
