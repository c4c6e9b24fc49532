/// `truncation` and `padding` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/utils/`.
enum HuggingFaceLengths {
  private enum Direction: String, CaseIterable { case left = "Left", right = "Right" }
  private enum Strategy: String, CaseIterable {
    case longestFirst = "LongestFirst"
    case onlyFirst = "OnlyFirst"
    case onlySecond = "OnlySecond"
  }

  static func truncation(_ value: ByteJSON.Value) throws(ToklabError) -> TruncationDefinition {
    var fields = try ByteJSON.ObjectReader(value, expected: "truncation or null")
    let direction = try fields.take("direction")?.choice(Direction.self) ?? .right
    let truncation = TruncationDefinition(
      direction: direction.rawValue, maxLength: try fields.required("max_length").integer(in: 0...Int.max),
      strategy: try fields.required("strategy").choice(Strategy.self).rawValue,
      stride: try fields.required("stride").integer(in: 0...Int.max))
    try fields.finish(of: "truncation")
    return truncation
  }

  static func padding(_ value: ByteJSON.Value) throws(ToklabError) -> PaddingDefinition {
    var fields = try ByteJSON.ObjectReader(value, expected: "padding or null")
    let strategy = try fields.required("strategy")
    var fixed: Int?
    if strategy.kind == .object {
      var parts = try ByteJSON.ObjectReader(strategy)
      fixed = try parts.required("Fixed").integer(in: 0...Int.max)
      try parts.finish(of: "a padding strategy")
    } else if !strategy.equals("BatchLongest") {
      throw strategy.error("a padding strategy", expected: "\"BatchLongest\" or {\"Fixed\": length}")
    }
    let padding = PaddingDefinition(
      fixedLength: fixed, direction: try fields.required("direction").choice(Direction.self).rawValue,
      padToMultipleOf: try fields.optional("pad_to_multiple_of")?.integer(in: 0...Int.max),
      padID: try fields.required("pad_id").tokenID(), padTypeID: try fields.required("pad_type_id").integer(),
      padToken: try fields.string("pad_token"))
    try fields.finish(of: "padding")
    return padding
  }

  static func write(_ truncation: TruncationDefinition, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("direction", truncation.direction)
    writer.field("max_length", truncation.maxLength)
    writer.field("strategy", truncation.strategy)
    writer.field("stride", truncation.stride)
    writer.endObject()
  }

  static func write(_ padding: PaddingDefinition, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("strategy")
    if let length = padding.fixedLength {
      writer.beginObject()
      writer.field("Fixed", length)
      writer.endObject()
    } else {
      writer.string("BatchLongest")
    }
    writer.field("direction", padding.direction)
    writer.field("pad_to_multiple_of", padding.padToMultipleOf)
    writer.field("pad_id", Int(padding.padID))
    writer.field("pad_type_id", padding.padTypeID)
    writer.field("pad_token", padding.padToken)
    writer.endObject()
  }
}
