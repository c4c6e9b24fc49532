extension PreTokenShard {
  /// Reads what ``write()`` makes.
  ///
  /// - Throws: ``ToklabError`` naming the line: another format, lines out of order, counts that are none,
  ///   unknown escapes, or an end that is missing or does not add up.
  public init(parsing bytes: [UInt8], file: String) throws(ToklabError) {
    var reader = ShardLines(bytes: bytes, file: file)
    guard let first = reader.next(), first.elementsEqual("#toklab-counts/1".utf8) else {
      throw reader.fault("not a toklab-counts file", expected: "#toklab-counts/1 in the first line")
    }
    let preTokenizer = try reader.unescape(reader.header("pre-tokenizer"))
    let normalizer = Array(try reader.header("normalizer"))
    let unicode = Array(try reader.header("unicode"))
    var digests: [String] = []
    var blob: [UInt8] = []
    var ends: [Int] = []
    var values: [Int64] = []
    var sum: Int64 = 0
    var previous = 0..<0
    while let line = reader.next() {
      if line.first == 0x23 {
        if let digest = ShardLines.value(line, "text") {
          digests.append(String(decoding: digest, as: UTF8.self))
          continue
        }
        guard let end = ShardLines.value(line, "end"), end.elementsEqual("\(ends.count)\t\(sum)".utf8) else {
          throw reader.fault(
            "an end that does not fit", expected: "#end, \(ends.count) and \(sum), for the lines before it")
        }
        guard reader.next() == nil else {
          throw reader.fault("lines after the end", expected: "one shard a file")
        }
        blob.append(contentsOf: repeatElement(0, count: PreTokenCounts.padding))
        self.init(
          counts: PreTokenCounts(blob: blob, ends: ends, values: values),
          preTokenizer: String(decoding: preTokenizer, as: UTF8.self),
          normalizer: String(decoding: normalizer, as: UTF8.self),
          unicodeVersion: String(decoding: unicode, as: UTF8.self), textDigests: digests)
        return
      }
      guard let tab = line.firstIndex(of: 0x09), tab < line.endIndex - 1,
        let count = Int64(String(decoding: line[..<tab], as: UTF8.self)), count > 0
      else {
        throw reader.fault("no count and pre-token", expected: "a count above 0, a tab, the pre-token")
      }
      let (total, overflow) = sum.addingReportingOverflow(count)
      guard !overflow else { throw reader.fault("counts beyond 2^63", expected: "smaller counts") }
      sum = total
      let start = blob.count
      blob += try reader.unescape(line[(tab + 1)...])
      let own = start..<blob.count
      guard ends.isEmpty || blob[previous].lexicographicallyPrecedes(blob[own]) else {
        throw reader.fault("a pre-token out of order", expected: "ascending bytes, each pre-token once")
      }
      previous = own
      ends.append(blob.count)
      values.append(count)
    }
    throw reader.fault("the file ends without its #end line", expected: "a whole shard")
  }
}

/// The lines of a shard, with their number for messages.
private struct ShardLines {
  let bytes: [UInt8]
  let file: String
  private var position = 0
  private var number = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func next() -> ArraySlice<UInt8>? {
    guard position < bytes.count else { return nil }
    number += 1
    let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  /// The value of the next line, which must be `#NAME<TAB>VALUE`.
  mutating func header(_ name: String) throws(ToklabError) -> ArraySlice<UInt8> {
    guard let line = next(), let value = Self.value(line, name) else {
      throw fault("no #\(name)", expected: "#\(name), a tab and its value")
    }
    return value
  }

  static func value(_ line: ArraySlice<UInt8>, _ name: String) -> ArraySlice<UInt8>? {
    let prefix = Array("#\(name)\t".utf8)
    return line.starts(with: prefix) ? line.dropFirst(prefix.count) : nil
  }

  func unescape(_ text: ArraySlice<UInt8>) throws(ToklabError) -> [UInt8] {
    guard text.contains(0x5C) else { return Array(text) }
    var out: [UInt8] = []
    var index = text.startIndex
    while index < text.endIndex {
      guard text[index] == 0x5C else {
        out.append(text[index])
        index += 1
        continue
      }
      let next = index + 1 < text.endIndex ? text[index + 1] : 0
      switch next {
      case 0x6E: out.append(0x0A)
      case 0x72: out.append(0x0D)
      case 0x74: out.append(0x09)
      case 0x5C: out.append(0x5C)
      case 0x78 where index + 3 < text.endIndex:
        let digits = text[index + 2...index + 3].map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard let high = digits[0], let low = digits[1] else { throw escapeFault }
        out.append(UInt8(high << 4 | low))
        index += 2
      default: throw escapeFault
      }
      index += 2
    }
    return out
  }

  private var escapeFault: ToklabError {
    fault("an unknown escape", expected: #"\\, \n, \r, \t or \xNN after a backslash"#)
  }

  func fault(_ found: String, expected: String) -> ToklabError {
    ToklabError(
      file: file, at: .line(max(1, number)), found, expected: expected,
      advice: "write it with toklab count-words or merge-counts")
  }
}
