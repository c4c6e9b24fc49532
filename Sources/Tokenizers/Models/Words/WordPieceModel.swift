/// WordPiece compiled for encoding: a pre-token is cut into longest pieces from the left, all but the first
/// of which carry a prefix in the vocabulary; when a rest begins with no piece, or the pre-token has too many
/// characters, it becomes one unknown token (huggingface/tokenizers `models/wordpiece/mod.rs`, BERT's rule).
///
/// One trie holds all entries as they are spelled: the first piece is searched from the root, the others from
/// the state that the prefix leads to. Greedy descent reads some bytes again after each piece; how many is
/// bounded by the longest entry and in real text small (1.2 trie steps a byte on English with BERT's vocabulary;
/// the linear-time automaton of Song et al., "Fast WordPiece Tokenization", EMNLP 2021, would make it 1).
public final class WordPieceModel: TokenizerModel {
  public let definition: WordPieceDefinition
  public var vocabulary: Vocabulary { definition.vocabulary }
  public let unknownID: TokenID?

  package let trie: DoubleArrayTrie
  /// The state after the continuing prefix; nil when no entry begins with it.
  package let continuation: DoubleArrayTrie.State?

  public init(_ definition: WordPieceDefinition) throws(ToklabError) {
    self.definition = definition
    let vocabulary = definition.vocabulary
    guard vocabulary.count > 0 else {
      throw ToklabError("an empty vocabulary", expected: "at least one token")
    }
    unknownID = vocabulary.id(of: definition.unknownToken)
    let order = TokenRanges.byteOrder(vocabulary) { vocabulary.length(of: $0) > 0 }
    trie =
      DoubleArrayBuilder.build(
        count: order.count, key: { vocabulary.bytes(of: order[$0]) }, value: { order[$0] }
      ).trie
    continuation = trie.state(after: definition.continuingSubwordPrefix.utf8)
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    options.algorithm == .reference
      ? NaiveWordPiece(self) : CachedPieceEncoder(WordPieceEngine(self), unknownID: unknownID)
  }

  /// The unknown token, for a word that cannot be spelled.
  package func unknown() throws(ToklabError) -> TokenID {
    guard let unknownID else {
      throw ToklabError(
        at: .byte(0), "a word outside the vocabulary, which has no \"\(definition.unknownToken)\"",
        expected: "words of known pieces", advice: "add the unknown token to the vocabulary")
    }
    return unknownID
  }

  /// Whether the piece has more characters than the model takes.
  @inline(__always)
  package func isTooLong(_ piece: UnsafeBufferPointer<UInt8>) -> Bool {
    let limit = definition.maxInputCharactersPerWord
    if piece.count <= limit { return false }
    var characters = 0
    for byte in piece where byte & 0xC0 != 0x80 { characters &+= 1 }
    return characters > limit
  }
}

struct WordPieceEngine: UncachedPieceEncoder {
  private let model: WordPieceModel
  private let trie: DoubleArrayTrie

  init(_ model: WordPieceModel) {
    self.model = model
    trie = model.trie
  }

  func encode(
    _ piece: UnsafeBufferPointer<UInt8>, into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    let first = ids.count
    let firstLength = lengths?.count ?? 0
    var position = 0
    var state = DoubleArrayTrie.root
    if !model.isTooLong(piece) {
      while position < piece.count {
        guard let match = longest(piece, from: position, state) else { break }
        ids.append(match.id)
        lengths?.append(UInt32(truncatingIfNeeded: match.end - position))
        position = match.end
        guard let next = model.continuation else { break }
        state = next
      }
    }
    if position < piece.count {
      ids.count = first
      ids.append(try model.unknown())
      if let lengths {
        lengths.count = firstLength
        lengths.append(UInt32(truncatingIfNeeded: piece.count))
      }
    }
  }

  @inline(__always)
  private func longest(
    _ piece: UnsafeBufferPointer<UInt8>, from start: Int, _ root: DoubleArrayTrie.State
  ) -> (id: TokenID, end: Int)? {
    var state = root
    var index = start
    var result: (id: TokenID, end: Int)?
    while index < piece.count, let next = trie.step(state, piece[index]) {
      state = next
      index &+= 1
      if let id = trie.value(at: state) { result = (id, index) }
    }
    return result
  }
}
