import Tokenizers

/// A tokenizer of characters that encodes normalized bytes from a certain cut on, without what it does at the
/// ends of a text: no dummy prefix, no spaces taken away.
final class SectionEncoder {
  /// Whether any bytes can be encoded; else only such as begin with the space before a word.
  let isLocal: Bool
  /// Whether the normalizer drops spaces at the ends and doubled ones.
  let trimsSpaces: Bool
  private let encoder: DocumentEncoder
  private let ids = TokenBuffer(capacity: 64)
  private let leading: [UInt8]

  init(_ tokenizer: Tokenizer, _ vocabulary: ByteVocabulary) throws(ToklabError) {
    var definition = tokenizer.definition
    definition.postProcessor = nil
    definition.truncation = nil
    definition.padding = nil
    // Those that are found in any text make it another encoding.
    definition.addedTokens.removeAll(where: \.special)
    leading = vocabulary.leading
    if var settings = definition.sentencePiece {
      trimsSpaces = settings.normalization.removeExtraWhitespaces
      settings.normalization.removeExtraWhitespaces = false
      settings.normalization.addDummyPrefix = false
      definition.sentencePiece = settings
      isLocal = true
    } else {
      var trims = false
      definition.normalizer = definition.normalizer.flatMap { Self.local($0, &trims) }
      switch definition.preTokenizer {
      case nil: isLocal = true
      case .metaspace(let mark, _, let split)?:
        definition.preTokenizer = .metaspace(replacement: mark, prependScheme: .never, split: split)
        isLocal = true
      case .split(.literal(" "), .mergedWithPrevious, _)?:
        // Cuts at a space of the normalized text, which has none.
        isLocal = true
      default:
        isLocal = false
        trims = true
      }
      trimsSpaces = trims
    }
    if !isLocal, leading.isEmpty {
      throw ToklabError(
        "a pre-tokenizer that drops or rewrites text", expected: "one that marks the beginnings of words",
        advice: "the quantity all, whose bytes are those of the tokens, needs no encoder")
    }
    encoder = try DocumentEncoder(try Tokenizer(definition))
  }

  /// Without what looks at the ends of a text.
  private static func local(_ component: NormalizerComponent, _ trims: inout Bool) -> NormalizerComponent? {
    switch component {
    case .prepend: return nil
    case .strip:
      trims = true
      return nil
    case .sequence(let parts):
      var kept: [NormalizerComponent] = []
      for part in parts { if let part = local(part, &trims) { kept.append(part) } }
      return kept.isEmpty ? nil : .sequence(kept)
    default: return component
    }
  }

  /// - Returns: nil for what cannot be encoded.
  func encode(_ bytes: [UInt8]) -> [TokenID]? {
    var text = bytes[...]
    if !isLocal {
      guard text.first == 0x20 else { return nil }
      text = text.dropFirst()
    }
    ids.removeAll()
    do throws(ToklabError) {
      try withBuffer(Array(text)) { (buffer) throws(ToklabError) in try encoder.encode(buffer, into: ids) }
    } catch { return nil }
    return ids.ids
  }
}
