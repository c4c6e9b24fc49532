/// `post_processor` of a tokenizer.json. Source: huggingface/tokenizers, `tokenizers/src/processors/`.
enum HuggingFacePostProcessors {
  static func read(_ value: ByteJSON.Value) throws(ToklabError) -> PostProcessorComponent {
    var fields = try ByteJSON.ObjectReader(value, expected: "a post-processor or null")
    let type = try fields.type()
    let component = try read(type ?? untagged(fields), type, &fields)
    try fields.finish(of: "the post-processor")
    return component
  }

  private static func untagged(_ fields: ByteJSON.ObjectReader) -> String? {
    if fields.has("sep") { return fields.has("trim_offsets") ? "RobertaProcessing" : "BertProcessing" }
    if fields.has("single") { return "TemplateProcessing" }
    return nil
  }

  private static func read(
    _ name: String?, _ type: String?, _ fields: inout ByteJSON.ObjectReader
  ) throws(ToklabError) -> PostProcessorComponent {
    switch name {
    case "BertProcessing":
      return .bert(sep: try reference(fields.required("sep")), cls: try reference(fields.required("cls")))
    case "RobertaProcessing":
      let sep = try reference(fields.required("sep"))
      let cls = try reference(fields.required("cls"))
      // The library takes an old file that lacks these two for BertProcessing.
      guard fields.has("trim_offsets"), fields.has("add_prefix_space") else {
        return .bert(sep: sep, cls: cls)
      }
      return .roberta(
        sep: sep, cls: cls, trimOffsets: try fields.bool("trim_offsets"),
        addPrefixSpace: try fields.bool("add_prefix_space"))
    case "ByteLevel":
      let level = try fields.byteLevel()
      return .byteLevel(
        addPrefixSpace: level.addPrefixSpace, trimOffsets: level.trimOffsets, useRegex: level.useRegex)
    case "TemplateProcessing":
      let specials = try specials(fields.required("special_tokens"))
      return .template(
        single: try template(fields.required("single"), specials),
        pair: try template(fields.required("pair"), specials), specials: specials)
    case "Sequence":
      var list: [PostProcessorComponent] = []
      try fields.required("processors").forEachElement { (_, value) throws(ToklabError) in
        list.append(try read(value))
      }
      return .sequence(list)
    default: throw fields.unknown(type, kind: "post-processor")
    }
  }

  /// The special tokens that a post-processor adds.
  static func ids(_ component: PostProcessorComponent) -> [(token: String, id: TokenID)] {
    switch component {
    case .bert(let sep, let cls), .roberta(let sep, let cls, _, _):
      [(sep.token, sep.id), (cls.token, cls.id)]
    case .byteLevel: []
    case .template(_, _, let specials): specials.flatMap { special in special.ids.map { (special.id, $0) } }
    case .sequence(let list): list.flatMap(ids)
    }
  }

  /// `["[SEP]", 102]`
  private static func reference(
    _ value: ByteJSON.Value
  ) throws(ToklabError) -> PostProcessorComponent.TokenReference {
    let parts = try value.elements(expected: "[token, id]")
    guard parts.count == 2 else { throw value.error("\(parts.count) elements", expected: "[token, id]") }
    return .init(token: try parts[0].string(), id: try parts[1].tokenID())
  }

  private static func specials(_ value: ByteJSON.Value) throws(ToklabError) -> [TemplateSpecial] {
    var list: [TemplateSpecial] = []
    var seen: Set<[UInt8]> = []
    try value.forEachMember { (key, value) throws(ToklabError) in
      guard seen.insert(try key.bytes()).inserted else {
        throw key.error("the key a second time", expected: "each key once")
      }
      var fields = try ByteJSON.ObjectReader(value)
      let id = try fields.required("id")
      guard try id.bytes() == key.bytes() else {
        throw id.error("an id that is not its key", expected: "the same text twice")
      }
      var ids: [TokenID] = []
      var tokens: [String] = []
      try fields.required("ids").forEachElement { (_, id) throws(ToklabError) in ids.append(try id.tokenID())
      }
      try fields.required("tokens").forEachElement { (_, token) throws(ToklabError) in
        tokens.append(try token.string())
      }
      try fields.finish(of: "a special token")
      guard ids.count == tokens.count else {
        throw value.error("\(ids.count) ids and \(tokens.count) tokens", expected: "as many ids as tokens")
      }
      list.append(TemplateSpecial(id: try id.string(), ids: ids, tokens: tokens))
    }
    return list.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
  }

  private static func template(
    _ value: ByteJSON.Value, _ specials: [TemplateSpecial]
  ) throws(ToklabError) -> [TemplatePiece] {
    let known = Set(specials.map { Array($0.id.utf8) })
    var list: [TemplatePiece] = []
    try value.forEachElement { (_, piece) throws(ToklabError) in
      var fields = try ByteJSON.ObjectReader(piece, expected: "{\"Sequence\": …} or {\"SpecialToken\": …}")
      let sequence = fields.take("Sequence")
      let special = fields.take("SpecialToken")
      try fields.finish(of: "a template piece")
      guard let inner = sequence ?? special, sequence == nil || special == nil else {
        throw piece.error("a template piece", expected: "either \"Sequence\" or \"SpecialToken\"")
      }
      var parts = try ByteJSON.ObjectReader(inner)
      let id = try parts.required("id")
      let typeID = try parts.required("type_id").integer()
      try parts.finish(of: "a template piece")
      if sequence != nil {
        list.append(.sequence(try id.choice(TemplatePiece.SequenceName.self), typeID: typeID))
      } else {
        guard known.contains(try id.bytes()) else {
          throw id.error("a special token that special_tokens does not list", expected: "one of its keys")
        }
        list.append(.special(try id.string(), typeID: typeID))
      }
    }
    return list
  }

  static func write(_ component: PostProcessorComponent, to writer: inout JSONWriter) {
    writer.beginObject()
    switch component {
    case .bert(let sep, let cls):
      writer.field("type", "BertProcessing")
      write("sep", sep, to: &writer)
      write("cls", cls, to: &writer)
    case .roberta(let sep, let cls, let trimOffsets, let addPrefixSpace):
      writer.field("type", "RobertaProcessing")
      write("sep", sep, to: &writer)
      write("cls", cls, to: &writer)
      writer.field("trim_offsets", trimOffsets)
      writer.field("add_prefix_space", addPrefixSpace)
    case .byteLevel(let addPrefixSpace, let trimOffsets, let useRegex):
      writer.byteLevel(addPrefixSpace: addPrefixSpace, trimOffsets: trimOffsets, useRegex: useRegex)
    case .template(let single, let pair, let specials):
      writer.field("type", "TemplateProcessing")
      write("single", single, to: &writer)
      write("pair", pair, to: &writer)
      writer.key("special_tokens")
      writer.beginObject()
      for special in specials.sorted(by: { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }) {
        writer.key(special.id)
        writer.beginObject()
        writer.field("id", special.id)
        writer.key("ids")
        writer.beginArray()
        for id in special.ids { writer.integer(id) }
        writer.endArray()
        writer.key("tokens")
        writer.beginArray()
        for token in special.tokens { writer.string(token) }
        writer.endArray()
        writer.endObject()
      }
      writer.endObject()
    case .sequence(let list):
      writer.field("type", "Sequence")
      writer.key("processors")
      writer.beginArray()
      for component in list { write(component, to: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }

  private static func write(
    _ name: String, _ reference: PostProcessorComponent.TokenReference, to writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.beginArray()
    writer.string(reference.token)
    writer.integer(reference.id)
    writer.endArray()
  }

  private static func write(_ name: String, _ template: [TemplatePiece], to writer: inout JSONWriter) {
    writer.key(name)
    writer.beginArray()
    for piece in template {
      writer.beginObject()
      switch piece {
      case .sequence(let sequence, let typeID):
        writer.key("Sequence")
        writer.beginObject()
        writer.field("id", sequence.rawValue)
        writer.field("type_id", typeID)
      case .special(let id, let typeID):
        writer.key("SpecialToken")
        writer.beginObject()
        writer.field("id", id)
        writer.field("type_id", typeID)
      }
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
  }
}
