/// Small operations on UTF-8 text as bytes that the converters share.
package enum TextBytes {
  package static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

  /// Runs of ASCII white space as one space, none at the ends.
  package static func collapsingSpace(_ text: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var pending = false
    for byte in text {
      if isSpace(byte) {
        pending = !out.isEmpty
      } else {
        if pending { out.append(0x20) }
        pending = false
        out.append(byte)
      }
    }
    return out
  }

  /// The number of words between white space.
  package static func wordCount(_ text: [UInt8]) -> Int {
    var count = 0
    var inside = false
    for byte in text {
      let space = isSpace(byte)
      if !space && !inside { count += 1 }
      inside = !space
    }
    return count
  }

  package static func contains(_ text: [UInt8], _ part: StaticString) -> Bool {
    let needle = UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount)
    guard let first = needle.first, text.count >= needle.count else { return false }
    for at in 0...(text.count - needle.count) where text[at] == first {
      if text[at..<(at + needle.count)].elementsEqual(needle) { return true }
    }
    return false
  }

  /// The text with every ill-formed sequence replaced by U+FFFD, and nothing else changed.
  package static func repairingUTF8(_ text: [UInt8]) -> [UInt8] {
    isValidUTF8(text) ? text : Array(String(decoding: text, as: UTF8.self).utf8)
  }

  package static func isValidUTF8(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil }
  }

  /// The lines of a text, without their LF.
  package static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  package static func joined(_ lines: [[UInt8]]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
    for line in lines {
      out += line
      out.append(0x0A)
    }
    return out
  }
}
