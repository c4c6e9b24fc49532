/// Small readers that several components of a tokenizer.json share.
extension ByteJSON.Value {
  /// A string of exactly one Unicode scalar.
  func character() throws(ToklabError) -> String {
    let text = try string()
    guard text.unicodeScalars.count == 1 else {
      throw error("\(text.unicodeScalars.count) characters", expected: "a string of one character")
    }
    return text
  }

  /// `{"String": "…"}` or `{"Regex": "…"}`.
  func pattern() throws(ToklabError) -> TextPattern {
    var fields = try ByteJSON.ObjectReader(self, expected: "{\"String\": …} or {\"Regex\": …}")
    let literal = fields.take("String")
    let regex = fields.take("Regex")
    try fields.finish(of: "a pattern")
    switch (literal, regex) {
    case (let literal?, nil): return .literal(try literal.string())
    case (nil, let regex?): return .regex(try regex.string())
    default: throw error("a pattern", expected: "either \"String\" or \"Regex\"")
    }
  }

  /// The case of an enumeration that is spelled as this string.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(ToklabError) -> Choice where Choice.RawValue == String {
    let text = try bytes()
    for choice in Choice.allCases where Array(choice.rawValue.utf8) == text { return choice }
    throw error(
      "\"\(ByteEscape.string(text.prefix(80)))\"",
      expected: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// This value's error with its path, unless `error` already says where it is.
  func locate(_ error: ToklabError) -> ToklabError {
    guard error.position == nil else { return error }
    return self.error(error.found, expected: error.expected, advice: error.advice)
  }
}

extension ByteJSON.ObjectReader {
  /// The component's `type`; nil in files from before components were tagged.
  mutating func type() throws(ToklabError) -> String? { try optional("type")?.string() }

  mutating func bool(_ name: StaticString) throws(ToklabError) -> Bool { try required(name).bool() }

  mutating func bool(_ name: StaticString, default value: Bool) throws(ToklabError) -> Bool {
    try take(name)?.bool() ?? value
  }

  mutating func string(_ name: StaticString) throws(ToklabError) -> String { try required(name).string() }

  mutating func optionalString(_ name: StaticString) throws(ToklabError) -> String? {
    try optional(name)?.string()
  }

  func unknown(_ type: String?, kind: String) -> ToklabError {
    guard let type else {
      return value.error(
        "a \(kind) without \"type\" whose keys fit none", expected: "a \(kind) of huggingface/tokenizers")
    }
    return (value.member("type") ?? value).error(
      "the unknown \(kind) \"\(ByteEscape.string(type.utf8.prefix(80)))\"",
      expected: "a \(kind) of huggingface/tokenizers")
  }

  /// `add_prefix_space`, `trim_offsets` and `use_regex` of the three ByteLevel components.
  mutating func byteLevel() throws(ToklabError) -> (addPrefixSpace: Bool, trimOffsets: Bool, useRegex: Bool) {
    let prefix = try bool("add_prefix_space")
    let trim = try bool("trim_offsets")
    let regex = try bool("use_regex", default: true)
    return (prefix, trim, regex)
  }

  /// The fields of the two Metaspace components, in every spelling that files have.
  mutating func metaspace() throws(ToklabError) -> (replacement: String, scheme: PrependScheme, split: Bool) {
    let replacement = try required("replacement").character()
    let prefix = try optional("add_prefix_space")?.bool()
    let stated = try optional("prepend_scheme")?.choice(PrependScheme.self)
    let split = try optional("split")?.bool() ?? true
    _ = take("str_rep")
    if prefix == false, let stated, stated != .never {
      throw value.error(
        "add_prefix_space false and prepend_scheme \(stated.rawValue)", expected: "two that agree")
    }
    return (replacement, stated ?? (prefix == false ? .never : .always), split)
  }
}

extension JSONWriter {
  mutating func field(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  mutating func field(_ name: String, _ value: String?) {
    key(name)
    if let value { string(value) } else { null() }
  }

  mutating func field(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  mutating func field(_ name: String, _ value: Bool?) {
    key(name)
    if let value { bool(value) } else { null() }
  }

  mutating func field(_ name: String, _ value: Int) {
    key(name)
    integer(value)
  }

  mutating func field(_ name: String, _ value: Int?) {
    key(name)
    if let value { integer(value) } else { null() }
  }

  mutating func field(_ name: String, _ pattern: TextPattern) {
    key(name)
    beginObject()
    switch pattern {
    case .literal(let text): field("String", text)
    case .regex(let text): field("Regex", text)
    }
    endObject()
  }

  mutating func byteLevel(addPrefixSpace: Bool, trimOffsets: Bool, useRegex: Bool) {
    field("type", "ByteLevel")
    field("add_prefix_space", addPrefixSpace)
    field("trim_offsets", trimOffsets)
    field("use_regex", useRegex)
  }

  mutating func metaspace(replacement: String, scheme: PrependScheme, split: Bool) {
    field("type", "Metaspace")
    field("replacement", replacement)
    field("prepend_scheme", scheme.rawValue)
    field("split", split)
  }
}
