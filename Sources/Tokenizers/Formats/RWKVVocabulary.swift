/// RWKV's text vocabulary: lines of an id, a Python literal (`'…'` or `b'…'`) and the token's length in bytes.
///
/// Source: BlinkDL/RWKV-LM, `tokenizer/rwkv_tokenizer.py`.
public enum RWKVVocabulary {
  public static func read(_ bytes: [UInt8]) throws(ToklabError) -> TokenizerDefinition {
    var builder = VocabularyBuilder()
    var token: [UInt8] = []
    try TextLines.forEach(bytes) { (number, line) throws(ToklabError) in
      guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), last > first + 1
      else {
        throw ToklabError(
          at: .line(number), "\"\(ByteEscape.string(line.prefix(60)))\"",
          expected: "an id, a literal and a length")
      }
      let id = try TextLines.tokenID(line[..<first], line: number)
      let length = try TextLines.tokenID(line[(last + 1)...], line: number)
      token.removeAll(keepingCapacity: true)
      let literal = UnsafeBufferPointer(rebasing: line[(first + 1)..<last])
      guard PythonLiteral.decode(literal, into: &token) else {
        throw ToklabError(
          at: .line(number), "\"\(ByteEscape.string(literal.prefix(60)))\"", expected: "a Python literal")
      }
      guard token.count == Int(length) else {
        throw ToklabError(at: .line(number), "a token of \(token.count) bytes", expected: "\(length) bytes")
      }
      builder.append(id: id, token)
    }
    return TokenizerDefinition(model: .longestMatch(LongestMatchDefinition(vocabulary: try builder.build())))
  }

  /// The file of a vocabulary: tokens that are UTF-8 as text, others as bytes.
  public static func write(_ vocabulary: Vocabulary) -> [UInt8] {
    var out: [UInt8] = []
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.length(of: id) > 0 {
      let bytes = vocabulary.bytes(of: id)
      out.append(contentsOf: String(id).utf8)
      out.append(0x20)
      PythonLiteral.encode(bytes, into: &out)
      out.append(0x20)
      out.append(contentsOf: String(bytes.count).utf8)
      out.append(0x0A)
    }
    return out
  }

  /// Whether a line looks like one of these files.
  static func isLine(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), last > first + 2 else {
      return false
    }
    let rest = line[(first + 1)..<last]
    let quote = rest.first == 0x62 ? rest.dropFirst().first : rest.first
    return line[..<first].allSatisfy { $0 &- 0x30 < 10 } && first > line.startIndex
      && line[(last + 1)...].allSatisfy { $0 &- 0x30 < 10 } && (quote == 0x27 || quote == 0x22)
  }
}

/// Python's string and bytes literals, as `repr` writes them.
package enum PythonLiteral {
  /// Appends the bytes that a literal stands for; false for what is no literal.
  package static func decode(_ text: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) -> Bool {
    var index = 0
    let isBytes = text.first == 0x62
    if isBytes { index += 1 }
    guard text.count >= index + 2, let quote = text.last, quote == 0x27 || quote == 0x22, text[index] == quote
    else {
      return false
    }
    let end = text.count - 1
    index += 1
    while index < end {
      let byte = text[index]
      guard byte == 0x5C else {
        guard byte != quote, !(isBytes && byte >= 0x80) else { return false }
        out.append(byte)
        index += 1
        continue
      }
      guard index + 1 < end else { return false }
      let kind = text[index + 1]
      index += 2
      let digits: Int
      switch kind {
      case 0x5C, 0x27, 0x22:
        out.append(kind)
        continue
      case 0x6E, 0x72, 0x74, 0x61, 0x62, 0x66, 0x76:
        out.append(
          kind == 0x6E
            ? 10
            : kind == 0x72
              ? 13 : kind == 0x74 ? 9 : kind == 0x61 ? 7 : kind == 0x62 ? 8 : kind == 0x66 ? 12 : 11)
        continue
      case 0x78: digits = 2
      case 0x75 where !isBytes: digits = 4
      case 0x55 where !isBytes: digits = 8
      default: return false
      }
      guard index + digits <= end else { return false }
      var value: UInt32 = 0
      for _ in 0..<digits {
        guard let digit = hex(text[index]), value < 1 << 28 else { return false }
        value = value << 4 | digit
        index += 1
      }
      if isBytes {
        out.append(UInt8(value))
      } else {
        guard let scalar = Unicode.Scalar(value) else { return false }
        out.append(contentsOf: UTF8.encode(scalar)!)
      }
    }
    return isBytes || UTF8Scalar.firstInvalid(out) == nil
  }

  /// Appends a literal that stands for these bytes: `'…'` where they are UTF-8, else `b'…'`.
  package static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
    let isText = UTF8Scalar.firstInvalid(bytes) == nil
    if !isText { out.append(0x62) }
    out.append(0x27)
    for byte in bytes {
      switch byte {
      case 0x27, 0x5C: out += [0x5C, byte]
      case 0x0A: out += [0x5C, 0x6E]
      case 0x0D: out += [0x5C, 0x72]
      case 0x09: out += [0x5C, 0x74]
      case 0x20..<0x7F: out.append(byte)
      case 0x80... where isText: out.append(byte)
      default:
        out += [0x5C, 0x78]
        for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
      }
    }
    out.append(0x27)
  }

  private static func hex(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }
}
