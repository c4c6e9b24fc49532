/// A parsed JSON text whose keys and strings are bytes.
///
/// `String` keys would merge the NFC and NFD spellings of one vocabulary entry, so nothing here is ever
/// compared as `String`. The text is kept as it was read; a tape of 16-byte nodes points into it, or into
/// an arena where a string had escapes. Accepted is what `serde_json` accepts (RFC 8259): no comments, no
/// trailing commas, no lone surrogates, valid UTF-8 in strings.
///
/// Cost: one pass, linear; 16 bytes a node and the text itself. Texts of 2 GiB and more are refused, and
/// nesting deeper than `maximumDepth`.
public struct ByteJSON: Sendable {
  package let storage: ByteJSONStorage

  /// - Throws: ``ToklabError`` at the byte where the text stops being JSON.
  public init(_ bytes: [UInt8], maximumDepth: Int = 128) throws(ToklabError) {
    storage = try ByteJSONParser.parse(bytes, maximumDepth: maximumDepth)
  }

  public var root: Value { Value(storage: storage, index: 0) }

  public enum Kind: UInt8, Sendable {
    case null, `false`, `true`, number, string, array, object

    /// As error messages name it.
    var name: String {
      switch self {
      case .null: "null"
      case .false: "false"
      case .true: "true"
      case .number: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    }
  }
}

/// One value of the tape. Children follow their container in document order.
package struct ByteJSONNode: Sendable {
  /// `ByteJSON.Kind`; for strings bit 8 says that the bytes are in the arena.
  var tag: UInt32
  /// Where the value starts in the text.
  var position: UInt32
  /// Start of a string or number; number of members or elements of a container.
  var a: UInt32
  /// Length of a string or number; for a container the index of the node after its last descendant.
  var b: UInt32

  static let inArena: UInt32 = 0x100
  var kind: ByteJSON.Kind { ByteJSON.Kind(rawValue: UInt8(truncatingIfNeeded: tag)) ?? .null }
}

/// The immutable memory behind a ``ByteJSON``.
package final class ByteJSONStorage: Sendable {
  package let source: [UInt8]
  package let arena: [UInt8]
  package let nodes: [ByteJSONNode]

  init(source: [UInt8], arena: [UInt8], nodes: [ByteJSONNode]) {
    self.source = source
    self.arena = arena
    self.nodes = nodes
  }

  /// The node after the value at `index` and all that is in it.
  @inline(__always)
  package func next(_ index: Int) -> Int {
    let node = nodes[index]
    return node.tag >= UInt32(ByteJSON.Kind.array.rawValue)
      && node.tag <= UInt32(ByteJSON.Kind.object.rawValue)
      ? Int(node.b) : index + 1
  }

  /// The bytes of a string without quotes and escapes, or of a number as written.
  @inline(__always)
  package func withBytes<R, E: Error>(
    _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let node = nodes[index]
    let range = Int(node.a)..<Int(node.a) + Int(node.b)
    let bytes = node.tag & ByteJSONNode.inArena != 0 ? arena : source
    return try bytes.withUnsafeBufferPointer { buffer throws(E) -> R in
      try body(UnsafeBufferPointer(rebasing: buffer[range]))
    }
  }

  /// The path of a value, such as `$.model.merges[3]`. Costs a walk from the root; for messages only.
  package func path(to target: Int) -> String {
    var path = "$"
    var index = 0
    while index != target {
      let node = nodes[index]
      var child = index + 1
      var ordinal = 0
      switch node.kind {
      case .object:
        while child < Int(node.b) {
          let value = child + 1
          let after = next(value)
          if target == child || (target >= value && target < after) {
            path += withBytes(child) { Self.member($0) }
            if target == child { return path }
            child = value
            break
          }
          child = after
        }
      case .array:
        while child < Int(node.b), target >= next(child) {
          child = next(child)
          ordinal += 1
        }
        path += "[\(ordinal)]"
      default: return path
      }
      guard child < nodes.count, child > index else { return path }
      index = child
    }
    return path
  }

  private static func member(_ key: UnsafeBufferPointer<UInt8>) -> String {
    let plain =
      !key.isEmpty
      && key.allSatisfy {
        ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39)
          || $0 == 0x5F
      }
    return plain ? "." + String(decoding: key, as: UTF8.self) : "[\"\(ByteEscape.string(key.prefix(80)))\"]"
  }

  /// The line of a byte of the text, counted from 1.
  package func line(at position: Int) -> Int {
    var line = 1
    for byte in source.prefix(position) where byte == 0x0A { line += 1 }
    return line
  }
}
