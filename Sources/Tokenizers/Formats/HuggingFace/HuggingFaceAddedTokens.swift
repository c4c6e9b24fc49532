/// `added_tokens` of a tokenizer.json, and the ids that the library gives them.
///
/// The library does not use a token's stated id: it takes the model's id of the same text, or else the
/// next free one, where the first free one is the *number* of model tokens. Source: huggingface/tokenizers,
/// `tokenizers/src/tokenizer/added_vocabulary.rs`, `add_tokens`.
enum HuggingFaceAddedTokens {
  /// The ids the library gives to `tokens`, in their order.
  struct Numbering {
    private let count: Int
    private let lookUp: ([UInt8]) -> TokenID?
    private var given: [[UInt8]: TokenID] = [:]
    private var highest: TokenID?

    init(count: Int, lookUp: @escaping ([UInt8]) -> TokenID?) {
      self.count = count
      self.lookUp = lookUp
    }

    mutating func id(of content: [UInt8]) -> TokenID {
      if let id = given[content] { return id }
      let id: TokenID
      if let known = lookUp(content) {
        id = known
      } else {
        // One call adds all tokens: the counter starts after the model and only moves for new ones.
        id = highest.map { $0 + 1 } ?? TokenID(count)
        highest = id
      }
      given[content] = id
      return id
    }
  }

  static func read(
    _ value: ByteJSON.Value, model: ModelDefinition
  ) throws(ToklabError) -> [AddedToken] {
    let spelling = model.spelling
    var numbering = Numbering(count: model.vocabulary.count) { spelling.id(spelled: $0) }
    var tokens: [TokenID: AddedToken] = [:]
    try value.forEachElement { (_, entry) throws(ToklabError) in
      var fields = try ByteJSON.ObjectReader(entry, expected: "an added token")
      _ = try fields.required("id").tokenID()
      let content = try fields.required("content").bytes()
      let token = AddedToken(
        id: 0, content: content, singleWord: try fields.bool("single_word"),
        leftStrip: try fields.bool("lstrip"), rightStrip: try fields.bool("rstrip"),
        normalized: try fields.bool("normalized"), special: try fields.bool("special"))
      try fields.finish(of: "an added token")
      guard !content.isEmpty else { return }
      let id = numbering.id(of: content)
      if model.vocabulary.contains(id), spelling.id(spelled: content) != id {
        throw entry.error(
          "the library gives this token id \(id), which the model has already",
          expected: "a vocabulary without holes, or the token in it too")
      }
      tokens[id] = token
      tokens[id]?.id = id
      guard Int(id) < VocabularyBuilder.maximumCapacity else {
        throw entry.error("more ids than toklab holds")
      }
    }
    return tokens.values.sorted { $0.id < $1.id }
  }

  /// The added tokens that must stand in the model's vocabulary too, so that the library keeps their ids;
  /// empty where it does anyway.
  static func needed(_ tokens: [AddedToken], model: ModelDefinition) -> [AddedToken] {
    let spelling = model.spelling
    var numbering = Numbering(count: model.vocabulary.count) { spelling.id(spelled: $0) }
    if tokens.allSatisfy({ numbering.id(of: $0.content) == $0.id }) { return [] }
    return tokens.filter { spelling.id(spelled: $0.content) != $0.id }
  }

  static func write(_ tokens: [AddedToken], to writer: inout JSONWriter) {
    writer.key("added_tokens")
    writer.beginArray()
    for token in tokens {
      writer.beginObject()
      writer.field("id", Int(token.id))
      writer.key("content")
      writer.string(token.content)
      writer.field("single_word", token.singleWord)
      writer.field("lstrip", token.leftStrip)
      writer.field("rstrip", token.rightStrip)
      writer.field("normalized", token.normalized)
      writer.field("special", token.special)
      writer.endObject()
    }
    writer.endArray()
  }
}

extension ModelDefinition {
  /// Whether the vocabulary holds raw bytes that a tokenizer.json spells in the byte alphabet.
  var isByteLevel: Bool {
    if case .bytePair(let model) = self { return model.alphabet == .bytes }
    return false
  }

  var spelling: TokenSpelling { TokenSpelling(vocabulary: vocabulary, byteLevel: isByteLevel) }
}
