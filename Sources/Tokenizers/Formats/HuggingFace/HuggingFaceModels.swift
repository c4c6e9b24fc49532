/// `model` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/models/`.
enum HuggingFaceModels {
  static func read(_ value: ByteJSON.Value, byteLevel: Bool) throws(ToklabError) -> ModelDefinition {
    var fields = try ByteJSON.ObjectReader(value, expected: "a model")
    let type = try fields.type()
    let model: ModelDefinition
    switch type ?? untagged(fields) {
    case "BPE": model = .bytePair(try HuggingFaceBytePair.read(&fields, byteLevel: byteLevel))
    case "Unigram": model = .unigram(try unigram(&fields))
    case "WordPiece":
      model = .wordPiece(
        WordPieceDefinition(
          vocabulary: try vocabulary(fields.required("vocab"), byteLevel: false),
          unknownToken: try fields.string("unk_token"),
          continuingSubwordPrefix: try fields.string("continuing_subword_prefix"),
          maxInputCharactersPerWord: try fields.required("max_input_chars_per_word").integer(in: 0...Int.max))
      )
    case "WordLevel":
      model = .wordLevel(
        WordLevelDefinition(
          vocabulary: try vocabulary(fields.required("vocab"), byteLevel: false),
          unknownToken: try fields.string("unk_token")))
    default: throw fields.unknown(type, kind: "model")
    }
    try fields.finish(of: "the model")
    return model
  }

  /// Files from before models were tagged, told apart by their keys.
  private static func untagged(_ fields: ByteJSON.ObjectReader) -> String? {
    if fields.has("unk_id") { return "Unigram" }
    if fields.has("max_input_chars_per_word") { return "WordPiece" }
    if fields.has("merges") { return "BPE" }
    return fields.has("vocab") ? fields.value.member("vocab")?.kind == .array ? "Unigram" : "WordLevel" : nil
  }

  /// `{"token": id, …}`
  static func vocabulary(_ value: ByteJSON.Value, byteLevel: Bool) throws(ToklabError) -> Vocabulary {
    var builder = SpelledVocabularyBuilder(byteLevel: byteLevel, capacity: value.count)
    try value.forEachMember(expected: "an object of tokens and ids") { (key, value) throws(ToklabError) in
      let id = try value.tokenID()
      guard key.withBytes({ builder.append(id: id, spelled: $0) }) else {
        throw key.error("the token a second time", expected: "each token once")
      }
    }
    do {
      return try builder.build()
    } catch {
      throw value.locate(error)
    }
  }

  private static func unigram(_ fields: inout ByteJSON.ObjectReader) throws(ToklabError) -> UnigramDefinition
  {
    let list = try fields.required("vocab")
    var builder = VocabularyBuilder()
    var scores: [Double] = []
    var texts = ScoreTexts()
    try list.forEachElement(expected: "an array of [piece, score]") { (index, entry) throws(ToklabError) in
      let storage = entry.storage
      let first = entry.index + 1
      guard entry.kind == .array, entry.count == 2, storage.nodes[first].kind == .string,
        storage.nodes[first + 1].kind == .number
      else { throw entry.error(entry.kind.name, expected: "[piece, score]") }
      storage.withBytes(first) { builder.append(id: TokenID(index), $0) }
      let score = storage.withBytes(first + 1) { text in
        texts.append(text)
        return SerdeNumber.double(text)
      }
      guard let score else { throw entry.error("a score out of range", expected: "a finite number") }
      scores.append(score)
    }
    let vocabulary: Vocabulary
    do {
      vocabulary = try builder.build()
    } catch {
      throw list.locate(error)
    }
    let unknown = fields.optional("unk_id")
    let unknownID = try unknown?.tokenID()
    if let unknown, let unknownID, !vocabulary.contains(unknownID) {
      throw unknown.error("unk_id \(unknownID)", expected: "an id below \(vocabulary.capacity)")
    }
    return UnigramDefinition(
      vocabulary: vocabulary, scores: scores, scoreTexts: texts, unknownID: unknownID,
      byteFallback: try fields.take("byte_fallback")?.bool() ?? false)
  }

  static func write(_ model: ModelDefinition, to writer: inout JSONWriter, extra: [AddedToken]) {
    writer.beginObject()
    switch model {
    case .bytePair(let model): HuggingFaceBytePair.write(model, to: &writer, extra: extra)
    case .unigram(let model):
      writer.field("type", "Unigram")
      writer.field("unk_id", model.unknownID.map { Int($0) })
      writer.key("vocab")
      writer.beginArray()
      for id in 0..<model.vocabulary.capacity {
        writer.beginArray()
        writer.string(model.vocabulary[TokenID(id)])
        if let texts = model.scoreTexts { writer.raw(texts[id]) } else { writer.double(model.scores[id]) }
        writer.endArray()
      }
      writer.endArray()
      writer.field("byte_fallback", model.byteFallback)
    case .wordPiece(let model):
      writer.field("type", "WordPiece")
      writer.field("unk_token", model.unknownToken)
      writer.field("continuing_subword_prefix", model.continuingSubwordPrefix)
      writer.field("max_input_chars_per_word", model.maxInputCharactersPerWord)
      writeVocabulary(
        TokenSpelling(vocabulary: model.vocabulary, byteLevel: false), extra: extra, to: &writer)
    case .wordLevel(let model):
      writer.field("type", "WordLevel")
      writeVocabulary(
        TokenSpelling(vocabulary: model.vocabulary, byteLevel: false), extra: extra, to: &writer)
      writer.field("unk_token", model.unknownToken)
    case .longestMatch: break
    }
    writer.endObject()
  }

  /// The vocabulary in id order, with added tokens that must be among its entries to keep their ids.
  static func writeVocabulary(_ spelling: TokenSpelling, extra: [AddedToken], to writer: inout JSONWriter) {
    writer.key("vocab")
    writer.beginObject()
    writeMembers(spelling, extra: extra, to: &writer)
    writer.endObject()
  }

  static func writeMembers(_ spelling: TokenSpelling, extra: [AddedToken], to writer: inout JSONWriter) {
    var rest = extra[...]
    func add(below id: TokenID) {
      while let token = rest.first, token.id < id {
        writer.key(token.content)
        writer.integer(token.id)
        rest = rest.dropFirst()
      }
    }
    for id in 0..<TokenID(spelling.vocabulary.capacity) where spelling.vocabulary.contains(id) {
      add(below: id)
      writer.key(spelling.spelling(of: id))
      writer.integer(id)
    }
    add(below: .max)
  }
}

/// Numbers as `serde_json` reads them without its `float_roundtrip` feature, which `tokenizers` does not
/// set: digits into a 64-bit integer, then one multiplication or division by a power of ten. The result
/// can be one unit in the last place beside the correctly rounded double.
///
/// Source: serde-rs/json, `src/de.rs` (`parse_number`, `parse_decimal`, `f64_from_parts`).
enum SerdeNumber {
  private static let powers: [Double] = (0...308).map { Double("1e\($0)")! }

  /// - Parameter text: a number by the JSON grammar.
  /// - Returns: nil when the number is out of a double's range.
  static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    var index = 0
    let negative = text[0] == 0x2D
    if negative { index += 1 }
    var significand: UInt64 = 0
    var exponent = 0
    var full = false
    func digit() -> UInt64? {
      guard index < text.count, text[index] &- 0x30 < 10 else { return nil }
      return UInt64(text[index] &- 0x30)
    }
    func take(_ digit: UInt64) -> Bool {
      if full { return false }
      let (product, overflow) = significand.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(digit)
      if overflow || carry {
        full = true
        return false
      }
      significand = sum
      return true
    }
    var isInteger = true
    while let next = digit() {
      if !take(next) { exponent += 1 }
      index += 1
    }
    if index < text.count, text[index] == 0x2E {
      isInteger = false
      index += 1
      while let next = digit() {
        if take(next) { exponent -= 1 }
        index += 1
      }
    }
    if index < text.count {
      isInteger = false
      index += 1
      let down = text[index] == 0x2D
      if text[index] == 0x2D || text[index] == 0x2B { index += 1 }
      var stated = 0
      while let next = digit() {
        stated = min(stated * 10 + Int(next), 1_000_000)
        index += 1
      }
      exponent += down ? -stated : stated
    }
    if isInteger && !full { return negative && significand == 0 ? -0.0 : sign(Double(significand), negative) }
    var value = Double(significand)
    while true {
      let size = abs(exponent)
      if size <= 308 {
        if exponent >= 0 { value *= powers[size] } else { value /= powers[size] }
        break
      }
      if value == 0 { break }
      guard exponent < 0 else { return nil }
      value /= 1e308
      exponent += 308
    }
    return value.isFinite ? sign(value, negative) : nil
  }

  private static func sign(_ value: Double, _ negative: Bool) -> Double { negative ? -value : value }
}
