extension ByteJSON {
  /// One value of a ``ByteJSON``; cheap to copy.
  public struct Value: Sendable {
    package let storage: ByteJSONStorage
    package let index: Int

    package init(storage: ByteJSONStorage, index: Int) {
      self.storage = storage
      self.index = index
    }

    public var kind: Kind { storage.nodes[index].kind }
    public var isNull: Bool { kind == .null }

    /// The number of elements or members of a container, else 0.
    public var count: Int {
      let node = storage.nodes[index]
      return node.kind == .array || node.kind == .object ? Int(node.a) : 0
    }

    /// An error at this value: its path, and its line where the text has more than one.
    public func error(_ found: String, expected: String? = nil, advice: String? = nil) -> ToklabError {
      let line = storage.line(at: Int(storage.nodes[index].position))
      let path = storage.path(to: index) + (line > 1 ? " (line \(line))" : "")
      return ToklabError(at: .path(path), found, expected: expected, advice: advice)
    }

    private func require(_ kinds: Kind..., expected: String) throws(ToklabError) {
      guard kinds.contains(kind) else { throw error(kind.name, expected: expected) }
    }

    // MARK: Scalars

    /// Calls `body` with the bytes of a string, or of a number as written.
    @inline(__always)
    package func withBytes<R, E: Error>(
      _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
    ) throws(E) -> R {
      try storage.withBytes(index, body)
    }

    /// The bytes of a string.
    public func bytes() throws(ToklabError) -> [UInt8] {
      try require(.string, expected: "a string")
      return withBytes { Array($0) }
    }

    public func string() throws(ToklabError) -> String {
      try require(.string, expected: "a string")
      return withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether this is the string `text`, byte for byte.
    public func equals(_ text: StaticString) -> Bool {
      guard kind == .string else { return false }
      return withBytes { bytes in
        bytes.count == text.utf8CodeUnitCount
          && bytes.elementsEqual(
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
      }
    }

    public func bool() throws(ToklabError) -> Bool {
      try require(.true, .false, expected: "true or false")
      return kind == .true
    }

    /// A number without fraction and exponent, in `range`.
    public func integer(in range: ClosedRange<Int> = 0...Int(Int32.max)) throws(ToklabError) -> Int {
      try require(.number, expected: "a whole number")
      let value = withBytes { (text) -> Int? in
        var value = 0
        let negative = text[0] == 0x2D
        for byte in negative ? text.dropFirst() : text[...] {
          guard byte &- 0x30 < 10 else { return nil }
          let (product, overflow) = value.multipliedReportingOverflow(by: 10)
          let (sum, carry) = product.addingReportingOverflow(Int(byte - 0x30))
          guard !overflow, !carry else { return nil }
          value = sum
        }
        return negative ? -value : value
      }
      guard let value, range.contains(value) else {
        throw error(
          numberText, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }

    /// A token id.
    public func tokenID() throws(ToklabError) -> TokenID {
      TokenID(try integer(in: 0...VocabularyBuilder.maximumCapacity - 1))
    }

    /// A number, correctly rounded.
    public func double() throws(ToklabError) -> Double {
      try require(.number, expected: "a number")
      guard let value = Double(numberText), value.isFinite else {
        throw error(numberText, expected: "a number that a double can hold")
      }
      return value
    }

    private var numberText: String { withBytes { String(decoding: $0, as: UTF8.self) } }

    // MARK: Containers

    /// Calls `body` for every element of an array, with its position.
    @inline(__always)
    public func forEachElement(
      expected: String = "an array", _ body: (Int, Value) throws(ToklabError) -> Void
    ) throws(ToklabError) {
      try require(.array, expected: expected)
      let end = Int(storage.nodes[index].b)
      var child = index + 1
      var ordinal = 0
      while child < end {
        try body(ordinal, Value(storage: storage, index: child))
        child = storage.next(child)
        ordinal += 1
      }
    }

    /// Calls `body` for every member of an object in file order; does not look for duplicate keys.
    @inline(__always)
    public func forEachMember(
      expected: String = "an object", _ body: (Value, Value) throws(ToklabError) -> Void
    ) throws(ToklabError) {
      try require(.object, expected: expected)
      let end = Int(storage.nodes[index].b)
      var child = index + 1
      while child < end {
        try body(Value(storage: storage, index: child), Value(storage: storage, index: child + 1))
        child = storage.next(child + 1)
      }
    }

    /// The elements of an array.
    public func elements(expected: String = "an array") throws(ToklabError) -> [Value] {
      var values: [Value] = []
      try forEachElement(expected: expected) { _, value in values.append(value) }
      return values
    }

    /// The first member of an object with this key; nil where there is none or this is no object.
    public func member(_ name: StaticString) -> Value? {
      guard kind == .object else { return nil }
      let end = Int(storage.nodes[index].b)
      var child = index + 1
      while child < end {
        if Value(storage: storage, index: child).equals(name) {
          return Value(storage: storage, index: child + 1)
        }
        child = storage.next(child + 1)
      }
      return nil
    }
  }

  /// Reads an object key by key and refuses what nobody asked for.
  ///
  /// For small objects with known keys; a key that appears twice is an error.
  public struct ObjectReader {
    public let value: Value
    private var members: [(key: Value, value: Value, taken: Bool)] = []

    public init(_ value: Value, expected: String = "an object") throws(ToklabError) {
      self.value = value
      var members: [(key: Value, value: Value, taken: Bool)] = []
      try value.forEachMember(expected: expected) { (key, value) throws(ToklabError) in
        let bytes = try key.bytes()
        for other in members where try other.key.bytes() == bytes {
          throw key.error("the key a second time", expected: "each key once")
        }
        guard members.count < 1000 else { throw key.error("more than 1000 keys") }
        members.append((key, value, false))
      }
      self.members = members
    }

    /// The value of a key, null included; marks the key as known.
    public mutating func take(_ name: StaticString) -> Value? {
      for index in members.indices where members[index].key.equals(name) {
        members[index].taken = true
        return members[index].value
      }
      return nil
    }

    /// The value of a key unless it is null or absent.
    public mutating func optional(_ name: StaticString) -> Value? {
      guard let value = take(name), !value.isNull else { return nil }
      return value
    }

    /// - Throws: ``ToklabError`` when the key is absent.
    public mutating func required(_ name: StaticString) throws(ToklabError) -> Value {
      guard let value = take(name) else { throw value.error("no key \"\(name)\"", expected: "\"\(name)\"") }
      return value
    }

    public func has(_ name: StaticString) -> Bool { members.contains { $0.key.equals(name) } }

    /// - Throws: ``ToklabError`` for the first key that was not asked for.
    public func finish(of component: String) throws(ToklabError) {
      for member in members where !member.taken {
        throw member.key.error(
          "an unknown option of \(component)", expected: "only options that toklab knows",
          advice: "it may change the result, so it is not ignored")
      }
    }
  }
}
