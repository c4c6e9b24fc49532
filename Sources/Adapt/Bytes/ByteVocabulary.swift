import Tokenizers

/// A vocabulary as byte-level probabilities see it: which tokens are text, which end it, which are special,
/// and the byte trie over those that are text.
public final class ByteVocabulary: Sendable {
  enum Role: UInt8, Sendable {
    /// Stands for its bytes.
    case text
    /// Ends the text.
    case end
    /// An added token, or an entry no text encodes to: a hard boundary, never bytes.
    case special
    /// An id without a token.
    case hole
  }

  public let vocabulary: Vocabulary
  /// The number of scores in a row.
  public let width: Int
  /// The ids that end a text, ascending.
  public let endTokens: [TokenID]
  /// Bytes that no token of one byte stands for, so that some texts have no encoding.
  public let missingBytes: [UInt8]
  let roles: [Role]
  /// The ids that are neither text nor an end, ascending.
  public let specialTokens: [TokenID]
  let ranges: TokenRanges
  /// `Int32` to keep the permutation of a row in the cache.
  let tokenAtRank: [Int32]
  /// The rank of each id in byte order, a duplicate that of its canonical token; −1 for what is no text.
  let rankOfToken: [Int32]
  /// By rank: further tokens of the same bytes, such as the byte token of a character that is a piece. No
  /// encoder makes them; the quantity *all* counts them.
  let duplicates: [Int: [TokenID]]
  /// Whether the tokens' bytes are not those of the tokenizer's vocabulary, see ``ByteSpelling``.
  let isSpelled: Bool
  /// What the tokenizer puts before a text: the dummy prefix of SentencePiece.
  public let leading: [UInt8]
  /// Whether that is put after special tokens too.
  let repeatsLeading: Bool

  /// - Parameters:
  ///   - special: ids that are no text although the vocabulary has bytes for them.
  ///   - endTokens: may lie beyond the vocabulary.
  ///   - width: the number of scores in a row; at least the number of ids.
  /// - Throws: ``ToklabError`` for a token without bytes that is neither special nor an end.
  public convenience init(
    _ vocabulary: Vocabulary, special: [TokenID] = [], endTokens: [TokenID] = [], width: Int? = nil
  ) throws(ToklabError) {
    try self.init(vocabulary, special: special, endTokens: endTokens, width: width, spelling: nil)
  }

  private init(
    _ vocabulary: Vocabulary, special: [TokenID], endTokens: [TokenID], width: Int?, spelling: ByteSpelling?
  ) throws(ToklabError) {
    self.vocabulary = vocabulary
    let largest = (special + endTokens).map { Int($0) + 1 }.max() ?? 0
    let width = max(width ?? 0, vocabulary.capacity, largest)
    self.width = width
    self.endTokens = Array(Set(endTokens)).sorted()
    var roles = [Role](repeating: .hole, count: width)
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.contains(id) {
      roles[Int(id)] = vocabulary.isLiteral(id) ? .special : .text
    }
    for ids in (spelling?.duplicates ?? [:]).values { for id in ids { roles[Int(id)] = .text } }
    for id in special { roles[Int(id)] = .special }
    for id in endTokens { roles[Int(id)] = .end }
    for id in 0..<TokenID(vocabulary.capacity) where roles[Int(id)] == .text && vocabulary.contains(id) {
      guard vocabulary.length(of: id) > 0 else {
        throw ToklabError(
          "token \(id) has no bytes", expected: "at least one byte a token of text",
          advice: "byte probabilities are not defined for tokenizers with such tokens")
      }
    }
    self.roles = roles
    specialTokens = roles.indices.filter { roles[$0] == .special }.map { TokenID($0) }
    ranges = TokenRanges(vocabulary)
    tokenAtRank = ranges.tokenAtRank.map { Int32($0) }
    var ranks = [Int32](repeating: -1, count: width)
    for (rank, id) in ranges.tokenAtRank.enumerated() where roles[Int(id)] == .text {
      ranks[Int(id)] = Int32(rank)
    }
    var duplicates: [Int: [TokenID]] = [:]
    for (canonical, ids) in spelling?.duplicates ?? [:] where ranks[Int(canonical)] >= 0 {
      let others = ids.filter { roles[Int($0)] == .text }
      if others.isEmpty { continue }
      duplicates[Int(ranks[Int(canonical)])] = others
      for id in others { ranks[Int(id)] = ranks[Int(canonical)] }
    }
    self.duplicates = duplicates
    isSpelled = spelling != nil
    leading = spelling?.leading ?? []
    repeatsLeading = spelling?.repeatsLeading ?? true
    rankOfToken = ranks
    missingBytes = (0...255).map { UInt8($0) }.filter { byte in
      vocabulary.id(of: [byte]).map { roles[Int($0)] != .text } ?? true
    }
  }

  /// The vocabulary of a tokenizer, its added tokens special.
  ///
  /// Entries that are not the bytes they stand for (`▁` for a space, `##` before a continuation, `<0x0A>` for a
  /// byte) count as those bytes, see ``ByteSpelling``.
  ///
  /// - Throws: ``ToklabError`` for a model whose tokens do not spell bytes one after another.
  public convenience init(
    _ tokenizer: Tokenizer, endTokens: [TokenID], width: Int? = nil
  ) throws(ToklabError) {
    let added = tokenizer.definition.addedTokens.map(\.id)
    guard let spelling = try ByteSpelling(tokenizer) else {
      try self.init(tokenizer.vocabulary, special: added, endTokens: endTokens, width: width)
      return
    }
    try self.init(
      spelling.vocabulary, special: Array(Set(added + spelling.special)).sorted(), endTokens: endTokens,
      width: max(width ?? 0, tokenizer.capacity), spelling: spelling)
  }

  /// A token and its duplicates.
  func tokens(of canonical: TokenID) -> [TokenID] {
    [canonical] + (duplicates[Int(rankOfToken[Int(canonical)])] ?? [])
  }

  /// The bytes of a token of text; empty for any other id.
  func bytes(of id: TokenID) -> [UInt8] {
    guard Int(id) < width, roles[Int(id)] == .text else { return [] }
    return vocabulary[TokenID(tokenAtRank[Int(rankOfToken[Int(id)])])]
  }
}
