/// Ids back to bytes.
///
/// A byte-level vocabulary holds raw bytes, so decoding is concatenation; other vocabularies go through the
/// steps of their decoder (``DecoderChain``). Deviations from the reference library, on purpose: bytes that are
/// not UTF-8 come out as they are instead of as U+FFFD, and added tokens decode to their own content where the
/// library sends them through the byte alphabet too (which turns an added token `é` into the byte E9).
package struct Decoding: Sendable {
  package let added: [TokenID: AddedToken]
  private let vocabulary: Vocabulary
  /// What each id is, so that the hot loop asks no dictionary.
  private let kinds: [Kind]
  private let chain: DecoderChain?
  private let pieces: SentencePieceDecoding?

  private enum Kind: UInt8 { case none, ordinary, added }

  package init(_ definition: TokenizerDefinition) throws(ToklabError) {
    var added: [TokenID: AddedToken] = [:]
    for token in definition.addedTokens { added[token.id] = token }
    self.added = added
    let vocabulary = definition.model.vocabulary
    self.vocabulary = vocabulary
    var kinds = (0..<TokenID(vocabulary.capacity)).map { vocabulary.contains($0) ? Kind.ordinary : .none }
    for id in added.keys {
      guard Int(id) < VocabularyBuilder.maximumCapacity else {
        throw ToklabError("added token id \(id)", expected: "ids below \(VocabularyBuilder.maximumCapacity)")
      }
      while kinds.count <= Int(id) { kinds.append(.none) }
      kinds[Int(id)] = .added
    }
    self.kinds = kinds
    if let settings = definition.sentencePiece {
      pieces = try SentencePieceDecoding(definition.model, settings)
      chain = nil
    } else {
      pieces = nil
      chain = try DecoderChain(definition)
    }
  }

  /// Whether bytes of a prefix of the ids are a prefix of the bytes.
  var isConcatenation: Bool { chain == nil && pieces == nil }

  package func decode(_ ids: [TokenID], skipSpecialTokens: Bool) throws(ToklabError) -> [UInt8] {
    if let pieces { return try pieces.decode(ids, added: added, skipSpecialTokens: skipSpecialTokens) }
    if let chain { return chain.decode(try tokens(ids, skipSpecialTokens: skipSpecialTokens)) }
    var total = 0
    for (position, id) in ids.enumerated() {
      switch try kind(of: id, at: position) {
      case .ordinary: total += vocabulary.length(of: id)
      case .added:
        if let token = added[id], !(token.special && skipSpecialTokens) { total += token.content.count }
      case .none: break
      }
    }
    return [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      for id in ids {
        if kinds[Int(id)] == .ordinary {
          let bytes = vocabulary.bytes(of: id)
          // The blob can be read 16 bytes past its end; short tokens are copied without asking their length.
          if count &+ 16 <= total, bytes.count <= 16, let source = bytes.baseAddress {
            UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: 16)
          } else if let source = bytes.baseAddress {
            (base + count).initialize(from: source, count: bytes.count)
          }
          count &+= bytes.count
        } else if let token = added[id], !(token.special && skipSpecialTokens) {
          for byte in token.content {
            (base + count).initialize(to: byte)
            count &+= 1
          }
        }
      }
    }
  }

  /// The bytes of one token more, where decoding is concatenation.
  package func append(
    _ id: TokenID, at position: Int, skipSpecialTokens: Bool, to bytes: inout [UInt8]
  ) throws(ToklabError) {
    if try kind(of: id, at: position) == .ordinary {
      bytes.append(contentsOf: vocabulary.bytes(of: id))
    } else if let token = added[id], !(token.special && skipSpecialTokens) {
      bytes += token.content
    }
  }

  private func tokens(_ ids: [TokenID], skipSpecialTokens: Bool) throws(ToklabError) -> [[UInt8]] {
    var tokens: [[UInt8]] = []
    tokens.reserveCapacity(ids.count)
    for (position, id) in ids.enumerated() {
      if try kind(of: id, at: position) == .ordinary {
        tokens.append(vocabulary[id])
      } else if let token = added[id], !(token.special && skipSpecialTokens) {
        tokens.append(token.content)
      }
    }
    return tokens
  }

  @inline(__always)
  private func kind(of id: TokenID, at position: Int) throws(ToklabError) -> Kind {
    guard Int(id) < kinds.count, kinds[Int(id)] != .none else {
      throw ToklabError(
        "id \(id) (number \(position + 1)) is no token", expected: "an id of this tokenizer",
        advice: "check that the ids were made with it")
    }
    return kinds[Int(id)]
  }
}
