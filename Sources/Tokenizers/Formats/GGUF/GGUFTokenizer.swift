/// The tokenizer in the metadata of a GGUF file: `llama` (SentencePiece BPE), `gpt2` (byte-level BPE),
/// `bert` (WordPiece), `t5` (unigram) and `rwkv`.
///
/// Source: ggerganov/llama.cpp, `src/llama-vocab.cpp`.
public enum GGUFTokenizer {
  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    try read(GGUFMetadata(bytes))
  }

  package static func read(_ metadata: GGUFMetadata) throws(ToklabError) -> TokenizerDefinition {
    guard let model = try metadata.string("tokenizer.ggml.model") else {
      throw ToklabError("no tokenizer.ggml.model", expected: "a GGUF file with a tokenizer")
    }
    let file = try Tokens(metadata)
    var definition: TokenizerDefinition
    switch model {
    case "gpt2": definition = try bytePair(metadata, file)
    case "llama": definition = try pieces(metadata, file, .bpe)
    case "t5": definition = try pieces(metadata, file, .unigram)
    case "bert": definition = try bert(metadata, file)
    case "rwkv": definition = try rwkv(metadata, file)
    default:
      throw ToklabError(
        "the tokenizer model \"\(ByteEscape.string(model.utf8.prefix(40)))\"",
        expected: "gpt2, llama, t5, bert or rwkv")
    }
    if model != "bert" {
      definition.postProcessor = try postProcessor(metadata, file, model)
    }
    return definition
  }

  /// Tokens, types and scores.
  struct Tokens {
    var ranges: [Range<Int>]
    var kinds: [PieceKind]
    var scores: [Float]
    private let metadata: GGUFMetadata

    init(_ metadata: GGUFMetadata) throws(ToklabError) {
      self.metadata = metadata
      guard let ranges = try metadata.strings("tokenizer.ggml.tokens") else {
        throw ToklabError("no tokenizer.ggml.tokens", expected: "a GGUF file with a tokenizer")
      }
      guard !ranges.isEmpty else {
        throw ToklabError("an empty tokenizer.ggml.tokens", expected: "a GGUF file with a tokenizer")
      }
      guard ranges.count <= VocabularyBuilder.maximumCapacity else {
        throw ToklabError("\(ranges.count) tokens", expected: "at most \(VocabularyBuilder.maximumCapacity)")
      }
      self.ranges = ranges
      // Types that llama.cpp does not know are those of ordinary tokens, as are missing ones.
      kinds =
        try metadata.integers("tokenizer.ggml.token_type")?.map {
          $0 < 256 ? PieceKind(rawValue: UInt8($0)) ?? .normal : .normal
        } ?? Array(repeating: .normal, count: ranges.count)
      scores = try metadata.floats("tokenizer.ggml.scores") ?? Array(repeating: 0, count: ranges.count)
      guard kinds.count == ranges.count, scores.count == ranges.count else {
        throw ToklabError(
          "\(ranges.count) tokens, \(kinds.count) types and \(scores.count) scores",
          expected: "as many of each")
      }
      if let bad = scores.firstIndex(where: { !$0.isFinite }) {
        throw ToklabError("the score of token \(bad) is no number", expected: "a finite number")
      }
    }

    var count: Int { ranges.count }

    /// A token as the file spells it; llama.cpp's name for an empty one.
    func spelling(_ id: Int) -> [UInt8] {
      ranges[id].isEmpty ? Array("[EMPTY_\(id)]".utf8) : Array(metadata.bytes[ranges[id]])
    }

    /// Whether an id has no token but llama.cpp's filler.
    func isFiller(_ id: Int) -> Bool {
      kinds[id] == .unused && spelling(id) == Array("[PAD\(id)]".utf8)
    }

    /// Control tokens, and user-defined ones, which are always recognised.
    func added(userDefined: Bool) -> [AddedToken] {
      (0..<count).compactMap { id in
        switch kinds[id] {
        case .control: AddedToken(id: TokenID(id), content: spelling(id))
        case .userDefined where userDefined:
          AddedToken(id: TokenID(id), content: spelling(id), special: false)
        default: nil
        }
      }
    }
  }

  private static func bytePair(
    _ metadata: GGUFMetadata, _ file: Tokens
  ) throws(ToklabError) -> TokenizerDefinition {
    let name = try metadata.string("tokenizer.ggml.pre") ?? "default"
    guard let (component, wholePieces) = GGUFPattern.find(name) else {
      throw ToklabError(
        "tokenizer.ggml.pre \"\(ByteEscape.string(name.utf8.prefix(60)))\", whose pattern toklab does not know",
        expected: "a known name such as gpt-2, llama-bpe or qwen2")
    }
    var builder = SpelledVocabularyBuilder(byteLevel: true, capacity: file.count)
    for id in 0..<file.count where !file.isFiller(id) {
      let text = file.spelling(id)
      guard text.withUnsafeBufferPointer({ builder.append(id: TokenID(id), spelled: $0) }) else {
        throw ToklabError(
          "token \(id) \"\(ByteEscape.string(text.prefix(60)))\" is there twice", expected: "each once")
      }
    }
    let vocabulary = try builder.build()
    guard let merges = try metadata.strings("tokenizer.ggml.merges") else {
      throw ToklabError("no tokenizer.ggml.merges", expected: "the merges of a gpt2 model")
    }
    var list = MergeListBuilder(
      TokenSpelling(vocabulary: vocabulary, byteLevel: true), prefix: nil, capacity: merges.count)
    for (rank, range) in merges.enumerated() {
      let failure = metadata.bytes.withUnsafeBufferPointer {
        list.append(line: UnsafeBufferPointer(rebasing: $0[range]))
      }
      if let failure {
        throw ToklabError(
          at: .byte(range.lowerBound), "merge \(rank): \(failure.found)", expected: failure.expected)
      }
    }
    return TokenizerDefinition(
      preTokenizer: component,
      model: .bytePair(
        BytePairDefinition(
          vocabulary: vocabulary, merges: list.merges, semantics: .mergeList, wholePieceShortcut: wholePieces)
      ),
      decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
      addedTokens: file.added(userDefined: true))
  }

  private static func pieces(
    _ metadata: GGUFMetadata, _ file: Tokens, _ type: SentencePieceSettings.ModelType
  ) throws(ToklabError) -> TokenizerDefinition {
    let charsmap = try metadata.integers("tokenizer.ggml.precompiled_charsmap")?.map {
      UInt8(truncatingIfNeeded: $0)
    }
    let unknown = try metadata.id("tokenizer.ggml.unknown_token_id", below: file.count)
    // Files made from a tokenizer.json (Gemma 3) have user-defined runs of spaces as spaces: llama.cpp finds
    // such pieces before it writes spaces as U+2581.
    var pieces = (0..<file.count).map { id in
      let bytes = file.spelling(id)
      return SentencePieceModel.Piece(
        bytes: file.kinds[id] == .userDefined && bytes.contains(0x20)
          ? bytes.flatMap { $0 == 0x20 ? SpaceCuts.space : [$0] } : bytes,
        score: file.scores[id], kind: file.kinds[id])
    }
    if !file.kinds.contains(.unknown) { pieces[Int(unknown ?? 0)].kind = .unknown }
    let settings = SentencePieceSettings(
      modelType: type,
      normalization: .init(
        name: charsmap == nil ? "identity" : "", charsmap: charsmap ?? [],
        addDummyPrefix: try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true,
        removeExtraWhitespaces: try metadata.bool("tokenizer.ggml.remove_extra_whitespaces")
          ?? (type == .unigram)),
      beginningID: try metadata.id("tokenizer.ggml.bos_token_id", below: file.count),
      endID: try metadata.id("tokenizer.ggml.eos_token_id", below: file.count),
      paddingID: try metadata.id("tokenizer.ggml.padding_token_id", below: file.count))
    return try SentencePieceModel.definition(pieces, settings, byteFallback: file.kinds.contains(.byte))
  }

  /// llama.cpp marks the beginning of a word with U+2581 and leaves the prefix of other pieces out.
  private static func bert(_ metadata: GGUFMetadata, _ file: Tokens) throws(ToklabError)
    -> TokenizerDefinition
  {
    var builder = VocabularyBuilder()
    for id in 0..<file.count where !file.isFiller(id) {
      let text = file.spelling(id)
      if text.first == 0x5B && text.last == 0x5D && text.count > 1 {
        builder.append(id: TokenID(id), text)
      } else if text.starts(with: [0xE2, 0x96, 0x81]) {
        builder.append(id: TokenID(id), text.dropFirst(3))
      } else {
        builder.append(id: TokenID(id), Array("##".utf8) + text)
      }
    }
    var definition = BertVocabulary.definition(try builder.build(), lowercase: true)
    let added = Set(definition.addedTokens.map(\.id))
    definition.addedTokens += file.added(userDefined: true).filter { !added.contains($0.id) }
    definition.addedTokens.sort { $0.id < $1.id }
    return definition
  }

  private static func rwkv(_ metadata: GGUFMetadata, _ file: Tokens) throws(ToklabError)
    -> TokenizerDefinition
  {
    var builder = VocabularyBuilder()
    for id in 0..<file.count where !file.isFiller(id) {
      let text = file.spelling(id)
      // Ids that stand for no text keep their name as a literal.
      let isText = file.kinds[id] == .normal || file.kinds[id] == .userDefined
      guard let token = isText ? unescape(text) : text else {
        throw ToklabError("token \(id) \"\(ByteEscape.string(text.prefix(60)))\"", expected: "whole escapes")
      }
      builder.append(id: TokenID(id), token, literal: !isText)
    }
    return TokenizerDefinition(
      model: .longestMatch(LongestMatchDefinition(vocabulary: try builder.build())),
      addedTokens: file.added(userDefined: false))
  }

  /// `\t \n \r \xNN`; any other escaped byte is itself.
  private static func unescape(_ text: [UInt8]) -> [UInt8]? {
    var out: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == 0x5C else {
        out.append(text[index])
        index += 1
        continue
      }
      guard index + 1 < text.count else { return nil }
      switch text[index + 1] {
      case 0x74: out.append(0x09)
      case 0x6E: out.append(0x0A)
      case 0x72: out.append(0x0D)
      case 0x78:
        guard index + 3 < text.count,
          let byte = UInt8(String(decoding: text[(index + 2)...(index + 3)], as: UTF8.self), radix: 16)
        else { return nil }
        out.append(byte)
        index += 2
      default: out.append(text[index + 1])
      }
      index += 2
    }
    return out
  }

  /// What `add_bos_token` and `add_eos_token` ask for.
  private static func postProcessor(
    _ metadata: GGUFMetadata, _ file: Tokens, _ model: String
  ) throws(ToklabError) -> PostProcessorComponent? {
    let pre = try metadata.string("tokenizer.ggml.pre") ?? ""
    let wholePieces = GGUFPattern.find(pre)?.wholePieces ?? false
    let addsBeginning =
      try metadata.bool("tokenizer.ggml.add_bos_token")
      ?? (model == "llama" || model == "gpt2" && wholePieces)
    let addsEnd = try metadata.bool("tokenizer.ggml.add_eos_token") ?? (model == "t5")
    let beginning =
      addsBeginning ? try metadata.id("tokenizer.ggml.bos_token_id", below: file.count) : nil
    let end = addsEnd ? try metadata.id("tokenizer.ggml.eos_token_id", below: file.count) : nil
    guard beginning != nil || end != nil else { return nil }
    func special(_ id: TokenID) -> TemplateSpecial {
      let text = String(decoding: file.spelling(Int(id)), as: UTF8.self)
      return TemplateSpecial(id: text, ids: [id], tokens: [text])
    }
    let first = beginning.map(special)
    let last = end.map(special)
    func template(_ sequence: TemplatePiece.SequenceName, _ type: Int) -> [TemplatePiece] {
      var pieces: [TemplatePiece] = [.sequence(sequence, typeID: type)]
      if let first { pieces.insert(.special(first.id, typeID: type), at: 0) }
      if let last { pieces.append(.special(last.id, typeID: type)) }
      return pieces
    }
    var specials = [first, last].compactMap(\.self)
    if specials.count == 2, specials[0] == specials[1] { specials.removeLast() }
    return .template(
      single: template(.a, 0), pair: template(.a, 0) + template(.b, 1),
      specials: specials.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) })
  }
}
