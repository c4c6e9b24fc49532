import Tokenizers

/// The tokens of one tokenizer by the bytes of text they stand for, whatever the conventions of its file.
///
/// `▁` is a space, `<0xNN>` a byte, a WordPiece token without continuation prefix follows a space, byte-level
/// vocabularies hold bytes; added tokens that are not special stand for their content. Special, control and unknown
/// tokens are no text.
public struct TokenTable: Sendable {
  public enum Kind: UInt8, Sendable { case text, special, hole }

  public let tokenizer: Tokenizer
  /// One more than the largest id.
  public let count: Int
  public let kinds: [Kind]
  /// The text of each id; of special tokens how they are written.
  public let texts: [[UInt8]]
  private let fallback: Set<TokenID>
  private let raw: [[UInt8]]
  /// Ids by text, ascending.
  private let ids: [[UInt8]: [TokenID]]
  private let specials: [[UInt8]: TokenID]

  public init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    count = tokenizer.capacity
    let surfaces = TokenSurfaces(tokenizer)
    let vocabulary = tokenizer.vocabulary
    var kinds = [Kind](repeating: .hole, count: count)
    var texts = [[UInt8]](repeating: [], count: count)
    var raw = texts
    var fallback: Set<TokenID> = []
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.contains(id) {
      raw[Int(id)] = vocabulary[id]
      if surfaces.isMergeable(id) {
        kinds[Int(id)] = .text
        texts[Int(id)] = surfaces.surface(of: surfaces.bytes(of: id))
        if surfaces.isFallbackByte(id) { fallback.insert(id) }
      } else {
        kinds[Int(id)] = .special
        texts[Int(id)] = vocabulary[id]
      }
    }
    for token in tokenizer.definition.addedTokens {
      kinds[Int(token.id)] = token.special ? .special : .text
      texts[Int(token.id)] = token.content
      raw[Int(token.id)] = token.content
    }
    var ids: [[UInt8]: [TokenID]] = [:]
    var specials: [[UInt8]: TokenID] = [:]
    ids.reserveCapacity(count)
    for id in 0..<TokenID(count) {
      switch kinds[Int(id)] {
      case .text: ids[texts[Int(id)], default: []].append(id)
      case .special: if specials[texts[Int(id)]] == nil { specials[texts[Int(id)]] = id }
      case .hole: break
      }
    }
    self.kinds = kinds
    self.texts = texts
    self.raw = raw
    self.fallback = fallback
    self.ids = ids
    self.specials = specials
  }

  /// The ids of tokens that stand for a text, ascending.
  public func ids(ofText text: [UInt8]) -> [TokenID] { ids[text] ?? [] }

  /// The special token that is written so.
  public func special(_ content: [UInt8]) -> TokenID? { specials[content] }

  /// The token of this table that another table's token of text is the same as: one written alike where several
  /// stand for the text, then one that is a byte of fallback when the other is, then the smallest.
  public func match(_ id: TokenID, of other: TokenTable) -> TokenID? {
    guard other.kinds[Int(id)] == .text, let found = ids[other.texts[Int(id)]] else { return nil }
    guard found.count > 1 else { return found[0] }
    return found.first { raw[Int($0)] == other.raw[Int(id)] }
      ?? found.first { fallback.contains($0) == other.fallback.contains(id) } ?? found[0]
  }
}
