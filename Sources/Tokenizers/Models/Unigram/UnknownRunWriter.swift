/// Writes the pieces of a path as tokens, by the rules of ``UnigramModel`` for unknown pieces: SentencePiece takes
/// each into bytes or fuses a run into one unknown token; Hugging Face fuses first, looks the run up in the
/// vocabulary, and then does the same.
struct UnknownRunWriter {
  private let unknownID: TokenID
  private let isHuggingFace: Bool
  private let fallsBack: Bool
  private let fallbackTokens: [TokenID]
  private let vocabulary: Vocabulary
  private var run = 0..<0

  init(_ model: UnigramModel) {
    unknownID = model.unknownID ?? VocabularyStorage.none
    isHuggingFace = model.definition.flavor == .huggingFace
    fallsBack = model.definition.byteFallback
    fallbackTokens = model.fallbackTokens
    vocabulary = model.vocabulary
  }

  /// Writes one piece, or holds it back when it is unknown. Returns whether it is.
  @inline(__always)
  @discardableResult
  mutating func write(
    _ id: TokenID, _ range: Range<Int>, _ text: UnsafePointer<UInt8>, into ids: TokenBuffer,
    _ lengths: TokenBuffer?
  ) -> Bool {
    if id != unknownID {
      if !run.isEmpty { flush(text, into: ids, lengths) }
      ids.append(id)
      lengths?.append(UInt32(truncatingIfNeeded: range.count))
      return false
    }
    run = run.isEmpty ? range : run.lowerBound..<range.upperBound
    if !isHuggingFace, fallsBack { flush(text, into: ids, lengths) }
    return true
  }

  /// Writes what is held back.
  mutating func flush(_ text: UnsafePointer<UInt8>, into ids: TokenBuffer, _ lengths: TokenBuffer?) {
    if run.isEmpty { return }
    let bytes = UnsafeBufferPointer(start: text + run.lowerBound, count: run.count)
    run = 0..<0
    if isHuggingFace, let id = vocabulary.id(of: bytes) {
      ids.append(id)
      lengths?.append(UInt32(truncatingIfNeeded: bytes.count))
    } else if fallsBack, bytes.allSatisfy({ fallbackTokens[Int($0)] != VocabularyStorage.none }) {
      for byte in bytes {
        ids.append(fallbackTokens[Int(byte)])
        lengths?.append(1)
      }
    } else {
      ids.append(unknownID)
      lengths?.append(UInt32(truncatingIfNeeded: bytes.count))
    }
  }
}
