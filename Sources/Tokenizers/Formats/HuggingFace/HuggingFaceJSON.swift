/// `tokenizer.json` of huggingface/tokenizers: toklab's own format too.
///
/// Reading accepts what the library accepts, old spellings included, except what it ignores: an unknown
/// component, option or top-level key is an error with its path, since it may change the result. Writing
/// is canonical: byte for byte what `tokenizers` 0.20 and later write, so a file of theirs that is read
/// and written comes out unchanged. Source: `tokenizers/src/tokenizer/serialization.rs`.
public enum HuggingFaceJSON {
  /// - Throws: ``ToklabError`` with the byte (no JSON) or the JSON path (no tokenizer).
  /// - Complexity: linear. A Llama-3 style file (128,000 tokens, 280,000 merges, 9 MB) takes 0.08 s.
  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    try read(ByteJSON(bytes).root)
  }

  public static func read(_ root: ByteJSON.Value) throws(ToklabError) -> TokenizerDefinition {
    var fields = try ByteJSON.ObjectReader(root, expected: "a tokenizer.json object")
    if let version = fields.take("version"), try version.bytes() != Array("1.0".utf8) {
      throw version.error(
        "version \"\(ByteEscape.string(try version.bytes().prefix(40)))\"", expected: "version \"1.0\"")
    }
    let truncation = try fields.optional("truncation").map(HuggingFaceLengths.truncation)
    let padding = try fields.optional("padding").map(HuggingFaceLengths.padding)
    let normalizer = try fields.optional("normalizer").map(HuggingFaceNormalizers.read)
    let preTokenizer = try fields.optional("pre_tokenizer").map(HuggingFacePreTokenizers.read)
    let postProcessing = fields.optional("post_processor")
    let postProcessor = try postProcessing.map(HuggingFacePostProcessors.read)
    let decoder = try fields.optional("decoder").map(HuggingFaceDecoders.read)
    let added = fields.optional("added_tokens")
    let value = try fields.required("model")
    try fields.finish(of: "a tokenizer.json")
    let byteLevel = spellsBytes(normalizer: normalizer, preTokenizer: preTokenizer)
    let model = try HuggingFaceModels.read(value, byteLevel: byteLevel)
    let addedTokens = try added.map { (value) throws(ToklabError) in
      try HuggingFaceAddedTokens.read(value, model: model)
    }
    if let postProcessing, let postProcessor {
      let count = max(model.vocabulary.capacity, (addedTokens?.map { Int($0.id) + 1 }.max()) ?? 0)
      for (token, id) in HuggingFacePostProcessors.ids(postProcessor) where Int(id) >= count {
        throw postProcessing.error(
          "the id \(id) for \"\(ByteEscape.string(token.utf8.prefix(60)))\"", expected: "an id below \(count)"
        )
      }
    }
    return TokenizerDefinition(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model, postProcessor: postProcessor,
      decoder: decoder, addedTokens: addedTokens ?? [], truncation: truncation, padding: padding)
  }

  /// Why a tokenizer.json cannot hold this tokenizer exactly; empty when it can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try prepare(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// The file's bytes. A model that merges by rank is written as the merge list of the same ranks
  /// (``MergeReconstruction``).
  ///
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(
    _ definition: TokenizerDefinition, pretty: Bool = true
  ) throws(ToklabError) -> [UInt8] {
    let definition = try prepare(definition)
    var writer = JSONWriter(pretty: pretty)
    writer.beginObject()
    writer.field("version", "1.0")
    writer.key("truncation")
    if let part = definition.truncation { HuggingFaceLengths.write(part, to: &writer) } else { writer.null() }
    writer.key("padding")
    if let part = definition.padding { HuggingFaceLengths.write(part, to: &writer) } else { writer.null() }
    let added = definition.addedTokens.sorted { $0.id < $1.id }
    HuggingFaceAddedTokens.write(added, to: &writer)
    writer.key("normalizer")
    if let part = definition.normalizer {
      HuggingFaceNormalizers.write(part, to: &writer)
    } else {
      writer.null()
    }
    writer.key("pre_tokenizer")
    if let part = definition.preTokenizer {
      HuggingFacePreTokenizers.write(part, to: &writer)
    } else {
      writer.null()
    }
    writer.key("post_processor")
    if let part = definition.postProcessor {
      HuggingFacePostProcessors.write(part, to: &writer)
    } else {
      writer.null()
    }
    writer.key("decoder")
    if let part = definition.decoder { HuggingFaceDecoders.write(part, to: &writer) } else { writer.null() }
    writer.key("model")
    let extra = HuggingFaceAddedTokens.needed(added, model: definition.model)
    HuggingFaceModels.write(definition.model, to: &writer, extra: extra)
    writer.endObject()
    return writer.bytes
  }

  /// Whether the model sees text in GPT-2's byte alphabet: the last component that changes characters is
  /// a ByteLevel.
  static func spellsBytes(
    normalizer: NormalizerComponent?, preTokenizer: PreTokenizerComponent?
  ) -> Bool {
    func last(_ component: PreTokenizerComponent) -> Bool? {
      switch component {
      case .byteLevel: return true
      case .metaspace: return false
      case .sequence(let list):
        for component in list.reversed() { if let answer = last(component) { return answer } }
        return nil
      default: return nil
      }
    }
    func last(_ component: NormalizerComponent) -> Bool? {
      switch component {
      case .byteLevel: return true
      case .sequence(let list):
        for component in list.reversed() { if let answer = last(component) { return answer } }
        return nil
      default: return false
      }
    }
    if let preTokenizer, let answer = last(preTokenizer) { return answer }
    return normalizer.flatMap { last($0) } ?? false
  }

  /// The definition as a tokenizer.json can hold it, or the reason why none can.
  private static func prepare(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition {
    var definition = definition
    if let settings = definition.sentencePiece {
      definition = try SentencePieceConversion.huggingFace(definition, settings)
    }
    switch definition.model {
    case .bytePair(var model):
      switch model.semantics {
      case .mergeList: break
      case .rankByBytes:
        model.merges = try MergeReconstruction.merges(of: model.vocabulary, except: definition.addedTokens)
        model.semantics = .mergeList
      case .scores: throw ToklabError("merges by score, which tokenizer.json has no field for")
      }
      definition.model = .bytePair(model)
    case .longestMatch: throw ToklabError("greedy longest match, which tokenizer.json has no model for")
    case .unigram(let model):
      guard model.vocabulary.holes.isEmpty else {
        throw ToklabError("no piece with id \(model.vocabulary.holes[0]); a Unigram model numbers its pieces")
      }
    case .wordPiece, .wordLevel: break
    }
    let model = definition.model
    let pipelineIsByteLevel = spellsBytes(
      normalizer: definition.normalizer, preTokenizer: definition.preTokenizer)
    if case .bytePair(let pair) = model, (pair.alphabet == .bytes) != pipelineIsByteLevel {
      throw ToklabError(
        pair.alphabet == .bytes
          ? "a model over bytes without a ByteLevel component to spell them"
          : "a model over characters behind a ByteLevel component")
    }
    if !model.isByteLevel {
      for id in 0..<TokenID(model.vocabulary.capacity) {
        let valid = model.vocabulary.withBytes(of: id) { UTF8Scalar.firstInvalid($0) == nil }
        guard valid else { throw ToklabError("token \(id) is not UTF-8, and JSON holds only that") }
      }
    }
    let spelling = model.spelling
    for token in definition.addedTokens {
      guard UTF8Scalar.firstInvalid(token.content) == nil else {
        throw ToklabError("added token \(token.id) is not UTF-8, and JSON holds only that")
      }
      if let id = spelling.id(spelled: token.content), id != token.id {
        throw ToklabError(
          "added token \(token.id) is spelled like token \(id), whose id the library would give it")
      }
      if model.vocabulary.contains(token.id), spelling.id(spelled: token.content) == nil {
        throw ToklabError("added token \(token.id) has the id of another token of the model")
      }
    }
    if case .unigram = model, !HuggingFaceAddedTokens.needed(definition.addedTokens, model: model).isEmpty {
      throw ToklabError("added tokens whose ids do not follow the pieces'")
    }
    return definition
  }
}

extension UTF8Scalar {
  static func firstInvalid(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer { firstInvalid($0) } }
}
