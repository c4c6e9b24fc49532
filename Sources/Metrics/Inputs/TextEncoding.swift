import Glibc

/// Text of older encodings as UTF-8, by the C library's converter.
enum TextEncoding {
  /// UTF-8 in another encoding; nil for characters that it has not.
  static func bytes(_ utf8: [UInt8], in encoding: String) -> [UInt8]? {
    let name = known(encoding)
    return name == "UTF-8" ? utf8 : try? convert(utf8, to: name, from: "UTF-8", growth: 1)
  }

  /// Hunspell writes ISO8859-2 and microsoft-cp1251; the converter's names have a hyphen, or CP.
  private static func known(_ encoding: String) -> String {
    let name = encoding.uppercased()
    if name == "UTF8" { return "UTF-8" }
    if name.hasPrefix("ISO8859") { return "ISO-8859" + name.dropFirst(7) }
    return name.hasPrefix("MICROSOFT-") ? String(name.dropFirst(10)) : name
  }

  /// - Throws: ``ToklabError`` for an encoding that the system does not know, or bytes that it has not.
  static func utf8(_ bytes: [UInt8], from encoding: String) throws(ToklabError) -> [UInt8] {
    let name = known(encoding)
    if name == "UTF-8" {
      // A byte order mark would become part of the first word.
      return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }
    // No character of a single-byte or double-byte encoding takes more than three bytes for each of its own.
    return try convert(bytes, to: "UTF-8", from: name, growth: 3)
  }

  private static func convert(
    _ bytes: [UInt8], to target: String, from source: String, growth: Int
  ) throws(ToklabError) -> [UInt8] {
    var bytes = bytes
    guard let converter = iconv_open(target, source), converter != iconv_t(bitPattern: -1) else {
      throw ToklabError(
        "encoding \(target == "UTF-8" ? source : target)", expected: "one that the system's converter knows")
    }
    defer { iconv_close(converter) }
    var out = [UInt8](repeating: 0, count: bytes.count * growth + 16)
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
    guard !failed else { throw ToklabError("bytes that are no \(source)", expected: "text in \(source)") }
    return Array(out[..<(capacity - left)])
  }
}
