import Tokenizers

/// A JSON document that can be changed in places: what is not changed is written with the same keys, order, numbers
/// and strings.
indirect enum JSONTree {
  /// A number or word, as written.
  case raw([UInt8])
  case string([UInt8])
  case array([JSONTree])
  case object([(key: [UInt8], value: JSONTree)])

  init(_ value: ByteJSON.Value) throws(ToklabError) {
    switch value.kind {
    case .null: self = .raw(Array("null".utf8))
    case .true: self = .raw(Array("true".utf8))
    case .false: self = .raw(Array("false".utf8))
    case .number: self = .raw(value.withBytes { Array($0) })
    case .string: self = .string(try value.bytes())
    case .array:
      var items: [JSONTree] = []
      try value.forEachElement { (_, item) throws(ToklabError) in items.append(try JSONTree(item)) }
      self = .array(items)
    case .object:
      var members: [(key: [UInt8], value: JSONTree)] = []
      try value.forEachMember { (key, value) throws(ToklabError) in
        members.append((try key.bytes(), try JSONTree(value)))
      }
      self = .object(members)
    }
  }

  static func integer(_ value: Int) -> JSONTree { .raw(Array(String(value).utf8)) }
  static func bool(_ value: Bool) -> JSONTree { .raw(Array((value ? "true" : "false").utf8)) }

  /// A member of an object; setting one that is not there adds it at the end, nil removes it.
  subscript(_ key: String) -> JSONTree? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let place = members.firstIndex { $0.key.elementsEqual(key.utf8) }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((Array(key.utf8), value))
      case (nil, nil): break
      }
      self = .object(members)
    }
  }

  /// Indented by two spaces, with a line end.
  func document() -> [UInt8] {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes + [0x0A]
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .raw(let bytes): writer.raw(bytes)
    case .string(let bytes): writer.string(bytes)
    case .array(let items):
      writer.beginArray()
      for item in items { item.write(to: &writer) }
      writer.endArray()
    case .object(let members):
      writer.beginObject()
      for (key, value) in members {
        writer.key(key)
        value.write(to: &writer)
      }
      writer.endObject()
    }
  }
}
