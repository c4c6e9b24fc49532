/// The key-value part of a GGUF file; tensors come after it and are read elsewhere.
///
/// Large arrays stay in the file's bytes and are read through ``GGUFMetadata/Array``.
/// Source: ggml-org/ggml, `docs/gguf.md`.
package struct GGUFMetadata: Sendable {
  package enum Kind: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The size of a value; nil for strings and arrays.
    package var size: Int? {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      case .string, .array: nil
      }
    }
  }

  package struct Entry: Sendable {
    package var kind: Kind
    /// Where the key starts, and where the value ends.
    package var whole = 0..<0
    /// Where the value starts.
    package var offset: Int
    /// For arrays: the kind and number of elements, and where they start.
    package var elements: (kind: Kind, count: Int, offset: Int)?
  }

  package let bytes: [UInt8]
  package private(set) var entries: [String: Entry] = [:]
  /// The keys in the order of the file.
  package private(set) var keys: [String] = []
  /// The number of tensors that the file says it has.
  package private(set) var tensorCount = 0
  /// Where the metadata ends.
  package private(set) var end = 0

  /// - Throws: ``ToklabError`` with the byte where the file stops being GGUF.
  package init(_ bytes: [UInt8]) throws(ToklabError) {
    self.bytes = bytes
    guard bytes.starts(with: "GGUF".utf8) else {
      throw ToklabError(at: .byte(0), "no GGUF", expected: "\"GGUF\"")
    }
    var cursor = Cursor(bytes: bytes, position: 4)
    let version = try cursor.integer(4)
    guard version == 2 || version == 3 else {
      throw ToklabError(
        at: .byte(4), version & 0xFFFF == 0 ? "a big-endian file" : "GGUF version \(version)",
        expected: "version 2 or 3, little-endian")
    }
    tensorCount = Int(clamping: try cursor.integer(8))
    let count = try cursor.integer(8)
    // Every entry takes at least 13 bytes.
    guard count <= UInt64(bytes.count / 13) else {
      throw ToklabError(at: .byte(16), "\(count) entries in \(bytes.count) bytes", expected: "a whole file")
    }
    for _ in 0..<count {
      let at = cursor.position
      let key = String(decoding: bytes[try cursor.string()], as: UTF8.self)
      var entry = try cursor.entry(depth: 0)
      entry.whole = at..<cursor.position
      keys.append(key)
      guard entries.updateValue(entry, forKey: key) == nil else {
        throw ToklabError(at: .byte(at), "the key \(key) a second time", expected: "each key once")
      }
    }
    end = cursor.position
  }

  private struct Cursor {
    let bytes: [UInt8]
    var position: Int

    mutating func integer(_ size: Int) throws(ToklabError) -> UInt64 {
      guard bytes.count - position >= size else { throw short() }
      var value: UInt64 = 0
      for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
      position += size
      return value
    }

    mutating func string() throws(ToklabError) -> Range<Int> {
      let at = position
      let length = try integer(8)
      guard length <= UInt64(bytes.count - position) else {
        throw ToklabError(
          at: .byte(at), "a string of \(length) bytes where \(bytes.count - position) are left",
          expected: "a whole, unchanged file")
      }
      let range = position..<position + Int(length)
      position = range.upperBound
      return range
    }

    mutating func kind() throws(ToklabError) -> Kind {
      let at = position
      let raw = try integer(4)
      guard let kind = Kind(rawValue: UInt32(raw)) else {
        throw ToklabError(at: .byte(at), "the value type \(raw)", expected: "0 to 12")
      }
      return kind
    }

    mutating func entry(depth: Int) throws(ToklabError) -> Entry {
      let kind = try kind()
      var entry = Entry(kind: kind, offset: position, elements: nil)
      try skip(kind, &entry, depth)
      return entry
    }

    private mutating func skip(_ kind: Kind, _ entry: inout Entry, _ depth: Int) throws(ToklabError) {
      if let size = kind.size {
        _ = try integer(size)
      } else if kind == .string {
        _ = try string()
      } else {
        guard depth < 4 else {
          throw ToklabError(
            at: .byte(position), "arrays nested deeper than 4 levels", expected: "a GGUF file")
        }
        let at = position
        let element = try self.kind()
        let count = try integer(8)
        guard count <= UInt64(bytes.count - position) / UInt64(element.size ?? 8) else {
          throw ToklabError(
            at: .byte(at), "an array of \(count) values where \(bytes.count - position) bytes are left",
            expected: "a whole, unchanged file")
        }
        entry.elements = (element, Int(count), position)
        if let size = element.size {
          position += size * Int(count)
        } else {
          var inner = entry
          for _ in 0..<count { try skip(element, &inner, depth + 1) }
        }
      }
    }

    private func short() -> ToklabError {
      ToklabError(at: .byte(bytes.count), "the end of the file", expected: "more metadata")
    }
  }

  private func integer(at offset: Int, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    return value
  }

  private func mismatch(_ key: String, _ entry: Entry, _ expected: String) -> ToklabError {
    ToklabError(at: .byte(entry.offset), "\(key) of type \(entry.kind)", expected: expected)
  }

  package func string(_ key: String) throws(ToklabError) -> String? {
    guard let entry = entries[key] else { return nil }
    guard entry.kind == .string else { throw mismatch(key, entry, "a string") }
    let start = entry.offset + 8
    let length = Int(integer(at: entry.offset, 8))
    return String(decoding: bytes[start..<start + length], as: UTF8.self)
  }

  package func bool(_ key: String) throws(ToklabError) -> Bool? {
    guard let entry = entries[key] else { return nil }
    guard entry.kind == .bool else { throw mismatch(key, entry, "a bool") }
    return bytes[entry.offset] != 0
  }

  /// A number of any width in `range`.
  package func integer(_ key: String, in range: ClosedRange<Int>) throws(ToklabError) -> Int? {
    guard let entry = entries[key] else { return nil }
    let value: Int
    switch entry.kind {
    case .uint8, .uint16, .uint32, .uint64:
      value = Int(clamping: integer(at: entry.offset, entry.kind.size!))
    case .int8: value = Int(Int8(truncatingIfNeeded: integer(at: entry.offset, 1)))
    case .int16: value = Int(Int16(truncatingIfNeeded: integer(at: entry.offset, 2)))
    case .int32: value = Int(Int32(truncatingIfNeeded: integer(at: entry.offset, 4)))
    case .int64: value = Int(Int64(truncatingIfNeeded: integer(at: entry.offset, 8)))
    case .float32, .float64, .bool, .string, .array: throw mismatch(key, entry, "a whole number")
    }
    guard range.contains(value) else {
      throw ToklabError(
        at: .byte(entry.offset), "\(key) is \(value)",
        expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A floating-point number.
  package func float(_ key: String) throws(ToklabError) -> Double? {
    guard let entry = entries[key] else { return nil }
    let value: Double
    switch entry.kind {
    case .float32: value = Double(Float(bitPattern: UInt32(integer(at: entry.offset, 4))))
    case .float64: value = Double(bitPattern: integer(at: entry.offset, 8))
    default: throw mismatch(key, entry, "a floating-point number")
    }
    guard value.isFinite else { throw mismatch(key, entry, "a finite number") }
    return value
  }

  /// An id below `count`.
  package func id(_ key: String, below count: Int) throws(ToklabError) -> TokenID? {
    guard let entry = entries[key] else { return nil }
    guard let size = entry.kind.size, entry.kind != .float32, entry.kind != .float64, entry.kind != .bool
    else {
      throw mismatch(key, entry, "an id")
    }
    let value = integer(at: entry.offset, size)
    guard value < UInt64(count) else {
      throw ToklabError(at: .byte(entry.offset), "\(key) is \(value)", expected: "an id below \(count)")
    }
    return TokenID(value)
  }

  package func strings(_ key: String) throws(ToklabError) -> [Range<Int>]? {
    guard let entry = entries[key] else { return nil }
    guard let elements = entry.elements, elements.kind == .string else {
      throw mismatch(key, entry, "an array of strings")
    }
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(elements.count)
    var position = elements.offset
    for _ in 0..<elements.count {
      let length = Int(integer(at: position, 8))
      ranges.append(position + 8..<position + 8 + length)
      position += 8 + length
    }
    return ranges
  }

  package func floats(_ key: String) throws(ToklabError) -> [Float]? {
    guard let entry = entries[key] else { return nil }
    guard let elements = entry.elements, elements.kind == .float32 else {
      throw mismatch(key, entry, "an array of floats")
    }
    return (0..<elements.count).map {
      Float(bitPattern: UInt32(integer(at: elements.offset + 4 * $0, 4)))
    }
  }

  /// An array of whole numbers of any width, their low 32 bits.
  package func integers(_ key: String) throws(ToklabError) -> [UInt32]? {
    guard let entry = entries[key] else { return nil }
    guard let elements = entry.elements, let size = elements.kind.size, elements.kind != .float32,
      elements.kind != .float64
    else { throw mismatch(key, entry, "an array of whole numbers") }
    return (0..<elements.count).map {
      UInt32(truncatingIfNeeded: integer(at: elements.offset + size * $0, size))
    }
  }
}
