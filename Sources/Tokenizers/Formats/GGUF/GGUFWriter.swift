extension GGUFTokenizer {
  /// Why GGUF metadata cannot give the same tokens; empty when they can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try write(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// A GGUF file with the tokenizer's metadata and no tensors.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(_ definition: TokenizerDefinition) throws(ToklabError) -> [UInt8] {
    var writer = GGUFWriter()
    if definition.sentencePiece != nil {
      try writePieces(definition, &writer)
    } else {
      switch definition.model {
      case .bytePair(let model): try writeBytePair(definition, model, &writer)
      case .wordPiece(let model): try writeBert(definition, model, &writer)
      case .longestMatch(let model): try writeRWKV(definition, model, &writer)
      case .unigram, .wordLevel:
        let model = try SentencePieceConversion.pieces(definition)
        try writePieces(
          SentencePieceModel.definition(model.pieces, model.settings, byteFallback: model.byteFallback),
          &writer)
      }
    }
    return writer.finish()
  }

  private static func writeBytePair(
    _ definition: TokenizerDefinition, _ model: BytePairDefinition, _ writer: inout GGUFWriter
  ) throws(ToklabError) {
    guard model.alphabet == .bytes else {
      let converted = try SentencePieceConversion.pieces(definition)
      try writePieces(
        SentencePieceModel.definition(
          converted.pieces, converted.settings, byteFallback: converted.byteFallback),
        &writer)
      return
    }
    guard model.continuingSubwordPrefix == nil, model.endOfWordSuffix == nil, (model.dropout ?? 0) == 0,
      model.unknownToken == nil
    else { throw ToklabError("a prefix, a suffix, an unknown token or dropout") }
    guard !definition.normalizes else { throw ToklabError("a normalizer before a byte-level model") }
    var merges = model.merges
    if model.semantics == .rankByBytes {
      merges = try MergeReconstruction.merges(of: model.vocabulary, except: definition.addedTokens)
    }
    var wholePieces = model.wholePieceShortcut
    var name = GGUFPattern.name(definition.preTokenizer, wholePieces: wholePieces)
    if name == nil && wholePieces {
      // Where every token is its own merge result the shortcut changes nothing.
      var plain = model
      plain.merges = merges
      plain.semantics = .mergeList
      plain.wholePieceShortcut = false
      if try plain.firstUnreachable(except: definition.addedTokens) == nil {
        wholePieces = false
        name = GGUFPattern.name(definition.preTokenizer, wholePieces: false)
      }
    }
    guard let name else {
      throw ToklabError("a pattern and whole-piece rule that no tokenizer.ggml.pre stands for")
    }
    let spelling = TokenSpelling(vocabulary: model.vocabulary, byteLevel: true)
    var lines: [[UInt8]] = []
    for index in merges.lastOccurrences() {
      let left = spelling.spelling(of: merges.left[index])
      let right = spelling.spelling(of: merges.right[index])
      guard !left.contains(0x20), !right.contains(0x20) else {
        throw ToklabError("a merge of tokens that are spelled with spaces")
      }
      lines.append(left + [0x20] + right)
    }
    writer.string("general.architecture", "gpt2")
    writer.string("tokenizer.ggml.model", "gpt2")
    writer.string("tokenizer.ggml.pre", name)
    try writeTokens(definition, &writer) { spelling.spelling(of: $0) }
    writer.strings("tokenizer.ggml.merges", lines)
    writePostProcessor(definition, &writer)
  }

  /// Tokens and types, holes as llama.cpp's converter fills them.
  private static func writeTokens(
    _ definition: TokenizerDefinition, _ writer: inout GGUFWriter, _ spelling: (TokenID) -> [UInt8]
  ) throws(ToklabError) {
    let vocabulary = definition.model.vocabulary
    var added: [TokenID: AddedToken] = [:]
    for token in definition.addedTokens { added[token.id] = token }
    let count = max(vocabulary.capacity, definition.addedTokens.map { Int($0.id) + 1 }.max() ?? 0)
    var tokens: [[UInt8]] = []
    var kinds: [UInt32] = []
    for id in 0..<TokenID(count) {
      if let token = added[id] {
        tokens.append(token.content)
        kinds.append(UInt32((token.special ? PieceKind.control : .userDefined).rawValue))
      } else if vocabulary.contains(id) {
        tokens.append(spelling(id))
        kinds.append(UInt32((vocabulary.isLiteral(id) ? PieceKind.userDefined : .normal).rawValue))
      } else {
        tokens.append(Array("[PAD\(id)]".utf8))
        kinds.append(UInt32(PieceKind.unused.rawValue))
      }
    }
    guard Set(tokens).count == tokens.count else { throw ToklabError("two tokens that are spelled alike") }
    writer.strings("tokenizer.ggml.tokens", tokens)
    writer.integers("tokenizer.ggml.token_type", kinds)
  }

  private static func writePieces(
    _ definition: TokenizerDefinition, _ writer: inout GGUFWriter
  ) throws(ToklabError) {
    let model = try SentencePieceConversion.pieces(definition)
    let settings = model.settings
    guard settings.modelType == .unigram || settings.modelType == .bpe else {
      throw ToklabError("a SentencePiece model of words or characters")
    }
    guard !settings.treatsWhitespaceAsSuffix else { throw ToklabError("white space at the end of words") }
    let isUnigram = settings.modelType == .unigram
    if !isUnigram {
      guard settings.normalization.charsmap.isEmpty, !settings.normalization.removeExtraWhitespaces else {
        throw ToklabError("normalization before SentencePiece BPE, which llama.cpp leaves out")
      }
      guard model.byteFallback else { throw ToklabError("SentencePiece BPE without byte fallback") }
    }
    writer.string("general.architecture", isUnigram ? "t5" : "llama")
    writer.string("tokenizer.ggml.model", isUnigram ? "t5" : "llama")
    writer.string("tokenizer.ggml.pre", "default")
    writer.strings("tokenizer.ggml.tokens", model.pieces.map(\.bytes))
    writer.floats("tokenizer.ggml.scores", model.pieces.map(\.score))
    writer.integers("tokenizer.ggml.token_type", model.pieces.map { UInt32($0.kind.rawValue) })
    writer.bool("tokenizer.ggml.add_space_prefix", settings.normalization.addDummyPrefix)
    writer.bool("tokenizer.ggml.remove_extra_whitespaces", settings.normalization.removeExtraWhitespaces)
    if !settings.normalization.charsmap.isEmpty {
      writer.bytes("tokenizer.ggml.precompiled_charsmap", settings.normalization.charsmap)
    }
    if let unknown = model.pieces.firstIndex(where: { $0.kind == .unknown }) {
      writer.id("tokenizer.ggml.unknown_token_id", TokenID(unknown))
    }
    if let id = settings.beginningID { writer.id("tokenizer.ggml.bos_token_id", id) }
    if let id = settings.endID { writer.id("tokenizer.ggml.eos_token_id", id) }
    if let id = settings.paddingID { writer.id("tokenizer.ggml.padding_token_id", id) }
    let (beginning, end) = edges(definition.postProcessor)
    writer.bool("tokenizer.ggml.add_bos_token", beginning != nil)
    writer.bool("tokenizer.ggml.add_eos_token", end != nil)
  }

  private static func writeBert(
    _ definition: TokenizerDefinition, _ model: WordPieceDefinition, _ writer: inout GGUFWriter
  ) throws(ToklabError) {
    guard case .bert(true, true, let accents, true) = definition.normalizer, accents != false,
      definition.preTokenizer == .bert
    else { throw ToklabError("another pipeline than lower-casing BERT's, the only one llama.cpp has") }
    guard Array(model.continuingSubwordPrefix.utf8) == Array("##".utf8) else {
      throw ToklabError("a continuing prefix other than ##")
    }
    writer.string("general.architecture", "bert")
    writer.string("tokenizer.ggml.model", "bert")
    writer.string("tokenizer.ggml.pre", "default")
    try writeTokens(definition, &writer) { id in
      let text = model.vocabulary[id]
      if text.first == 0x5B && text.last == 0x5D && text.count > 1 { return text }
      return text.starts(with: "##".utf8) ? Array(text.dropFirst(2)) : [0xE2, 0x96, 0x81] + text
    }
    for (key, name) in [
      ("unknown", "[UNK]"), ("seperator", "[SEP]"), ("padding", "[PAD]"), ("cls", "[CLS]"),
      ("mask", "[MASK]"),
    ] {
      if let id = model.vocabulary.id(of: name) { writer.id("tokenizer.ggml.\(key)_token_id", id) }
    }
  }

  private static func writeRWKV(
    _ definition: TokenizerDefinition, _ model: LongestMatchDefinition, _ writer: inout GGUFWriter
  ) throws(ToklabError) {
    writer.string("general.architecture", "rwkv6")
    writer.string("tokenizer.ggml.model", "rwkv")
    try writeTokens(definition, &writer) { id in
      var out: [UInt8] = []
      for byte in model.vocabulary[id] {
        switch byte {
        case 0x09: out += [0x5C, 0x74]
        case 0x0A: out += [0x5C, 0x6E]
        case 0x0D: out += [0x5C, 0x72]
        case 0x5C: out += [0x5C, 0x5C]
        case 0x20..<0x7F: out.append(byte)
        default: out += Array(ByteEscape.hex(byte).utf8)
        }
      }
      return out
    }
  }

  /// The tokens that a post-processor puts before and after one text.
  private static func edges(_ component: PostProcessorComponent?) -> (TokenID?, TokenID?) {
    guard case .template(let single, _, let specials) = component else { return (nil, nil) }
    func id(_ piece: TemplatePiece?) -> TokenID? {
      guard case .special(let name, _) = piece else { return nil }
      return specials.first { Array($0.id.utf8) == Array(name.utf8) }?.ids.first
    }
    return (id(single.first), id(single.last))
  }

  private static func writePostProcessor(_ definition: TokenizerDefinition, _ writer: inout GGUFWriter) {
    let (beginning, end) = edges(definition.postProcessor)
    if let beginning { writer.id("tokenizer.ggml.bos_token_id", beginning) }
    if let end { writer.id("tokenizer.ggml.eos_token_id", end) }
    writer.bool("tokenizer.ggml.add_bos_token", beginning != nil)
    writer.bool("tokenizer.ggml.add_eos_token", end != nil)
  }
}

/// Writes the metadata of a GGUF file of version 3.
package struct GGUFWriter {
  private var body: [UInt8] = []
  private var count: UInt64 = 0

  package init() {}

  private mutating func integer(_ value: UInt64, _ size: Int) {
    for index in 0..<size { body.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  private mutating func text(_ bytes: [UInt8]) {
    integer(UInt64(bytes.count), 8)
    body += bytes
  }

  private mutating func key(_ name: String, _ kind: GGUFMetadata.Kind) {
    text(Array(name.utf8))
    integer(UInt64(kind.rawValue), 4)
    count += 1
  }

  private mutating func array(_ name: String, _ kind: GGUFMetadata.Kind, _ length: Int) {
    key(name, .array)
    integer(UInt64(kind.rawValue), 4)
    integer(UInt64(length), 8)
  }

  package mutating func string(_ name: String, _ value: String) {
    key(name, .string)
    text(Array(value.utf8))
  }

  package mutating func bool(_ name: String, _ value: Bool) {
    key(name, .bool)
    body.append(value ? 1 : 0)
  }

  package mutating func id(_ name: String, _ value: TokenID) {
    key(name, .uint32)
    integer(UInt64(value), 4)
  }

  package mutating func strings(_ name: String, _ values: [[UInt8]]) {
    array(name, .string, values.count)
    for value in values { text(value) }
  }

  package mutating func integers(_ name: String, _ values: [UInt32]) {
    array(name, .int32, values.count)
    for value in values { integer(UInt64(value), 4) }
  }

  package mutating func floats(_ name: String, _ values: [Float]) {
    array(name, .float32, values.count)
    for value in values { integer(UInt64(value.bitPattern), 4) }
  }

  package mutating func bytes(_ name: String, _ values: [UInt8]) {
    array(name, .uint8, values.count)
    body += values
  }

  package mutating func float(_ name: String, _ value: Float) {
    key(name, .float32)
    integer(UInt64(value.bitPattern), 4)
  }

  /// An entry as it stands in another file, key and value.
  package mutating func entry(_ bytes: some Collection<UInt8>) {
    body += bytes
    count += 1
  }

  /// The beginning of a file, up to where the list of tensors comes.
  package func finish(tensors: Int = 0) -> [UInt8] {
    var head = GGUFWriter()
    head.body = Array("GGUF".utf8)
    head.integer(3, 4)
    head.integer(UInt64(tensors), 8)
    head.integer(count, 8)
    return head.body + body
  }
}
