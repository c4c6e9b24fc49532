/// `pre_tokenizer` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/pre_tokenizers/`.
enum HuggingFacePreTokenizers {
  static func read(_ value: ByteJSON.Value) throws(ToklabError) -> PreTokenizerComponent {
    var fields = try ByteJSON.ObjectReader(value, expected: "a pre-tokenizer or null")
    let component = try read(fields.type(), &fields)
    try fields.finish(of: "the pre-tokenizer")
    return component
  }

  private static func read(
    _ type: String?, _ fields: inout ByteJSON.ObjectReader
  ) throws(ToklabError) -> PreTokenizerComponent {
    switch type {
    case "ByteLevel":
      let level = try fields.byteLevel()
      return .byteLevel(
        addPrefixSpace: level.addPrefixSpace, trimOffsets: level.trimOffsets, useRegex: level.useRegex)
    case "Metaspace":
      let space = try fields.metaspace()
      return .metaspace(replacement: space.replacement, prependScheme: space.scheme, split: space.split)
    case "Split":
      return .split(
        pattern: try fields.required("pattern").pattern(),
        behavior: try fields.required("behavior").choice(SplitBehavior.self),
        invert: try fields.bool("invert"))
    case "Digits": return .digits(individual: try fields.bool("individual_digits"))
    case "Punctuation":
      return .punctuation(behavior: try fields.take("behavior")?.choice(SplitBehavior.self) ?? .isolated)
    case "CharDelimiterSplit":
      return .charDelimiterSplit(delimiter: try fields.required("delimiter").character())
    case "FixedLength": return .fixedLength(try fields.take("length")?.integer(in: 1...Int(Int32.max)) ?? 5)
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceSplit
    case "BertPreTokenizer": return .bert
    case "UnicodeScripts": return .unicodeScripts
    case "Sequence":
      var list: [PreTokenizerComponent] = []
      try fields.required("pretokenizers").forEachElement { (_, value) throws(ToklabError) in
        list.append(try read(value))
      }
      return .sequence(list)
    default: throw fields.unknown(type, kind: "pre-tokenizer")
    }
  }

  static func write(_ component: PreTokenizerComponent, to writer: inout JSONWriter) {
    writer.beginObject()
    switch component {
    case .byteLevel(let addPrefixSpace, let trimOffsets, let useRegex):
      writer.byteLevel(addPrefixSpace: addPrefixSpace, trimOffsets: trimOffsets, useRegex: useRegex)
    case .metaspace(let replacement, let prependScheme, let split):
      writer.metaspace(replacement: replacement, scheme: prependScheme, split: split)
    case .split(let pattern, let behavior, let invert):
      writer.field("type", "Split")
      writer.field("pattern", pattern)
      writer.field("behavior", behavior.rawValue)
      writer.field("invert", invert)
    case .digits(let individual):
      writer.field("type", "Digits")
      writer.field("individual_digits", individual)
    case .punctuation(let behavior):
      writer.field("type", "Punctuation")
      writer.field("behavior", behavior.rawValue)
    case .charDelimiterSplit(let delimiter):
      writer.field("type", "CharDelimiterSplit")
      writer.field("delimiter", delimiter)
    case .fixedLength(let length):
      writer.field("type", "FixedLength")
      writer.field("length", length)
    case .whitespace: writer.field("type", "Whitespace")
    case .whitespaceSplit: writer.field("type", "WhitespaceSplit")
    case .bert: writer.field("type", "BertPreTokenizer")
    case .unicodeScripts: writer.field("type", "UnicodeScripts")
    case .sequence(let list):
      writer.field("type", "Sequence")
      writer.key("pretokenizers")
      writer.beginArray()
      for component in list { write(component, to: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }
}
