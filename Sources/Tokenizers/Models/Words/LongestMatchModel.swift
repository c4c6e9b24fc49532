/// Greedy longest match over bytes: at each position the longest token that begins there. RWKV's "world"
/// tokenizer (BlinkDL/ChatRWKV `rwkv_tokenizer.py`).
public final class LongestMatchModel: TokenizerModel {
  public let definition: LongestMatchDefinition
  public var vocabulary: Vocabulary { definition.vocabulary }
  public var unknownID: TokenID? { nil }
  /// True when every byte has a token, so that any input can be encoded.
  public let isByteComplete: Bool

  package let trie: DoubleArrayTrie

  public init(_ definition: LongestMatchDefinition) throws(ToklabError) {
    self.definition = definition
    let vocabulary = definition.vocabulary
    guard vocabulary.count > 0 else {
      throw ToklabError("an empty vocabulary", expected: "at least one token")
    }
    isByteComplete = (0...255).allSatisfy { byte in
      vocabulary.id(of: [UInt8(byte)]).map { !vocabulary.isLiteral($0) } ?? false
    }
    let order = TokenRanges.byteOrder(vocabulary) { vocabulary.length(of: $0) > 0 }
    trie =
      DoubleArrayBuilder.build(
        count: order.count, key: { vocabulary.bytes(of: order[$0]) }, value: { order[$0] }
      ).trie
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    LongestMatchEncoder(self)
  }
}

/// Descends the trie once a token; bytes past a token's end that were looked at are looked at again.
final class LongestMatchEncoder: PieceEncoder {
  private let trie: DoubleArrayTrie
  private let scratch = TokenBuffer()

  init(_ model: LongestMatchModel) { trie = model.trie }

  func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let base = text.baseAddress else { return }
    var position = start
    for end in ends {
      while position < end {
        guard let match = trie.longestMatch(base + position, end &- position) else {
          throw ToklabError(
            at: .byte(position), "the byte 0x\(String(base[position], radix: 16))",
            expected: "bytes that begin a token", advice: "the vocabulary lacks a token for this byte")
        }
        ids.append(match.value)
        lengths?.append(UInt32(truncatingIfNeeded: match.length))
        position &+= match.length
      }
    }
  }

  func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: nil, unknown: &unknown)
  }
}
