/// SentencePiece's way from pieces to text: control pieces are invisible, the unknown piece has a surface of its
/// own, byte pieces are bytes, U+2581 is a space, and the space that the normalizer put in front goes.
///
/// One deviation, on purpose: byte pieces that make no UTF-8 come out as they are instead of as U+FFFD.
/// Source: google/sentencepiece 0.2.0 `src/sentencepiece_processor.cc`.
struct SentencePieceDecoding: Sendable {
  private let settings: SentencePieceSettings
  private let kinds: [PieceKind]
  private let vocabulary: Vocabulary
  private let denormalizer: SentencePieceNormalizer?

  /// - Throws: ``ToklabError`` for a charsmap of the denormalizer that is wrong.
  init(_ model: ModelDefinition, _ settings: SentencePieceSettings) throws(ToklabError) {
    self.settings = settings
    vocabulary = model.vocabulary
    kinds = Self.kinds(model, settings)
    if let denormalization = settings.denormalization, !denormalization.charsmap.isEmpty {
      denormalizer = try SentencePieceNormalizer(denormalization)
    } else {
      denormalizer = nil
    }
  }

  /// What each piece is for, where the definition says it or implies it.
  static func kinds(_ model: ModelDefinition, _ settings: SentencePieceSettings) -> [PieceKind] {
    let vocabulary = model.vocabulary
    var kinds: [PieceKind] = []
    var unknown: TokenID?
    switch model {
    case .unigram(let unigram):
      kinds = unigram.kinds
      unknown = unigram.unknownID
    case .bytePair(let pair):
      kinds = pair.kinds
      unknown = pair.unknownToken.flatMap { vocabulary.id(of: $0) }
    default: kinds = settings.wordKinds
    }
    if kinds.count != vocabulary.capacity {
      kinds = Array(repeating: .normal, count: vocabulary.capacity)
      if let unknown { kinds[Int(unknown)] = .unknown }
    }
    return kinds
  }

  /// - Throws: ``ToklabError`` for an id that no piece has.
  func decode(_ ids: [TokenID], added: [TokenID: AddedToken], skipSpecialTokens: Bool) throws(ToklabError)
    -> [UInt8]
  {
    let dropsSpace =
      settings.normalization.addDummyPrefix || settings.normalization.removeExtraWhitespaces
    var text: [UInt8] = []
    var isFirst = true
    var sawSpace = false
    for (position, id) in ids.enumerated() {
      guard Int(id) < kinds.count, vocabulary.contains(id) else {
        guard let token = added[id] else {
          throw ToklabError(
            "id \(id) (number \(position + 1)) is no token", expected: "an id of this tokenizer",
            advice: "check that the ids were made with it")
        }
        if !(token.special && skipSpecialTokens) { text += token.content }
        continue
      }
      let piece = vocabulary[id]
      if kinds[Int(id)] == .byte, let byte = ByteFallbackToken.byte(piece) {
        text.append(byte)
        continue
      }
      if sawSpace || !text.isEmpty { isFirst = false }
      sawSpace = false
      switch kinds[Int(id)] {
      case .control: break
      case .unknown: text += settings.unknownSurface
      case .normal, .userDefined, .unused, .byte:
        var rest = piece[...]
        if isFirst, dropsSpace, rest.starts(with: SpaceCuts.space) {
          rest = rest.dropFirst(3)
          sawSpace = !settings.normalization.removeExtraWhitespaces
        }
        Self.append(rest, to: &text)
      }
    }
    guard let denormalizer else { return text }
    return try denormalizer.normalized(text)
  }

  /// A piece with its U+2581 as spaces.
  private static func append(_ piece: ArraySlice<UInt8>, to text: inout [UInt8]) {
    var index = piece.startIndex
    while index < piece.endIndex {
      if piece[index] == 0xE2, piece[index...].starts(with: SpaceCuts.space) {
        text.append(0x20)
        index += 3
      } else {
        text.append(piece[index])
        index += 1
      }
    }
  }
}
