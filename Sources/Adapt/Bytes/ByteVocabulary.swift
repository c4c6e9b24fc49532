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
  let specialTokens: [TokenID]
  let ranges: TokenRanges
  /// `Int32` to keep the permutation of a row in the cache.
  let tokenAtRank: [Int32]
  /// The rank of each id in byte order; −1 for what is no text.
  let rankOfToken: [Int32]

  /// - Parameters:
  ///   - special: ids that are no text although the vocabulary has bytes for them.
  ///   - endTokens: may lie beyond the vocabulary.
  ///   - width: the number of scores in a row; at least the number of ids.
  /// - Throws: ``ToklabError`` for a token without bytes that is neither special nor an end.
  public init(
    _ vocabulary: Vocabulary, special: [TokenID] = [], endTokens: [TokenID] = [], width: Int? = nil
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
    for id in special { roles[Int(id)] = .special }
    for id in endTokens { roles[Int(id)] = .end }
    for id in 0..<TokenID(vocabulary.capacity) where roles[Int(id)] == .text {
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
    rankOfToken = ranks
    missingBytes = (0...255).map { UInt8($0) }.filter { byte in
      vocabulary.id(of: [byte]).map { roles[Int($0)] != .text } ?? true
    }
  }

  /// The vocabulary of a tokenizer, its added tokens special.
  ///
  /// - Throws: ``ToklabError`` for a model whose entries are not the bytes they stand for (`▁` for a space,
  ///   `##` before a continuation, `<0x0A>` for a byte).
  public convenience init(
    _ tokenizer: Tokenizer, endTokens: [TokenID], width: Int? = nil
  ) throws(ToklabError) {
    let holdsBytes =
      switch tokenizer.definition.model {
      case .bytePair(let model):
        model.alphabet == .bytes && model.continuingSubwordPrefix == nil && model.endOfWordSuffix == nil
      case .longestMatch: true
      case .unigram, .wordPiece, .wordLevel: false
      }
    guard holdsBytes else {
      throw ToklabError(
        "a vocabulary of characters, not of bytes",
        expected: "byte-level byte-pair encoding or a longest-match vocabulary",
        advice: "byte probabilities of other tokenizers are not supported yet")
    }
    try self.init(
      tokenizer.vocabulary, special: tokenizer.definition.addedTokens.map(\.id), endTokens: endTokens,
      width: width)
  }

  /// The bytes of a token of text; empty for any other id.
  func bytes(of id: TokenID) -> [UInt8] {
    Int(id) < width && roles[Int(id)] == .text ? vocabulary[id] : []
  }
}
