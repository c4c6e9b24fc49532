import Glibc

/// Text of older encodings as UTF-8, by the C library's converter.
enum TextEncoding {
  /// - Throws: ``ToklabError`` for an encoding that the system does not know, or bytes that it has not.
  static func utf8(_ bytes: [UInt8], from encoding: String) throws(ToklabError) -> [UInt8] {
    let name = encoding.uppercased()
    var bytes = bytes
    // A byte order mark would become part of the first word.
    if name == "UTF-8" || name == "UTF8" {
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      return bytes
    }
    // Hunspell writes ISO8859-2 and microsoft-cp1251; the converter's names have a hyphen, or CP.
    var known = name
    if name.hasPrefix("ISO8859") { known = "ISO-8859" + name.dropFirst(7) }
    if name.hasPrefix("MICROSOFT-") { known = String(name.dropFirst(10)) }
    guard let converter = iconv_open("UTF-8", known), converter != iconv_t(bitPattern: -1) else {
      throw ToklabError("encoding \(encoding)", expected: "one that the system's converter knows")
    }
    defer { iconv_close(converter) }
    // No character of a single-byte or double-byte encoding takes more than three bytes for each of its own.
    var out = [UInt8](repeating: 0, count: bytes.count * 3 + 16)
    let capacity = out.count
    var left = 0
    let failed = bytes.withUnsafeMutableBytes { input in
      out.withUnsafeMutableBytes { output in
        var from = input.baseAddress?.assumingMemoryBound(to: CChar.self)
        var to = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        var remaining = input.count
        var room = capacity
        let result = iconv(converter, &from, &remaining, &to, &room)
        left = room
        return result == Int(bitPattern: UInt.max) || result == -1
      }
    }
    guard !failed else { throw ToklabError("bytes that are no \(encoding)", expected: "text in \(encoding)") }
    return Array(out[..<(capacity - left)])
  }
}
