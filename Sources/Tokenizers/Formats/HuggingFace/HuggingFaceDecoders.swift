/// `decoder` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/decoders/`.
enum HuggingFaceDecoders {
  static func read(_ value: ByteJSON.Value) throws(ToklabError) -> DecoderComponent {
    var fields = try ByteJSON.ObjectReader(value, expected: "a decoder or null")
    let type = try fields.type()
    let component = try read(type ?? untagged(fields), type, &fields)
    try fields.finish(of: "the decoder")
    return component
  }

  /// Files from before decoders were tagged: the library tries the types in this order.
  private static func untagged(_ fields: ByteJSON.ObjectReader) -> String? {
    if fields.has("suffix") { return "BPEDecoder" }
    if fields.has("prefix") { return "WordPiece" }
    if fields.has("pad_token") { return "CTC" }
    if fields.has("pattern") { return "Replace" }
    if fields.has("start") { return "Strip" }
    return nil
  }

  private static func read(
    _ name: String?, _ type: String?, _ fields: inout ByteJSON.ObjectReader
  ) throws(ToklabError) -> DecoderComponent {
    switch name {
    case "BPEDecoder": return .bpe(suffix: try fields.string("suffix"))
    case "ByteLevel":
      let level = try fields.byteLevel()
      return .byteLevel(
        addPrefixSpace: level.addPrefixSpace, trimOffsets: level.trimOffsets, useRegex: level.useRegex)
    case "WordPiece":
      return .wordPiece(prefix: try fields.string("prefix"), cleanup: try fields.bool("cleanup"))
    case "Metaspace":
      let space = try fields.metaspace()
      return .metaspace(replacement: space.replacement, prependScheme: space.scheme, split: space.split)
    case "CTC":
      return .ctc(
        padToken: try fields.string("pad_token"),
        wordDelimiterToken: try fields.string("word_delimiter_token"), cleanup: try fields.bool("cleanup"))
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Replace":
      return .replace(
        pattern: try fields.required("pattern").pattern(), content: try fields.string("content"))
    case "Strip":
      return .strip(
        content: try fields.required("content").character(), start: try fields.required("start").integer(),
        stop: try fields.required("stop").integer())
    case "Sequence":
      var list: [DecoderComponent] = []
      try fields.required("decoders").forEachElement { (_, value) throws(ToklabError) in
        list.append(try read(value))
      }
      return .sequence(list)
    default: throw fields.unknown(type, kind: "decoder")
    }
  }

  static func write(_ component: DecoderComponent, to writer: inout JSONWriter) {
    writer.beginObject()
    switch component {
    case .bpe(let suffix):
      writer.field("type", "BPEDecoder")
      writer.field("suffix", suffix)
    case .byteLevel(let addPrefixSpace, let trimOffsets, let useRegex):
      writer.byteLevel(addPrefixSpace: addPrefixSpace, trimOffsets: trimOffsets, useRegex: useRegex)
    case .wordPiece(let prefix, let cleanup):
      writer.field("type", "WordPiece")
      writer.field("prefix", prefix)
      writer.field("cleanup", cleanup)
    case .metaspace(let replacement, let prependScheme, let split):
      writer.metaspace(replacement: replacement, scheme: prependScheme, split: split)
    case .ctc(let padToken, let wordDelimiterToken, let cleanup):
      writer.field("type", "CTC")
      writer.field("pad_token", padToken)
      writer.field("word_delimiter_token", wordDelimiterToken)
      writer.field("cleanup", cleanup)
    case .byteFallback: writer.field("type", "ByteFallback")
    case .fuse: writer.field("type", "Fuse")
    case .replace(let pattern, let content):
      writer.field("type", "Replace")
      writer.field("pattern", pattern)
      writer.field("content", content)
    case .strip(let content, let start, let stop):
      writer.field("type", "Strip")
      writer.field("content", content)
      writer.field("start", start)
      writer.field("stop", stop)
    case .sequence(let list):
      writer.field("type", "Sequence")
      writer.key("decoders")
      writer.beginArray()
      for component in list { write(component, to: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }
}
