/// `normalizer` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/normalizers/`.
enum HuggingFaceNormalizers {
  static func read(_ value: ByteJSON.Value) throws(ToklabError) -> NormalizerComponent {
    var fields = try ByteJSON.ObjectReader(value, expected: "a normalizer or null")
    let type = try fields.type()
    let component = try read(type ?? untagged(fields), type, &fields)
    try fields.finish(of: "the normalizer")
    return component
  }

  /// Files from before normalizers were tagged: the library tries the types in this order.
  private static func untagged(_ fields: ByteJSON.ObjectReader) -> String? {
    if fields.has("clean_text") { return "BertNormalizer" }
    if fields.has("strip_left") { return "Strip" }
    if fields.has("normalizers") { return "Sequence" }
    if fields.has("pattern") { return "Replace" }
    if fields.has("prepend") { return "Prepend" }
    return nil
  }

  private static func read(
    _ name: String?, _ type: String?, _ fields: inout ByteJSON.ObjectReader
  ) throws(ToklabError) -> NormalizerComponent {
    switch name {
    case "BertNormalizer", "Bert":
      return .bert(
        cleanText: try fields.bool("clean_text"),
        handleChineseCharacters: try fields.bool("handle_chinese_chars"),
        stripAccents: try fields.optional("strip_accents")?.bool(), lowercase: try fields.bool("lowercase"))
    case "Strip": return .strip(left: try fields.bool("strip_left"), right: try fields.bool("strip_right"))
    case "StripAccents": return .stripAccents
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Lowercase": return .lowercase
    case "Nmt": return .nmt
    case "Precompiled":
      let map = try fields.required("precompiled_charsmap")
      guard let bytes = Base64.decode(try map.bytes()) else {
        throw map.error("a character map that is not base64", expected: "base64 with padding")
      }
      return .precompiled(charsmap: bytes)
    case "Replace":
      return .replace(
        pattern: try fields.required("pattern").pattern(), content: try fields.string("content"))
    case "Prepend": return .prepend(try fields.string("prepend"))
    case "ByteLevel": return .byteLevel
    case "Sequence":
      var list: [NormalizerComponent] = []
      try fields.required("normalizers").forEachElement { (_, value) throws(ToklabError) in
        list.append(try read(value))
      }
      return .sequence(list)
    default: throw fields.unknown(type, kind: "normalizer")
    }
  }

  static func write(_ component: NormalizerComponent, to writer: inout JSONWriter) {
    writer.beginObject()
    switch component {
    case .bert(let cleanText, let handleChineseCharacters, let stripAccents, let lowercase):
      writer.field("type", "BertNormalizer")
      writer.field("clean_text", cleanText)
      writer.field("handle_chinese_chars", handleChineseCharacters)
      writer.field("strip_accents", stripAccents)
      writer.field("lowercase", lowercase)
    case .strip(let left, let right):
      writer.field("type", "Strip")
      writer.field("strip_left", left)
      writer.field("strip_right", right)
    case .stripAccents: writer.field("type", "StripAccents")
    case .nfc: writer.field("type", "NFC")
    case .nfd: writer.field("type", "NFD")
    case .nfkc: writer.field("type", "NFKC")
    case .nfkd: writer.field("type", "NFKD")
    case .lowercase: writer.field("type", "Lowercase")
    case .nmt: writer.field("type", "Nmt")
    case .precompiled(let charsmap):
      writer.field("type", "Precompiled")
      writer.key("precompiled_charsmap")
      writer.string(Base64.encode(charsmap))
    case .replace(let pattern, let content):
      writer.field("type", "Replace")
      writer.field("pattern", pattern)
      writer.field("content", content)
    case .prepend(let text):
      writer.field("type", "Prepend")
      writer.field("prepend", text)
    case .byteLevel: writer.field("type", "ByteLevel")
    case .sequence(let list):
      writer.field("type", "Sequence")
      writer.key("normalizers")
      writer.beginArray()
      for component in list { write(component, to: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }
}
