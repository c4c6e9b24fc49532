/// Cuts a token of a model without merges into the other tokens: what a text gets when the token goes.
struct PieceCutter {
  private let vocabulary: Vocabulary
  private let kept: Set<TokenID>
  private let scores: [Double]
  /// `##` of WordPiece.
  private let prefix: [UInt8]
  private let isGreedy: Bool
  private let byteFallback: Bool
  private let longest: Int

  init(_ model: ModelDefinition, kept: Set<TokenID>) {
    vocabulary = model.vocabulary
    self.kept = kept
    longest = vocabulary.longestTokenLength
    switch model {
    case .unigram(let unigram):
      (scores, prefix, isGreedy, byteFallback) = (unigram.scores, [], false, unigram.byteFallback)
    case .wordPiece(let wordPiece):
      (scores, prefix, isGreedy, byteFallback) = (
        [], Array(wordPiece.continuingSubwordPrefix.utf8), true, false
      )
    case .bytePair, .wordLevel, .longestMatch:
      (scores, prefix, isGreedy, byteFallback) = ([], [], true, false)
    }
  }

  /// The number of pieces; nil when there is no way to cut it.
  func pieces(without id: TokenID) -> Int? { isGreedy ? greedy(id) : best(id) }

  private func other(_ bytes: some Sequence<UInt8>, than id: TokenID) -> TokenID? {
    guard let found = vocabulary.id(of: Array(bytes)), found != id, kept.contains(found) else { return nil }
    return found
  }

  private func greedy(_ id: TokenID) -> Int? {
    let bytes = vocabulary[id]
    let continues = !prefix.isEmpty && bytes.count > prefix.count && bytes.starts(with: prefix)
    let text = continues ? Array(bytes[prefix.count...]) : bytes
    var (start, count) = (0, 0)
    while start < text.count {
      let lead = continues || start > 0 ? prefix : []
      var end = text.count
      while end > start, other(lead + text[start..<end], than: id) == nil { end -= 1 }
      guard end > start else { return nil }
      start = end
      count += 1
    }
    return count
  }

  /// The most likely way. A character that no piece has falls into its bytes, at a low score.
  private func best(_ id: TokenID) -> Int? {
    let text = vocabulary[id]
    var score = [Double](repeating: -.infinity, count: text.count + 1)
    var pieces = [Int](repeating: 0, count: text.count + 1)
    score[0] = 0
    for start in text.indices where score[start] > -.infinity {
      if byteFallback, score[start] - 1000 > score[start + 1] {
        (score[start + 1], pieces[start + 1]) = (score[start] - 1000, pieces[start] + 1)
      }
      var end = start + 1
      while end <= min(text.count, start + longest) {
        if let piece = other(text[start..<end], than: id), score[start] + scores[Int(piece)] > score[end] {
          (score[end], pieces[end]) = (score[start] + scores[Int(piece)], pieces[start] + 1)
        }
        end += 1
      }
    }
    return score[text.count] > -.infinity ? pieces[text.count] : nil
  }
}
