/// Merges for a vocabulary that has only ranks (tiktoken's).
///
/// The bytes of each token are merged as tiktoken merges, with lower ranks only; the two parts left
/// before the token itself are its merge. Such a merge list gives the same tokens as the ranks on nearly
/// all text, not on all: a token can arise from another pair too (spec: 99.9998 % for Llama 3). Source of
/// the procedure: the converters of huggingface/transformers, `convert_slow_tokenizer.py`.
public enum MergeReconstruction {
  /// - Parameter added: tokens that stand in the vocabulary but take no part in merging.
  /// - Throws: ``ToklabError`` for a token of two or more bytes that does not come down to two parts.
  /// - Complexity: for a token of n bytes O(n) look-ups and O(n²) comparisons; 0.3 s for 200,000 tokens.
  public static func merges(
    of vocabulary: Vocabulary, except added: [AddedToken] = []
  ) throws(ToklabError) -> MergeList {
    let skipped = Set(added.map(\.id))
    var merges = MergeList()
    merges.reserveCapacity(vocabulary.count)
    var scratch = Scratch()
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.length(of: id) > 1 {
      if vocabulary.isLiteral(id) || skipped.contains(id) { continue }
      guard vocabulary.length(of: id) <= maximumLength else {
        throw ToklabError(
          "token \(id) of \(vocabulary.length(of: id)) bytes; merges are found up to \(maximumLength)")
      }
      guard let (left, right) = scratch.lastPair(of: id, in: vocabulary) else {
        throw ToklabError(
          "token \(id) \"\(ByteEscape.string(vocabulary[id].prefix(64)))\" is no merge of two tokens of lower rank"
        )
      }
      merges.append(left: left, right: right, result: id)
    }
    return merges
  }

  /// Longer tokens would make the quadratic scan a way to hang the program.
  private static let maximumLength = 4096

  private struct Scratch {
    /// Where each part starts, and the rank of joining it with the next one.
    private var starts: [Int] = []
    private var ranks: [TokenID] = []

    mutating func lastPair(of token: TokenID, in vocabulary: Vocabulary) -> (TokenID, TokenID)? {
      vocabulary.withBytes(of: token) { bytes in
        func rank(_ start: Int, _ end: Int) -> TokenID {
          let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[start..<end]))
          guard let id, id < token else { return .max }
          return id
        }
        starts.removeAll(keepingCapacity: true)
        ranks.removeAll(keepingCapacity: true)
        starts.append(contentsOf: 0...bytes.count)
        for start in 0..<bytes.count - 1 { ranks.append(rank(start, start + 2)) }
        while starts.count > 3 {
          var best = 0
          for index in 1..<ranks.count where ranks[index] < ranks[best] { best = index }
          if ranks[best] == .max { return nil }
          starts.remove(at: best + 1)
          ranks.remove(at: best)
          if best > 0 { ranks[best - 1] = rank(starts[best - 1], starts[best + 1]) }
          if best < ranks.count { ranks[best] = rank(starts[best], starts[best + 2]) }
        }
        guard let left = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[..<starts[1]])),
          let right = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[starts[1]...]))
        else { return nil }
        return (left, right)
      }
    }
  }
}
