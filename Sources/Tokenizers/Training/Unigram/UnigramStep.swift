/// One step of expectation, laid open for tests: what it starts from and what it finds.
package struct UnigramStep {
  /// Words as numbers of characters, with their counts; ``pieces`` in the same numbers.
  package let words: [(symbols: [UInt32], count: Int64)]
  package let pieces: [[UInt32]]
  package let scores: [Float]
  /// The score of a character that no piece holds, and the piece that is counted in its place.
  package let unknownScore: Float
  package let unknownPiece: Int?
  package let expected: [Double]

  /// The step over the candidates of a corpus.
  ///
  /// - Parameters:
  ///   - keeps: whether a piece takes part.
  ///   - score: the score of each piece that does.
  package init(
    _ trainer: UnigramTrainer, on corpus: Corpus, threads: Int, keeps: (Int) -> Bool, score: (Int) -> Float
  ) throws(ToklabError) {
    let entries = try UnigramLoading.entries(
      corpus, try UnigramTrainer.rules(trainer.parameters.mode), run: TrainingRun(threads: threads)
    ).entries
    let words = try UnigramTrainer.words(entries, trainer.parameters).words
    let (pieces, _) = trainer.start(words, threads: threads)
    let kept = (0..<pieces.count).filter(keeps)
    pieces.keep(kept, scores: kept.indices.map(score), threads: threads)
    self.words = pieces.words.indices.map {
      let (start, length) = (Int(pieces.words[$0].start), Int(pieces.words[$0].length))
      return (Array(words.text[start..<start + length]), pieces.weights[$0])
    }
    self.pieces = (0..<pieces.count).map { Array(pieces.symbols($0)) }
    scores = pieces.scores
    unknownScore = (scores.min() ?? 0) - UnigramPieces.unknownPenalty
    unknownPiece = pieces.unknownPiece
    expected = pieces.expectations(threads: threads)
  }
}
