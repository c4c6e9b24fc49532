/// SentencePiece's models of characters and of words: each character (or user-defined piece), or each stretch
/// of text from one U+2581 to the next, is looked up as it is.
///
/// What is not there becomes bytes where the model falls back to them, else the unknown piece, one for a run.
/// Reserved pieces (unknown, control, byte) and unused ones never match. Source: google/sentencepiece 0.2.3
/// `src/char_model.cc`, `src/word_model.cc`, `src/sentencepiece_processor.cc`; release 0.2.0 lets both match.
public final class PieceLookupModel: TokenizerModel {
  public let vocabulary: Vocabulary
  public let unknownID: TokenID?

  let splitsWords: Bool
  let byteFallback: Bool
  let fallbackTokens: [TokenID]
  /// Pieces that are kept whole by a model of characters.
  let userDefined: DoubleArrayTrie?
  private let isMatched: [Bool]

  /// - Throws: ``ToklabError`` for a definition of another kind or kinds that do not fit its pieces.
  public init(_ definition: ModelDefinition, _ settings: SentencePieceSettings) throws(ToklabError) {
    let stated: [PieceKind]
    let unknown: String?
    switch definition {
    case .bytePair(let model):
      stated = model.kinds
      unknown = model.unknownToken
      byteFallback = model.byteFallback
    case .wordLevel(let model):
      stated = settings.wordKinds
      unknown = model.unknownToken
      byteFallback = settings.wordKinds.contains(.byte)
    default: throw ToklabError("a SentencePiece model of characters or words in another form")
    }
    let vocabulary = definition.vocabulary
    let unknownID = unknown.flatMap { vocabulary.id(of: $0) }
    guard let unknownID, stated.isEmpty || stated.count == vocabulary.capacity else {
      throw ToklabError(
        unknownID == nil
          ? "a vocabulary without an unknown piece"
          : "\(stated.count) kinds for \(vocabulary.capacity) pieces", expected: "one")
    }
    self.vocabulary = vocabulary
    self.unknownID = unknownID
    splitsWords = settings.modelType == .word
    var kinds = stated.isEmpty ? [PieceKind](repeating: .normal, count: vocabulary.capacity) : stated
    kinds[Int(unknownID)] = .unknown
    isMatched = kinds.map { $0 == .normal || $0 == .userDefined }
    var fallback = [TokenID](repeating: unknownID, count: 256)
    for id in 0..<TokenID(vocabulary.capacity) where kinds[Int(id)] == .byte {
      if let byte = ByteFallbackToken.byte(vocabulary[id]) { fallback[Int(byte)] = id }
    }
    fallbackTokens = fallback
    let whole = TokenRanges.byteOrder(vocabulary) {
      kinds[Int($0)] == .userDefined && vocabulary.length(of: $0) > 0
    }
    userDefined =
      whole.isEmpty
      ? nil
      : DoubleArrayBuilder.build(
        count: whole.count, key: { vocabulary.bytes(of: whole[$0]) }, value: { whole[$0] }
      ).trie
  }

  public func makePieceEncoder(_ options: EncodeOptions) throws(ToklabError) -> any PieceEncoder {
    PieceLookupEncoder(self)
  }

  /// The piece of a stretch of text, the unknown one where there is none.
  @inline(__always)
  func id(of text: UnsafeBufferPointer<UInt8>) -> TokenID {
    guard let id = vocabulary.id(of: text), isMatched[Int(id)] else { return unknownID! }
    return id
  }
}

/// One look-up a character or word.
final class PieceLookupEncoder: PieceEncoder {
  private let model: PieceLookupModel
  private let scratch = TokenBuffer()

  init(_ model: PieceLookupModel) { self.model = model }

  func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    var position = start
    for end in ends {
      var wasUnknown = false
      while position < end {
        let length = next(UnsafeBufferPointer(rebasing: text[position..<end]))
        let part = UnsafeBufferPointer(rebasing: text[position..<position + length])
        let id = model.id(of: part)
        position += length
        let isUnknown = id == model.unknownID
        if isUnknown, model.byteFallback {
          for byte in part {
            ids.append(model.fallbackTokens[Int(byte)])
            lengths?.append(1)
          }
        } else if isUnknown, wasUnknown {
          if let lengths { lengths.base[lengths.count - 1] += UInt32(truncatingIfNeeded: length) }
        } else {
          ids.append(id)
          lengths?.append(UInt32(truncatingIfNeeded: length))
        }
        wasUnknown = isUnknown
      }
    }
  }

  func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    try countByEncoding(
      self, text, from: start, ends: ends, scratch: scratch, unknownID: model.unknownID, unknown: &unknown)
  }

  /// The length of the first character or word.
  private func next(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    func character(_ index: Int) -> Int {
      min(UnigramViterbi.characterLength(text[index]), text.count - index)
    }
    guard model.splitsWords else {
      return model.userDefined?.longestMatch(text.baseAddress!, text.count)?.length ?? character(0)
    }
    var index = character(0)
    while index < text.count {
      let length = character(index)
      if length == 3, text[index...].starts(with: SpaceCuts.space) { break }
      index += length
    }
    return index
  }
}
