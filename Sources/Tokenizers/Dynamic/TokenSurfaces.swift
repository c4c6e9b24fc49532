/// What tokens stand for in text, as far as a token says so alone, and what two tokens make when joined.
///
/// A surface is bytes of text: a byte-level token's own, `▁` as a space, `<0xNN>` of byte fallback as the
/// byte, a WordPiece token without continuation prefix after a space (it begins a word).
package struct TokenSurfaces: Sendable {
  /// The number of ids; new tokens come after them.
  let capacity: Int
  private let vocabulary: Vocabulary
  private let barred: Set<TokenID>
  private let spaceMark: [UInt8]
  /// What the right part of a joined token loses from its beginning (`##`).
  let prefix: [UInt8]
  private let suffix: [UInt8]
  private let byteFallback: Bool

  package init(_ tokenizer: Tokenizer) {
    let definition = tokenizer.definition
    capacity = tokenizer.capacity
    vocabulary = tokenizer.vocabulary
    var barred = Set(definition.addedTokens.filter(\.special).map(\.id))
    if let unknown = tokenizer.model.unknownID { barred.insert(unknown) }
    var (prefix, suffix, byteFallback, kinds) = ([UInt8](), [UInt8](), false, [PieceKind]())
    switch definition.model {
    case .bytePair(let model):
      prefix = Array((model.continuingSubwordPrefix ?? "").utf8)
      suffix = Array((model.endOfWordSuffix ?? "").utf8)
      (byteFallback, kinds) = (model.byteFallback, model.kinds)
    case .unigram(let model): (byteFallback, kinds) = (model.byteFallback, model.kinds)
    case .wordPiece(let model): prefix = Array(model.continuingSubwordPrefix.utf8)
    case .wordLevel, .longestMatch: break
    }
    for (id, kind) in kinds.enumerated() where kind == .control || kind == .unknown {
      barred.insert(TokenID(id))
    }
    self.barred = barred
    (self.prefix, self.suffix) = (prefix, suffix)
    self.byteFallback = byteFallback || kinds.contains(.byte)
    if let settings = definition.sentencePiece {
      spaceMark = settings.normalization.escapeWhitespaces ? Array("\u{2581}".utf8) : []
    } else {
      spaceMark = Array((Self.mark(definition.preTokenizer) ?? Self.mark(definition.decoder) ?? "").utf8)
    }
  }

  private static func mark(_ component: PreTokenizerComponent?) -> String? {
    switch component {
    case .metaspace(let replacement, _, _)?: replacement
    case .sequence(let parts)?: parts.lazy.compactMap { mark($0) }.first
    default: nil
    }
  }

  private static func mark(_ component: DecoderComponent?) -> String? {
    switch component {
    case .metaspace(let replacement, _, _)?: replacement
    case .replace(.literal(let mark), " ")?: mark
    case .sequence(let parts)?: parts.lazy.compactMap { mark($0) }.first
    default: nil
    }
  }

  /// Whether a token may be a part of another: special, unknown and control tokens may not.
  package func isMergeable(_ id: TokenID) -> Bool {
    vocabulary.contains(id) && !vocabulary.isLiteral(id) && vocabulary.length(of: id) > 0
      && !barred.contains(id)
  }

  /// Whether a token is `<0xNN>` of byte fallback.
  package func isFallbackByte(_ id: TokenID) -> Bool {
    byteFallback && ByteFallbackToken.byte(vocabulary[id]) != nil
  }

  /// The bytes by which two tokens are the same.
  package func bytes(of id: TokenID) -> [UInt8] {
    let bytes = vocabulary[id]
    if byteFallback, let byte = ByteFallbackToken.byte(bytes) { return [byte] }
    return bytes
  }

  /// The base token of these bytes, where it may stand for them.
  func id(of bytes: [UInt8]) -> TokenID? {
    vocabulary.id(of: bytes).flatMap { isMergeable($0) ? $0 : nil }
  }

  /// The bytes of two tokens joined; nil when the left one ends a word for good.
  func joined(_ left: [UInt8], _ right: [UInt8]) -> [UInt8]? {
    if !suffix.isEmpty, left.count >= suffix.count, left.suffix(suffix.count).elementsEqual(suffix) {
      return nil
    }
    if !prefix.isEmpty, right.count > prefix.count, right.starts(with: prefix) {
      return left + right[prefix.count...]
    }
    return left + right
  }

  /// The text that a token of these bytes stands for.
  package func surface(of bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if !suffix.isEmpty, bytes.count > suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) {
      bytes.removeLast(suffix.count)
    }
    if !prefix.isEmpty {
      if bytes.count > prefix.count, bytes.starts(with: prefix) { return Array(bytes[prefix.count...]) }
      return [0x20] + bytes
    }
    guard !spaceMark.isEmpty else { return bytes }
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == spaceMark[0], bytes[index...].starts(with: spaceMark) {
        out.append(0x20)
        index += spaceMark.count
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return out
  }

  /// What the base tokenizer's vocabulary has for text: each surface with the smallest id that has it.
  func texts() -> [(id: TokenID, text: [UInt8])] {
    (0..<TokenID(vocabulary.capacity)).filter { isMergeable($0) }
      .map { ($0, surface(of: bytes(of: $0))) }
  }
}
