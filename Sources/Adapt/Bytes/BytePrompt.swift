import Tokenizers

/// A text to go on from: tokens that are certain, then bytes whose tokens are not.
///
/// Special tokens are hard boundaries: what stands before one is encoded for good.
public struct BytePrompt: Sendable {
  /// Tokens up to and with the last special token.
  public var context: [TokenID]
  /// The bytes after it.
  public var text: [UInt8]
  /// Where these begin in the prompt as it was given.
  public var offset: Int

  public init(context: [TokenID] = [], text: [UInt8], offset: Int = 0) {
    self.context = context
    self.text = text
    self.offset = offset
  }

  /// Cuts a prompt at its special tokens.
  ///
  /// - Parameter parsesSpecial: whether text that spells a special token is that token.
  /// - Throws: ``ToklabError`` for special-token text that is not to be parsed, and for text that the
  ///   tokenizer's normalizer changes.
  public init(
    _ bytes: [UInt8], tokenizer: Tokenizer, parsesSpecial: Bool
  ) throws(ToklabError) {
    let encoder = try DocumentEncoder(tokenizer, options: EncodeOptions(specialTokens: .all))
    let special = Set(tokenizer.definition.addedTokens.filter(\.special).map(\.id))
    var context: [TokenID] = []
    var offset = 0
    let parts = try withBuffer(bytes) { (buffer) throws(ToklabError) in try encoder.rawParts(of: buffer) }
    for part in parts {
      guard let id = part.token, special.contains(id) else { continue }
      guard parsesSpecial else {
        throw ToklabError(
          at: .byte(part.range.lowerBound),
          "the text of special token \(id), \"\(ByteEscape.string(bytes[part.range]))\"",
          expected: "plain text", advice: "--parse-special makes it that token")
      }
      context += try tokenizer.encode(bytes[offset..<part.range.lowerBound]).ids
      context.append(id)
      offset = part.range.upperBound
    }
    let text = Array(bytes[offset...])
    if let normalizer = tokenizer.normalizer {
      let normalized = try normalizer.normalized(text)
      guard normalized == text else {
        let place = zip(normalized, text).prefix { $0 == $1 }.count
        throw ToklabError(
          at: .byte(offset + place), "text that the tokenizer's normalizer changes",
          expected: "normalized text", advice: "byte probabilities are those of normalized text")
      }
    }
    self.init(context: context, text: text, offset: offset)
  }
}
