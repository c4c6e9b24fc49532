extension DocumentEncoder {
  /// A document's n-th best tokens.
  public struct ScoredEncoding: Sendable, Equatable {
    public var ids: [TokenID]
    /// The sum of the pieces' scores (log-probabilities).
    public var score: Double
  }

  /// The `count` best ways to cut a document by a unigram model, best first; fewer when there are fewer.
  ///
  /// Pre-tokens, and stretches between places where every path has a boundary, are searched apart and combined:
  /// exact, and linear in the text. Paths that give the same ids (unknown characters are joined) are listed each.
  /// Equal scores: the order of ``UnigramLattice/nBest(_:)`` in the earliest stretch where they differ.
  ///
  /// - Throws: ``ToklabError`` when the model is no unigram model, or the text cannot be encoded.
  public func nBest(
    _ text: UnsafeBufferPointer<UInt8>, count: Int
  ) throws(ToklabError) -> [ScoredEncoding] {
    guard let model = tokenizer.model as? UnigramModel else {
      throw ToklabError("the n best paths of a model without scores", expected: "a unigram model")
    }
    let count = min(max(1, count), 1024)
    var paths = BestPaths(count)
    if options.addSpecialTokens { paths.append(tokenizer.postProcessing.prefix) }
    try forEachSegment(of: text) { (segment) throws(ToklabError) in
      switch segment {
      case .token(let id, _): paths.append([id])
      case .text(let part, let map):
        try forEachBlock(of: part, map) { (text, start, ends, _) throws(ToklabError) in
          var position = start
          for end in ends {
            while position < end {
              let next = model.cuts?.next(text.baseAddress!, after: position, end) ?? end
              let lattice = try UnigramLattice(
                model, Array(UnsafeBufferPointer(rebasing: text[position..<next])))
              let best = lattice.nBest(count)
              paths.append(best.map { (lattice.tokens(of: $0), $0.score) })
              position = next
            }
          }
        }
      }
    }
    if options.addSpecialTokens { paths.append(tokenizer.postProcessing.suffix) }
    return paths.encodings()
  }
}

/// The best combinations of one alternative from each of several lists, all sorted by score.
struct BestPaths {
  private typealias Choice = (before: Int32, alternative: Int32)

  private let count: Int
  private var lists: [[[TokenID]]] = []
  /// For each list and each kept combination the combination before it and the alternative it adds.
  private var choices: [[Choice]] = []
  private var scores: [Double] = [0]

  init(_ count: Int) { self.count = count }

  mutating func append(_ ids: [TokenID]) { append([(ids, 0)]) }

  mutating func append(_ alternatives: [(ids: [TokenID], score: Double)]) {
    if alternatives.isEmpty { return }
    lists.append(alternatives.map(\.ids))
    var kept: [(Double, Choice)] = []
    // Combination i with alternative j has (i + 1)(j + 1) - 1 others that are no worse.
    for before in scores.indices {
      for alternative in 0..<min(alternatives.count, count / (before + 1)) {
        kept.append(
          (scores[before] + alternatives[alternative].score, (Int32(before), Int32(alternative))))
      }
    }
    kept.sort {
      $0.0 != $1.0 ? $0.0 > $1.0 : ($0.1.before, $0.1.alternative) < ($1.1.before, $1.1.alternative)
    }
    kept.removeLast(max(0, kept.count - count))
    scores = kept.map(\.0)
    choices.append(kept.map(\.1))
  }

  func encodings() -> [DocumentEncoder.ScoredEncoding] {
    scores.indices.map { index in
      var parts: [[TokenID]] = []
      var at = index
      for list in choices.indices.reversed() {
        let choice = choices[list][at]
        parts.append(lists[list][Int(choice.alternative)])
        at = Int(choice.before)
      }
      return DocumentEncoder.ScoredEncoding(ids: parts.reversed().flatMap { $0 }, score: scores[index])
    }
  }
}
