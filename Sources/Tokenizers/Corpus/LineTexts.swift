import Glibc

/// The lines of a block of text as training sees them: checked, taken out of JSON, normalized, each with its
/// line feed. One for each thread.
final class LineTexts {
  private let normalizer: (any Normalizer)?
  private var json: JSONLineText
  private var scratch: [UInt8] = []

  init(normalizer: (any Normalizer)?, field: [UInt8]) {
    self.normalizer = normalizer
    json = JSONLineText(field: field)
  }

  /// Calls `body` with each line, 16 readable bytes after it.
  ///
  /// - Throws: ``ToklabError`` for bytes that are no UTF-8 or records that are no JSON, and what `body` throws.
  func forEach(
    of block: TextBlock, isJSONLines: Bool, _ body: (UnsafeBufferPointer<UInt8>) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    if let offset = UTF8Scalar.firstInvalid(block.bytes) {
      throw ToklabError(
        at: .byte(block.offset + offset),
        "not UTF-8 (byte 0x\(ByteEscape.hex(block.bytes[offset]).dropFirst(2)))",
        expected: "UTF-8 text", advice: "convert the file to UTF-8, or leave it out")
    }
    guard isJSONLines else { return try forEachLine(block.bytes, body) }
    var position = 0
    while position < block.count {
      let end = Self.lineEnd(block.bytes, from: position)
      let line = UnsafeBufferPointer(rebasing: block.bytes[position..<end])
      if var text = try json.text(of: line, at: block.offset + position) {
        let count = text.count
        text.append(contentsOf: repeatElement(0, count: TextBlock.padding))
        try text.withUnsafeBufferPointer { (buffer) throws(ToklabError) in
          try forEachLine(UnsafeBufferPointer(rebasing: buffer[..<count]), body)
        }
      }
      position = end
    }
  }

  private static func lineEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let base = text.baseAddress!
    guard let found = memchr(base + start, 0x0A, text.count - start) else { return text.count }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
  }

  /// - Parameter text: followed by 16 readable bytes.
  private func forEachLine(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    var position = 0
    while position < text.count {
      let end = Self.lineEnd(text, from: position)
      let line = UnsafeBufferPointer(rebasing: text[position..<end])
      if let normalized = try normalizer?.normalize(line, alignment: false) {
        scratch.removeAll(keepingCapacity: true)
        scratch += normalized.bytes
        scratch.append(contentsOf: repeatElement(0, count: TextBlock.padding))
        try scratch.withUnsafeBufferPointer { (buffer) throws(ToklabError) in
          try body(UnsafeBufferPointer(rebasing: buffer[..<normalized.bytes.count]))
        }
      } else {
        try body(line)
      }
      position = end
    }
  }
}
