/// SentencePiece's `.model` files: unigram, BPE, word and char.
///
/// Source: google/sentencepiece, `src/sentencepiece_model.proto`, `src/model_interface.cc`.
public enum SentencePieceModel {
  struct Piece {
    var bytes: [UInt8] = []
    var score: Float = 0
    var kind = PieceKind.normal
    var hasScore = false
  }

  /// - Throws: ``ToklabError`` with the byte of the field that is wrong.
  /// - Complexity: linear; 3 ms for 32,000 pieces.
  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    var reader = ProtobufReader(bytes, 0..<bytes.count)
    var pieces: [Piece] = []
    var messages: [SentencePieceSettings.Message] = []
    var trainer = TrainerSpec()
    var normalization = SentencePieceSettings.Normalization()
    var denormalization: SentencePieceSettings.Normalization?
    while let field = try reader.next() {
      guard case .bytes(let range) = field.value else {
        throw ToklabError(
          at: .byte(field.offset), "a number as field \(field.number)", expected: "a SentencePiece model")
      }
      switch field.number {
      case 1:
        pieces.append(try piece(bytes, range))
        continue
      case 2: try trainer.read(bytes, range)
      case 3: normalization = try self.normalization(bytes, range)
      case 5: denormalization = try self.normalization(bytes, range)
      default: break
      }
      messages.append(.init(field: field.number, bytes: Array(bytes[range])))
    }
    guard !pieces.isEmpty else {
      throw ToklabError(at: .byte(0), "no pieces", expected: "a SentencePiece model")
    }
    var settings = SentencePieceSettings(
      modelType: trainer.modelType, normalization: normalization, denormalization: denormalization,
      treatsWhitespaceAsSuffix: trainer.treatsWhitespaceAsSuffix, unknownSurface: trainer.unknownSurface,
      beginningID: trainer.id(trainer.beginningID, below: pieces.count),
      endID: trainer.id(trainer.endID, below: pieces.count),
      paddingID: trainer.id(trainer.paddingID, below: pieces.count), messages: messages)
    settings.scoresReservedPieces = pieces.allSatisfy { $0.kind == .normal || $0.hasScore }
    return try definition(pieces, settings, byteFallback: trainer.byteFallback)
  }

  /// The definition that a list of pieces makes, checked as SentencePiece checks it.
  static func definition(
    _ pieces: [Piece], _ settings: SentencePieceSettings, byteFallback: Bool
  ) throws(ToklabError) -> TokenizerDefinition {
    let vocabulary = try vocabulary(pieces)
    let kinds = pieces.map(\.kind)
    guard let unknown = kinds.firstIndex(of: .unknown) else {
      throw ToklabError("no piece of type UNKNOWN", expected: "one, usually <unk>")
    }
    guard kinds.lastIndex(of: .unknown) == unknown else {
      throw ToklabError(
        "pieces \(unknown) and \(kinds.lastIndex(of: .unknown)!) of type UNKNOWN", expected: "one")
    }
    try checkBytes(pieces, byteFallback)
    let unknownToken = String(decoding: pieces[unknown].bytes, as: UTF8.self)
    var model: ModelDefinition
    switch settings.modelType {
    case .unigram:
      var unigram = UnigramDefinition(
        vocabulary: vocabulary, scores: pieces.map { Double($0.score) }, unknownID: TokenID(unknown),
        byteFallback: byteFallback)
      unigram.flavor = .sentencePiece
      unigram.kinds = kinds
      model = .unigram(unigram)
    case .bpe, .char:
      var pair = BytePairDefinition(
        vocabulary: vocabulary, semantics: settings.modelType == .bpe ? .scores : .mergeList,
        alphabet: .characters, unknownToken: unknownToken, fuseUnknown: true, byteFallback: byteFallback)
      pair.scores = pieces.map(\.score)
      pair.kinds = kinds
      model = .bytePair(pair)
    case .word: model = .wordLevel(WordLevelDefinition(vocabulary: vocabulary, unknownToken: unknownToken))
    }
    var definition = TokenizerDefinition(model: model)
    definition.sentencePiece = settings
    if settings.modelType == .word {
      definition.sentencePiece?.wordScores = pieces.map(\.score)
      definition.sentencePiece?.wordKinds = kinds
    }
    definition.addedTokens = pieces.enumerated().filter { $0.element.kind == .control }.map {
      AddedToken(id: TokenID($0.offset), content: $0.element.bytes)
    }
    return definition
  }

  private static func vocabulary(_ pieces: [Piece]) throws(ToklabError) -> Vocabulary {
    var builder = VocabularyBuilder()
    builder.reserveCapacity(tokens: pieces.count, bytes: pieces.count * 8)
    var matched: Set<[UInt8]> = []
    var reserved: Set<[UInt8]> = []
    matched.reserveCapacity(pieces.count)
    for piece in pieces {
      switch piece.kind {
      case .normal, .userDefined, .unused: matched.insert(piece.bytes)
      case .unknown, .control, .byte: break
      }
    }
    for (id, piece) in pieces.enumerated() {
      guard !piece.bytes.isEmpty else {
        throw ToklabError("piece \(id) is empty", expected: "text in every piece")
      }
      switch piece.kind {
      case .normal, .userDefined, .unused: builder.append(id: TokenID(id), piece.bytes)
      case .unknown, .control, .byte:
        // SentencePiece looks these up apart, so a text piece may be spelled the same.
        guard reserved.insert(piece.bytes).inserted else {
          throw ToklabError(
            "piece \(id) \"\(ByteEscape.string(piece.bytes.prefix(60)))\" is there twice",
            expected: "each once")
        }
        builder.append(id: TokenID(id), piece.bytes, literal: matched.contains(piece.bytes))
      }
    }
    return try builder.build()
  }

  private static func checkBytes(_ pieces: [Piece], _ byteFallback: Bool) throws(ToklabError) {
    var found = Set<UInt8>()
    for (id, piece) in pieces.enumerated() where piece.kind == .byte {
      guard byteFallback else {
        throw ToklabError("piece \(id) is a byte", expected: "byte pieces only with byte fallback")
      }
      guard let byte = ByteFallbackToken.byte(piece.bytes) else {
        throw ToklabError(
          "piece \(id) \"\(ByteEscape.string(piece.bytes.prefix(60)))\" as a byte",
          expected: "<0x00> to <0xFF>")
      }
      found.insert(byte)
    }
    guard !byteFallback || found.count == 256 else {
      throw ToklabError("byte fallback with \(found.count) byte pieces", expected: "256")
    }
  }

  // MARK: Messages

  private static func piece(_ bytes: [UInt8], _ range: Range<Int>) throws(ToklabError) -> Piece {
    var reader = ProtobufReader(bytes, range)
    var piece = Piece()
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let range)): piece.bytes = Array(bytes[range])
      case (2, .fixed32(let bits)):
        piece.score = Float(bitPattern: bits)
        piece.hasScore = true
        guard piece.score.isFinite else {
          throw ToklabError(at: .byte(field.offset), "a score that is no number", expected: "a finite number")
        }
      case (3, .varint(let value)):
        guard value <= 6, let kind = PieceKind(rawValue: UInt8(value)) else {
          throw ToklabError(at: .byte(field.offset), "the piece type \(value)", expected: "1 to 6")
        }
        piece.kind = kind
      case (1...3, _):
        throw ToklabError(at: .byte(field.offset), "field \(field.number) of a piece in another form")
      default: break
      }
    }
    return piece
  }

  private static func normalization(
    _ bytes: [UInt8], _ range: Range<Int>
  ) throws(ToklabError) -> SentencePieceSettings.Normalization {
    var reader = ProtobufReader(bytes, range)
    var spec = SentencePieceSettings.Normalization(name: "")
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let range)): spec.name = String(decoding: bytes[range], as: UTF8.self)
      case (2, .bytes(let range)): spec.charsmap = Array(bytes[range])
      case (3, .varint(let value)): spec.addDummyPrefix = value != 0
      case (4, .varint(let value)): spec.removeExtraWhitespaces = value != 0
      case (5, .varint(let value)): spec.escapeWhitespaces = value != 0
      default: break
      }
    }
    return spec
  }

  /// The fields of a `TrainerSpec` that encoding and decoding need.
  private struct TrainerSpec {
    var modelType = SentencePieceSettings.ModelType.unigram
    var byteFallback = false
    var treatsWhitespaceAsSuffix = false
    var unknownSurface = Array(" \u{2047} ".utf8)
    var beginningID = 1
    var endID = 2
    var paddingID = -1

    mutating func read(_ bytes: [UInt8], _ range: Range<Int>) throws(ToklabError) {
      var reader = ProtobufReader(bytes, range)
      while let field = try reader.next() {
        switch (field.number, field.value) {
        case (3, .varint(let value)):
          guard value <= 4, let type = SentencePieceSettings.ModelType(rawValue: Int(value)) else {
            throw ToklabError(at: .byte(field.offset), "the model type \(value)", expected: "1 to 4")
          }
          modelType = type
        case (24, .varint(let value)): treatsWhitespaceAsSuffix = value != 0
        case (35, .varint(let value)): byteFallback = value != 0
        case (41, .varint(let value)): beginningID = Int(Int32(truncatingIfNeeded: value))
        case (42, .varint(let value)): endID = Int(Int32(truncatingIfNeeded: value))
        case (43, .varint(let value)): paddingID = Int(Int32(truncatingIfNeeded: value))
        case (44, .bytes(let range)): unknownSurface = Array(bytes[range])
        default: break
        }
      }
    }

    func id(_ value: Int, below count: Int) -> TokenID? {
      value >= 0 && value < count ? TokenID(value) : nil
    }
  }
}

/// `<0x00>` … `<0xFF>`: how byte fallback spells bytes.
package enum ByteFallbackToken {
  package static func byte(_ text: [UInt8]) -> UInt8? {
    guard text.count == 6, text.starts(with: "<0x".utf8), text[5] == 0x3E else { return nil }
    func digit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case 0x30...0x39: byte - 0x30
      case 0x41...0x46: byte - 0x41 + 10
      default: nil
      }
    }
    guard let high = digit(text[3]), let low = digit(text[4]) else { return nil }
    return high << 4 | low
  }

  package static func spelling(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], 0x3E]
  }
}
