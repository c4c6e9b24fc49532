import Tokenizers

/// The bytes that the tokens of a vocabulary of characters stand for in the middle of a text.
///
/// A piece stands for its UTF-8 with `▁` as a space, a byte token for its byte, a WordPiece entry that begins a
/// word for a space and the word, one that goes on for what follows its prefix. These are the *normalized bytes*
/// in which probabilities are computed: concatenated over an encoding they are the normalized text, with what
/// the tokenizer puts before it (``leading``).
struct ByteSpelling: Sendable {
  /// The canonical token of each spelling; all other ids are holes.
  let vocabulary: Vocabulary
  /// For canonical ids the other tokens of the same bytes. Of several that is canonical which the bytes encode
  /// to, and where that cannot be asked the piece before the byte token.
  let duplicates: [TokenID: [TokenID]]
  /// Tokens that are no text: unknown and control pieces.
  let special: [TokenID]
  let leading: [UInt8]
  let repeatsLeading: Bool

  /// - Returns: nil for a vocabulary that holds bytes.
  /// - Throws: ``ToklabError`` for tokenizers whose tokens do not spell bytes one after another.
  init?(_ tokenizer: Tokenizer) throws(ToklabError) {
    let definition = tokenizer.definition
    let source = definition.model.vocabulary
    let spell: (TokenID) -> (bytes: [UInt8], order: Int)?
    switch definition.model {
    case .longestMatch: return nil
    case .bytePair(let model):
      guard model.continuingSubwordPrefix == nil, model.endOfWordSuffix == nil else {
        throw Self.unsupported("byte pairs with a prefix or suffix of words")
      }
      if model.alphabet == .bytes { return nil }
      let unknown = model.unknownToken.flatMap { source.id(of: $0) }
      spell = Self.pieces(
        source, kinds: model.kinds, unknown: unknown, byteFallback: model.byteFallback,
        marks: Self.marksSpaces(definition))
    case .unigram(let model):
      spell = Self.pieces(
        source, kinds: model.kinds, unknown: model.unknownID, byteFallback: model.byteFallback,
        marks: Self.marksSpaces(definition))
    case .wordPiece(let model):
      let prefix = Array(model.continuingSubwordPrefix.utf8)
      guard !prefix.isEmpty else { throw Self.unsupported("WordPiece without a prefix") }
      let unknown = source.id(of: model.unknownToken)
      spell = { id in
        let bytes = source[id]
        if id == unknown { return nil }
        return (bytes.starts(with: prefix) ? Array(bytes.dropFirst(prefix.count)) : [0x20] + bytes, 1)
      }
    case .wordLevel: throw Self.unsupported("a vocabulary of whole words")
    }
    if definition.sentencePiece?.treatsWhitespaceAsSuffix == true {
      throw Self.unsupported("white space at the end of words")
    }
    let added = Set(definition.addedTokens.map(\.id))
    (leading, repeatsLeading) = try Self.leading(of: tokenizer) { ids in
      var bytes: [UInt8] = []
      for id in ids {
        guard source.contains(id), !added.contains(id), let part = spell(id) else { return nil }
        bytes += part.bytes
      }
      return bytes
    }
    var groups: [[UInt8]: [(order: Int, id: TokenID)]] = [:]
    var special: [TokenID] = []
    for id in 0..<TokenID(source.capacity) where source.contains(id) && !added.contains(id) {
      if let (bytes, order) = spell(id), !bytes.isEmpty {
        groups[bytes, default: []].append((order, id))
      } else {
        special.append(id)
      }
    }
    var canonical: [(id: TokenID, bytes: [UInt8])] = []
    var duplicates: [TokenID: [TokenID]] = [:]
    for (bytes, entries) in groups {
      var best = entries.min { $0.order != $1.order ? $0.order < $1.order : $0.id < $1.id }!
      if entries.count > 1, leading.isEmpty || bytes.first == 0x20,
        let ids = try? tokenizer.encode(bytes.dropFirst(leading.count)).ids, ids.count == 1,
        let found = entries.first(where: { $0.id == ids[0] })
      {
        best = found
      }
      canonical.append((best.id, bytes))
      let others = entries.filter { $0.id != best.id }.map(\.id)
      if !others.isEmpty { duplicates[best.id] = others.sorted() }
    }
    canonical.sort { $0.id < $1.id }
    var builder = VocabularyBuilder()
    for (id, bytes) in canonical { builder.append(id: id, bytes) }
    vocabulary = try builder.build()
    self.duplicates = duplicates
    self.special = special
  }

  private static func pieces(
    _ vocabulary: Vocabulary, kinds: [PieceKind], unknown: TokenID?, byteFallback: Bool, marks: Bool
  ) -> (TokenID) -> (bytes: [UInt8], order: Int)? {
    { id in
      let bytes = vocabulary[id]
      if id == unknown { return nil }
      let kind = kinds.isEmpty ? PieceKind.normal : kinds[Int(id)]
      switch kind {
      case .unknown, .control: return nil
      case .byte: return ByteFallbackToken.byte(bytes).map { ([$0], 3) }
      case .userDefined: return (marks ? spaced(bytes) : bytes, 0)
      case .unused: return (marks ? spaced(bytes) : bytes, 4)
      case .normal:
        if byteFallback, kinds.isEmpty, let byte = ByteFallbackToken.byte(bytes) { return ([byte], 3) }
        return (marks ? spaced(bytes) : bytes, 1)
      }
    }
  }

  /// Whether `▁` stands for a space.
  private static func marksSpaces(_ definition: TokenizerDefinition) -> Bool {
    if let settings = definition.sentencePiece { return settings.normalization.escapeWhitespaces }
    func marks(_ component: NormalizerComponent) -> Bool {
      switch component {
      case .replace(.literal(" "), "\u{2581}"): true
      case .sequence(let parts): parts.contains(where: marks)
      default: false
      }
    }
    func marks(_ component: PreTokenizerComponent) -> Bool {
      switch component {
      case .metaspace(let mark, _, _): mark == "\u{2581}"
      case .sequence(let parts): parts.contains(where: marks)
      default: false
      }
    }
    return definition.normalizer.map(marks) ?? false || definition.preTokenizer.map(marks) ?? false
  }

  private static func unsupported(_ found: String) -> ToklabError {
    ToklabError(
      found, expected: "tokens that spell the text one after another",
      advice: "byte probabilities of such tokenizers are not defined here")
  }

  /// With `▁` as a space.
  static func spaced(_ piece: [UInt8]) -> [UInt8] {
    guard piece.contains(0xE2) else { return piece }
    var result: [UInt8] = []
    var index = 0
    while index < piece.count {
      if piece[index] == 0xE2, piece[index...].starts(with: SpaceCuts.space) {
        result.append(0x20)
        index += 3
      } else {
        result.append(piece[index])
        index += 1
      }
    }
    return result
  }

  /// What the tokenizer puts before a text, found by encoding one: nothing or a space; and whether it does so
  /// after special tokens too.
  private static func leading(
    of tokenizer: Tokenizer, _ bytes: ([TokenID]) -> [UInt8]?
  ) throws(ToklabError) -> ([UInt8], Bool) {
    let marker = tokenizer.definition.addedTokens.first(where: \.special)
    let options = EncodeOptions(specialTokens: .all)
    for text in ["a", "e", "1", ".", "\u{4E00}"].map({ Array($0.utf8) }) {
      guard let spelled = bytes(try tokenizer.encode(text).ids) else { continue }
      guard spelled == text || spelled == [0x20] + text else { continue }
      let leading = spelled == text ? [] : [UInt8(0x20)]
      guard let marker else { return (leading, true) }
      let behind = try tokenizer.encode(marker.content + text, options: options).ids
      return (leading, behind.first == marker.id && bytes(Array(behind.dropFirst())) == spelled)
    }
    throw unsupported("tokens whose bytes are not the text")
  }
}
