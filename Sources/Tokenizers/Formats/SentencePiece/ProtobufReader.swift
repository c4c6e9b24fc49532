/// Reads the wire format of protocol buffers: just enough for SentencePiece models.
///
/// Why not swift-protobuf: its runtime needs Foundation, which the library targets keep out, and its
/// strings are Swift's, which compare canonically and must be valid UTF-8. Source of the format:
/// protobuf.dev, "Encoding".
struct ProtobufReader {
  /// One field of a message. `offset` is where its value starts in the file.
  struct Field {
    enum Value {
      case varint(UInt64)
      case fixed64(UInt64)
      case fixed32(UInt32)
      case bytes(Range<Int>)
    }
    var number: Int
    var value: Value
    var offset: Int
  }

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next field; nil at the end of the message.
  /// - Throws: ``ToklabError`` with the byte for a field that does not fit into the message.
  mutating func next() throws(ToklabError) -> Field? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
      throw ToklabError(at: .byte(start), "a field number of \(tag >> 3)", expected: "a protobuf message")
    }
    let offset = position
    switch tag & 7 {
    case 0: return Field(number: number, value: .varint(try varint()), offset: offset)
    case 1: return Field(number: number, value: .fixed64(try fixed(8)), offset: offset)
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw ToklabError(
          at: .byte(offset), "a field of \(length) bytes where \(end - position) are left",
          expected: "a whole, unchanged file")
      }
      let range = position..<position + Int(length)
      position = range.upperBound
      return Field(number: number, value: .bytes(range), offset: offset)
    case 5: return Field(number: number, value: .fixed32(UInt32(try fixed(4))), offset: offset)
    default:
      throw ToklabError(at: .byte(start), "wire type \(tag & 7)", expected: "a protobuf message")
    }
  }

  private mutating func varint() throws(ToklabError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { break }
    }
    throw ToklabError(
      at: .byte(position), "a number that does not end", expected: "a whole, unchanged protobuf message")
  }

  private mutating func fixed(_ size: Int) throws(ToklabError) -> UInt64 {
    guard end - position >= size else {
      throw ToklabError(at: .byte(position), "the end of the message", expected: "\(size) more bytes")
    }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += size
    return value
  }
}

/// Writes the wire format of protocol buffers.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  mutating func field(_ number: Int, _ value: Int) {
    varint(UInt64(number) << 3)
    // Negative int32 values are sign-extended to ten bytes.
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func field(_ number: Int, _ value: Bool) { field(number, value ? 1 : 0) }

  mutating func field(_ number: Int, _ value: Float) {
    varint(UInt64(number) << 3 | 5)
    for shift: UInt32 in [0, 8, 16, 24] {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
    }
  }

  mutating func field(_ number: Int, _ value: [UInt8]) {
    varint(UInt64(number) << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func field(_ number: Int, _ value: String) { field(number, Array(value.utf8)) }
}
