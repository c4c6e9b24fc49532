import Tokenizers

/// Whether any text gives a token: what the token stands for is encoded again (Land and Bartolo 2024,
/// cohere-ai/magikarp).
enum TokenReachability: String, CaseIterable, Sendable {
  case reachable
  /// An added token, or the model's unknown token, that its text gives back.
  case special
  /// An added token whose text gives something else.
  case unreachableSpecial = "unreachable_special"
  /// Its text becomes one other token.
  case unreachableSingle = "unreachable_single"
  /// Its text becomes several tokens.
  case unreachableMulti = "unreachable_multi"
  /// It stands for no text at all.
  case undecodable
  /// It holds a part of a character, and comes out where such bytes stand.
  case partialUTF8 = "partial_utf8"

  var isUnreachable: Bool {
    switch self {
    case .unreachableSpecial, .unreachableSingle, .unreachableMulti, .undecodable: true
    case .reachable, .special, .partialUTF8: false
    }
  }
}

/// Finds the class of tokens on one thread.
///
/// The model alone is asked: that a pre-tokenizer would cut a token's text is counted apart. A token with a
/// continuing prefix is asked for behind another token, one without the end-of-word suffix before one.
struct ReachabilityProbe {
  private let tokenizer: Tokenizer
  private let encoder: any PieceEncoder
  private let documents: DocumentEncoder
  private let buffer = TokenBuffer()
  private var prefix: [UInt8] = []
  private var suffix: [UInt8] = []
  private var kinds: [PieceKind] = []
  private var byteFallback = false
  /// What may stand before a token with the continuing prefix.
  private var heads: [[UInt8]] = []

  init(_ tokenizer: Tokenizer) throws {
    self.tokenizer = tokenizer
    encoder = try tokenizer.model.makePieceEncoder(EncodeOptions())
    documents = try DocumentEncoder(tokenizer, options: EncodeOptions(specialTokens: .all))
    let vocabulary = tokenizer.vocabulary
    switch tokenizer.definition.model {
    case .bytePair(let model):
      prefix = Array((model.continuingSubwordPrefix ?? "").utf8)
      suffix = Array((model.endOfWordSuffix ?? "").utf8)
      kinds = model.kinds
      byteFallback = model.byteFallback
      heads = [[0]]
    case .unigram(let model):
      kinds = model.kinds
      byteFallback = model.byteFallback
    case .wordPiece(let model):
      prefix = Array(model.continuingSubwordPrefix.utf8)
      // The rarest single characters are the last, and begin the fewest longer tokens.
      for id in (0..<TokenID(vocabulary.capacity)).reversed()
      where heads.count < 16 && vocabulary.contains(id) {
        let bytes = vocabulary[id]
        if UTF8Scalar.count(of: bytes) == 1 && !bytes.starts(with: prefix) { heads.append(bytes) }
      }
    case .wordLevel, .longestMatch: break
    }
  }

  /// An added token.
  func special(_ token: AddedToken) throws -> TokenReachability {
    buffer.removeAll()
    try token.content.withUnsafeBufferPointer { try documents.encode($0, into: buffer) }
    return buffer.ids == [token.id] ? .special : .unreachableSpecial
  }

  /// An ordinary token, and the number of tokens that its text becomes.
  func outcome(_ id: TokenID) throws -> (TokenReachability, tokens: Int) {
    let bytes = tokenizer.vocabulary[id]
    if bytes.isEmpty { return (.undecodable, 0) }
    if id == tokenizer.model.unknownID { return (.special, 1) }
    if Int(id) < kinds.count {
      switch kinds[Int(id)] {
      case .control, .unknown, .userDefined: return (.special, 1)
      case .unused: return (.undecodable, 0)
      case .normal, .byte: break
      }
    }
    if byteFallback, let byte = ByteFallbackToken.byte(bytes) {
      if byte >= 0x80 { return (.partialUTF8, 1) }
      return judge(try encode([byte]), [id], whole: true)
    }
    if !prefix.isEmpty, bytes.count > prefix.count, bytes.starts(with: prefix) {
      let rest = bytes.dropFirst(prefix.count)
      var last: [TokenID] = []
      for head in heads {
        last = Array(try encode(head + rest).dropFirst())
        if last == [id] { break }
      }
      return judge(last, [id], whole: UTF8Scalar.isValid(Array(rest)))
    }
    if !suffix.isEmpty {
      if bytes.count > suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) {
        let text = Array(bytes.dropLast(suffix.count))
        return judge(try encode(text), [id], whole: UTF8Scalar.isValid(text))
      }
      return judge(Array(try encode(bytes + [0]).dropLast()), [id], whole: UTF8Scalar.isValid(bytes))
    }
    return judge(try encode(bytes), [id], whole: UTF8Scalar.isValid(bytes))
  }

  /// A token without what marks its place in a word.
  func text(of bytes: [UInt8]) -> ArraySlice<UInt8> {
    var text = bytes[...]
    if !prefix.isEmpty, text.count > prefix.count, text.starts(with: prefix) {
      text.removeFirst(prefix.count)
    }
    if !suffix.isEmpty, text.count > suffix.count, text.suffix(suffix.count).elementsEqual(suffix) {
      text.removeLast(suffix.count)
    }
    return text
  }

  private func judge(_ found: [TokenID], _ wanted: [TokenID], whole: Bool) -> (TokenReachability, tokens: Int)
  {
    if found == wanted { return (whole ? .reachable : .partialUTF8, 1) }
    return (found.count == 1 ? .unreachableSingle : .unreachableMulti, found.count)
  }

  private func encode(_ bytes: [UInt8]) throws -> [TokenID] {
    buffer.removeAll()
    let padded = bytes + [UInt8](repeating: 0, count: 16)
    try padded.withUnsafeBufferPointer { padded in
      try [bytes.count].withUnsafeBufferPointer { ends in
        try encoder.encode(
          UnsafeBufferPointer(rebasing: padded[..<bytes.count]), from: 0, ends: ends, into: buffer,
          lengths: nil)
      }
    }
    return buffer.ids
  }
}

extension UTF8Scalar {
  fileprivate static func count(of bytes: [UInt8]) -> Int { bytes.withUnsafeBufferPointer { count($0) } }
  fileprivate static func isValid(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { firstInvalid($0) == nil }
  }
}
