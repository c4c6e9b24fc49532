/// Merges for a vocabulary that has only ranks (tiktoken's), and the way back.
///
/// With ranks any two neighbours whose concatenation is a token may merge, lowest rank first. The merge
/// list that says the same holds, for each token by rank, *every* pair of tokens that makes it. It differs
/// from the ranks only where two overlapping pairs make the same token: ranks take the left one, a list the
/// one listed first. (One merge a token, the last step of merging its bytes, makes a smaller file and
/// differs on more text: about two tokens in a million for Llama 3, where 64 tokens have no such step.)
/// Source: huggingface/transformers, `convert_slow_tokenizer.py`, `TikTokenConverter`; Llama 3's
/// tokenizer.json was made this way.
public enum MergeReconstruction {
  /// - Parameter added: tokens that stand in the vocabulary but take no part in merging.
  /// - Throws: ``ToklabError`` for a vocabulary whose tokens are so long that this would take minutes.
  /// - Complexity: two look-ups a byte of each token; 0.2 s for 200,000 tokens.
  public static func merges(
    of vocabulary: Vocabulary, except added: [AddedToken] = []
  ) throws(ToklabError) -> MergeList {
    let ordinary = try Ordinary(vocabulary, Set(added.map(\.id)))
    var merges = MergeList()
    merges.reserveCapacity(vocabulary.count * 2)
    var pairs: [(left: TokenID, right: TokenID)] = []
    for id in ordinary.ids {
      ordinary.splits(of: id, into: &pairs)
      for pair in pairs { merges.append(left: pair.left, right: pair.right, result: id) }
    }
    return merges
  }

  /// Why merging by id gives other tokens than a merge list; nil when it gives the same.
  ///
  /// The list must be ordered by the ids of its results and hold, for each token, the last step of merging
  /// the token's bytes by rank; tokens without one need the whole-piece shortcut and all their pairs.
  static func difference(
    _ model: BytePairDefinition, except added: Set<TokenID>
  ) throws(ToklabError) -> String? {
    let ordinary = try Ordinary(model.vocabulary, added)
    let order = model.merges.lastOccurrences()
    var known: Set<UInt64> = []
    known.reserveCapacity(order.count)
    var highest: TokenID = 0
    for index in order {
      guard model.merges.result[index] >= highest else {
        return "merge \(index), whose token has a lower id than the one before it"
      }
      highest = model.merges.result[index]
      known.insert(key(model.merges.left[index], model.merges.right[index]))
    }
    var pairs: [(left: TokenID, right: TokenID)] = []
    var scratch = Scratch()
    for id in ordinary.ids where ordinary.vocabulary.length(of: id) > 1 {
      let name = "token \(id) \"\(ByteEscape.string(model.vocabulary[id].prefix(64)))\""
      if let (left, right) = scratch.lastPair(of: id, in: ordinary) {
        guard known.contains(key(left, right)) else { return "\(name), which ranks make from another pair" }
      } else {
        guard model.wholePieceShortcut else { return "\(name), which ranks make only as a whole piece" }
        ordinary.splits(of: id, into: &pairs)
        guard pairs.allSatisfy({ known.contains(key($0.left, $0.right)) }) else {
          return "\(name), which ranks make from another pair"
        }
      }
    }
    return nil
  }

  private static func key(_ left: TokenID, _ right: TokenID) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  /// The tokens that take part in merging.
  private struct Ordinary {
    let vocabulary: Vocabulary
    let ids: [TokenID]
    private let skipped: Set<TokenID>

    /// Tokens of n bytes cost n² byte comparisons; more of that than this is no vocabulary.
    private static let maximumWork = 1 << 32

    init(_ vocabulary: Vocabulary, _ added: Set<TokenID>) throws(ToklabError) {
      self.vocabulary = vocabulary
      skipped = added.union(vocabulary.literals)
      var ids: [TokenID] = []
      var work = 0
      for id in 0..<TokenID(vocabulary.capacity) where vocabulary.length(of: id) > 0 && !skipped.contains(id)
      {
        ids.append(id)
        let length = vocabulary.length(of: id)
        work += length < 1 << 20 ? length * length : Self.maximumWork
        guard work < Self.maximumWork else {
          throw ToklabError("tokens so long that finding their merges would take minutes")
        }
      }
      self.ids = ids
    }

    func id(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> TokenID? {
      guard let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes)), !skipped.contains(id) else {
        return nil
      }
      return id
    }

    /// Every pair of tokens whose concatenation is this one, by (left, right).
    func splits(of token: TokenID, into pairs: inout [(left: TokenID, right: TokenID)]) {
      pairs.removeAll(keepingCapacity: true)
      let bytes = vocabulary.bytes(of: token)
      guard bytes.count > 1 else { return }
      for cut in 1..<bytes.count {
        if let left = id(bytes[..<cut]), let right = id(bytes[cut...]) { pairs.append((left, right)) }
      }
      pairs.sort { ($0.left, $0.right) < ($1.left, $1.right) }
    }
  }

  /// Merges the bytes of a token with lower ranks only.
  private struct Scratch {
    /// Where each part starts, and the rank of joining it with the next one.
    private var starts: [Int] = []
    private var ranks: [TokenID] = []

    /// The two parts that are left before the token itself; nil when there are more.
    mutating func lastPair(of token: TokenID, in ordinary: Ordinary) -> (TokenID, TokenID)? {
      let bytes = ordinary.vocabulary.bytes(of: token)
      func rank(_ start: Int, _ end: Int) -> TokenID {
        guard let id = ordinary.id(bytes[start..<end]), id < token else { return .max }
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
      guard let left = ordinary.id(bytes[..<starts[1]]), let right = ordinary.id(bytes[starts[1]...]) else {
        return nil
      }
      return (left, right)
    }
  }
}
