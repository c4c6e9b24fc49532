/// Ids back to bytes.
///
/// A byte-level vocabulary holds raw bytes, so decoding is concatenation. Deviation from the reference
/// library, on purpose: it sends the text of added tokens through the byte alphabet too, which turns an added
/// token such as `é` into the byte E9; here added tokens decode to their own content.
package struct Decoding: Sendable {
  package let added: [TokenID: AddedToken]
  private let vocabulary: Vocabulary

  package init(_ definition: TokenizerDefinition) throws(ToklabError) {
    var added: [TokenID: AddedToken] = [:]
    for token in definition.addedTokens { added[token.id] = token }
    self.added = added
    vocabulary = definition.model.vocabulary
  }

  package func decode(_ ids: some Sequence<TokenID>, skipSpecialTokens: Bool) throws(ToklabError) -> [UInt8] {
    var bytes: [UInt8] = []
    var position = 0
    for id in ids {
      try append(id, at: position, skipSpecialTokens: skipSpecialTokens, to: &bytes)
      position += 1
    }
    return bytes
  }

  package func append(
    _ id: TokenID, at position: Int, skipSpecialTokens: Bool, to bytes: inout [UInt8]
  ) throws(ToklabError) {
    if !added.isEmpty, let token = added[id] {
      if !(token.special && skipSpecialTokens) { bytes += token.content }
      return
    }
    guard vocabulary.contains(id) else {
      throw ToklabError(
        "id \(id) (number \(position + 1)) is no token", expected: "an id of this tokenizer",
        advice: "check that the ids were made with it")
    }
    bytes.append(contentsOf: vocabulary.bytes(of: id))
  }
}

/// Decodes ids as they come and hands out whole characters only.
///
/// A token may end in the middle of a character; such a tail is held back until it is complete, or can no
/// longer become a character, or ``finish()`` is called.
public struct StreamingDecoder {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var held: [UInt8] = []
  private var position = 0

  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The bytes that are certain after one more id.
  public mutating func push(_ id: TokenID) throws(ToklabError) -> [UInt8] {
    try tokenizer.decoding.append(id, at: position, skipSpecialTokens: skipSpecialTokens, to: &held)
    position += 1
    let tail = Self.incompleteTail(held)
    let ready = Array(held.dropLast(tail))
    held.removeFirst(ready.count)
    return ready
  }

  /// What is still held back.
  public mutating func finish() -> [UInt8] {
    defer { held = [] }
    return held
  }

  /// The number of bytes at the end that may be the beginning of a character.
  static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for length in 1..<4 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed =
        lead >= 0xF0 && lead <= 0xF4
        ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 1
      guard needed > length else { return 0 }
      // The bytes so far must be a possible beginning: complete them with the extreme continuations.
      let start = Array(bytes.suffix(length))
      for filler: UInt8 in [0x80, 0x90, 0xA0, 0xBF] {
        let completed = start + [UInt8](repeating: filler, count: needed - length)
        if UTF8Scalar.length(completed, at: 0) == needed { return length }
      }
      return 0
    }
    return 0
  }
}
