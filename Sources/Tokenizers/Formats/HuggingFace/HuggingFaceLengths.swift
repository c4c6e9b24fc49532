/// `truncation` and `padding` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/utils/`.
enum HuggingFaceLengths {
  static func truncation(_ value: ByteJSON.Value) throws(ToklabError) -> TruncationDefinition {
    var fields = try ByteJSON.ObjectReader(value, expected: "truncation or null")
    let direction = try fields.take("direction")?.choice(SequenceSide.self) ?? .right
    let truncation = TruncationDefinition(
      maxLength: try fields.required("max_length").integer(in: 0...Int.max), direction: direction,
      strategy: try fields.required("strategy").choice(TruncationDefinition.Strategy.self),
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
    let direction = try fields.required("direction").choice(SequenceSide.self)
    let multiple = try fields.optional("pad_to_multiple_of")?.integer(in: 0...Int.max)
    let padding = PaddingDefinition(
      fixedLength: fixed, padID: try fields.required("pad_id").tokenID(),
      padToken: try fields.string("pad_token"), direction: direction, padToMultipleOf: multiple,
      padTypeID: try fields.required("pad_type_id").integer(in: 0...Int(UInt32.max)))
    try fields.finish(of: "padding")
    return padding
  }

  static func write(_ truncation: TruncationDefinition, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("direction", truncation.direction.rawValue)
    writer.field("max_length", truncation.maxLength)
    writer.field("strategy", truncation.strategy.rawValue)
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
    writer.field("direction", padding.direction.rawValue)
    writer.field("pad_to_multiple_of", padding.padToMultipleOf)
    writer.field("pad_id", Int(padding.padID))
    writer.field("pad_type_id", padding.padTypeID)
    writer.field("pad_token", padding.padToken)
    writer.endObject()
  }
}
