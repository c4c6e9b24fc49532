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
    if let place = try Self.firstChange(of: text, tokenizer) {
      throw ToklabError(
        at: .byte(offset + place), "text that the tokenizer's normalizer changes",
        expected: "normalized text", advice: "byte probabilities are those of normalized text")
    }
    self.init(context: context, text: text, offset: offset)
  }

  /// The first byte of a text that the tokenizer would change; nil where it may begin normalized text.
  ///
  /// The dummy prefix is no change, and spaces stand for the marks of a vocabulary of characters.
  private static func firstChange(of text: [UInt8], _ tokenizer: Tokenizer) throws(ToklabError) -> Int? {
    var isBytes = false
    if case .bytePair(let model) = tokenizer.definition.model { isBytes = model.alphabet == .bytes }
    if case .longestMatch = tokenizer.definition.model { isBytes = true }
    if isBytes {
      guard let normalizer = tokenizer.normalizer else { return nil }
      let normalized = try normalizer.normalized(text)
      return normalized == text ? nil : zip(normalized, text).prefix { $0 == $1 }.count
    }
    // A character that has only begun is looked at when it is whole.
    let whole = Array(text.dropLast(CutProbes.incompleteTail(text).count))
    var place = Int.max
    // What stands at the end may be changed only because nothing follows.
    for behind in [[], Array("a".utf8)] {
      let wanted = whole + behind
      var result: [UInt8]
      if case .wordPiece = tokenizer.definition.model {
        guard let spelling = try ByteSpelling(tokenizer) else { return nil }
        let ids = try tokenizer.encode(wanted).ids
        // Words that the vocabulary has not are noticed where they are covered.
        guard ids.allSatisfy({ spelling.vocabulary.contains($0) }) else { return nil }
        result = ids.flatMap { spelling.vocabulary[$0] }
      } else if let normalizer = tokenizer.normalizer {
        result = ByteSpelling.spaced(try normalizer.normalized(wanted))
      } else {
        return nil
      }
      if result == wanted || (result.first == 0x20 && result.dropFirst().elementsEqual(wanted)) { return nil }
      if result.first == 0x20, wanted.first != 0x20 { result.removeFirst() }
      place = min(place, zip(result, wanted).prefix { $0 == $1 }.count)
    }
    return min(place, text.count)
  }
}
