import Adapt
import TestSupport
import Tokenizers

/// Small tokenizers whose entries are not the bytes they stand for, with those bytes written down beside them.
struct SpelledToy {
  enum Family: String, CaseIterable, Sendable {
    /// SentencePiece byte pairs as Llama 2 has them: dummy prefix, byte fallback.
    case scores
    /// As Gemma has them: no dummy prefix, user-defined runs of spaces.
    case userDefined
    /// The same merges as a list, in a tokenizer.json with Prepend and Replace.
    case mergeList
    case unigram
    /// Unigram as T5 has it: spaces at the ends and doubled ones go, no byte fallback.
    case trimmed
    /// WordPiece behind BERT's pre-tokenizer.
    case words
  }

  var tokenizer: Tokenizer
  /// Bytes of the ids that are text.
  var tokens: [(id: TokenID, bytes: [UInt8])] = []
  /// Ids that are neither text nor the end.
  var special: [TokenID] = [0]
  var leading: [UInt8] = [0x20]

  static let unknown: TokenID = 0

  init(_ family: Family, seed: UInt64) throws {
    var random = RandomText(seed: seed)
    // Words over a and b; é is not in the vocabulary and needs byte tokens.
    var pieces: [(text: String, kind: PieceKind)] = [("<unk>", .unknown)]
    func add(_ text: String, _ kind: PieceKind = .normal) {
      if !pieces.contains(where: { $0.text == text }) { pieces.append((text, kind)) }
    }
    let fallback = family != .trimmed && family != .words
    if fallback { for name in ["<0xC3>", "<0xA9>", "<0x61>"] { add(name, .byte) } }
    if family == .words {
      for text in ["a", "b", "##a", "##b"] { add(text) }
      for _ in 0..<5 + Int(seed % 4) {
        let text = String(
          decoding: random.string(of: Array("ab".utf8), count: 1 + random.random.below(3)), as: UTF8.self)
        add(random.random.below(2) == 0 ? text : "##" + text)
      }
    } else {
      for text in ["▁", "a", "b"] { add(text) }
      if family == .userDefined { add("  ", .userDefined) }
      // Concatenations of two, so that merges make them.
      for _ in 0..<5 + Int(seed % 5) {
        let parts = pieces.filter { $0.kind == .normal }.map(\.text)
        let text = parts[random.random.below(parts.count)] + parts[random.random.below(parts.count)]
        if text.unicodeScalars.count <= 5 { add(text) }
      }
    }
    let vocabulary = try Vocabulary(pieces.map { Array($0.text.utf8) })
    let kinds = pieces.map(\.kind)
    switch family {
    case .scores, .userDefined:
      var model = BytePairDefinition(
        vocabulary: vocabulary, semantics: .scores, alphabet: .characters, unknownToken: "<unk>",
        byteFallback: true)
      model.kinds = kinds
      model.scores = pieces.indices.map { -Float($0) }
      var definition = TokenizerDefinition(model: .bytePair(model))
      definition.sentencePiece = SentencePieceSettings(
        modelType: .bpe,
        normalization: .init(addDummyPrefix: family == .scores, removeExtraWhitespaces: false))
      tokenizer = try Tokenizer(definition)
      if family == .userDefined { leading = [] }
    case .mergeList:
      var merges = MergeList()
      for (id, piece) in pieces.enumerated() where piece.kind == .normal {
        let text = Array(piece.text.unicodeScalars)
        for cut in 1..<max(1, text.count) {
          func find(_ part: ArraySlice<Unicode.Scalar>) -> TokenID? {
            vocabulary.id(of: String(String.UnicodeScalarView(part)))
          }
          if let left = find(text[..<cut]), let right = find(text[cut...]) {
            merges.append(left: left, right: right, result: TokenID(id))
            break
          }
        }
      }
      tokenizer = try Tokenizer(
        TokenizerDefinition(
          normalizer: .sequence([.prepend("▁"), .replace(pattern: .literal(" "), content: "▁")]),
          model: .bytePair(
            BytePairDefinition(
              vocabulary: vocabulary, merges: merges, semantics: .mergeList, alphabet: .characters,
              unknownToken: "<unk>", fuseUnknown: true, byteFallback: true))))
    case .unigram, .trimmed:
      var model = UnigramDefinition(
        vocabulary: vocabulary,
        scores: pieces.map { _ in Double(Float(-1 - 4 * random.random.unitInterval())) },
        unknownID: 0, byteFallback: fallback)
      model.flavor = .sentencePiece
      model.kinds = kinds
      var definition = TokenizerDefinition(model: .unigram(model))
      definition.sentencePiece = SentencePieceSettings(
        modelType: .unigram, normalization: .init(removeExtraWhitespaces: family == .trimmed))
      tokenizer = try Tokenizer(definition)
    case .words:
      tokenizer = try Tokenizer(
        TokenizerDefinition(
          normalizer: .bert(
            cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: true),
          preTokenizer: .bert,
          model: .wordPiece(WordPieceDefinition(vocabulary: vocabulary, unknownToken: "<unk>"))))
    }
    for (id, piece) in pieces.enumerated().dropFirst() {
      var text = piece.text
      switch piece.kind {
      case .byte:
        tokens.append((TokenID(id), [UInt8(text.dropFirst(3).dropLast(), radix: 16)!]))
        continue
      default: break
      }
      if family == .words {
        text = text.hasPrefix("##") ? String(text.dropFirst(2)) : " " + text
      } else {
        text = String(text.map { $0 == "▁" ? " " : $0 })
      }
      tokens.append((TokenID(id), Array(text.utf8)))
    }
  }

  /// The encoding of normalized bytes: what the tokenizer makes of the text they are of.
  func encode(_ bytes: [UInt8]) -> [TokenID]? {
    if bytes.isEmpty { return [] }
    guard bytes.starts(with: leading) else { return nil }
    do throws(ToklabError) { return try tokenizer.encode(bytes.dropFirst(leading.count)).ids } catch {
      return nil
    }
  }
}
