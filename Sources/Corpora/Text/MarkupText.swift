/// Text out of HTML and of similar XML, without a tree: tags are skipped, block elements end a line, and
/// what people do not read (scripts, navigation, headers) is left out with its content.
///
/// Built for well-formed documentation in Debian's packages; broken markup gives odd lines, never an error.
package struct MarkupText {
  /// A start or end tag, or a comment or declaration (with an empty name).
  package struct Tag {
    /// In lower case.
    package var name: String
    package var isEnd: Bool
    /// From `<` to behind `>`.
    package var range: Range<Int>
  }

  private static let skipped: Set<String> = ["script", "style", "nav", "head", "aside", "header", "noscript"]
  private static let blocks: Set<String> = [
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "pre", "br", "dt", "dd",
    "blockquote", "section", "table", "ul", "ol", "title", "hr",
  ]

  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The text of each block, white space collapsed, empty ones left out.
  package func blockTexts() -> [[UInt8]] {
    var out: [[UInt8]] = []
    var current: [UInt8] = []
    func close() {
      let text = TextBytes.collapsingSpace(Entities.decoded(current))
      if !text.isEmpty { out.append(text) }
      current.removeAll(keepingCapacity: true)
    }
    var at = 0
    while at < bytes.count {
      guard bytes[at] == 0x3C, let tag = tag(at: at) else {
        current.append(bytes[at])
        at += 1
        continue
      }
      at = tag.range.upperBound
      if !tag.isEnd && Self.skipped.contains(tag.name) { at = end(of: tag.name, from: at) }
      if Self.blocks.contains(tag.name) { close() }
    }
    close()
    return out
  }

  /// The text of every element named in `names`, with the value of its `id` attribute (empty when it has
  /// none). Elements inside a found one belong to its text; those inside `skipping` are left out.
  package func elements(
    named names: Set<String>, skipping: Set<String> = []
  ) -> [(id: [UInt8], text: [UInt8])] {
    var out: [(id: [UInt8], text: [UInt8])] = []
    var at = 0
    while at < bytes.count {
      guard bytes[at] == 0x3C, let tag = tag(at: at) else {
        at += 1
        continue
      }
      at = tag.range.upperBound
      if tag.isEnd || bytes[at - 2] == 0x2F { continue }
      if skipping.contains(tag.name) {
        at = end(of: tag.name, from: at)
      } else if names.contains(tag.name) {
        let stop = end(of: tag.name, from: at)
        out.append((attribute("id", in: tag), plainText(at..<stop)))
        at = stop
      }
    }
    return out
  }

  /// The text of a range without its tags, entities decoded, white space collapsed.
  private func plainText(_ range: Range<Int>) -> [UInt8] {
    var text: [UInt8] = []
    var at = range.lowerBound
    while at < range.upperBound {
      if bytes[at] == 0x3C, let tag = tag(at: at) {
        at = tag.range.upperBound
        if Self.blocks.contains(tag.name) { text.append(0x20) }
      } else {
        text.append(bytes[at])
        at += 1
      }
    }
    return TextBytes.collapsingSpace(Entities.decoded(text))
  }

  /// The tag that begins at `at`; nil when the `<` begins none.
  private func tag(at start: Int) -> Tag? {
    var at = start + 1
    guard at < bytes.count else { return nil }
    if bytes[at] == 0x21 || bytes[at] == 0x3F {
      if bytes[start...].starts(with: "<!--".utf8) {
        at = start + 4
        while at + 2 < bytes.count, !(bytes[at] == 0x2D && bytes[at + 1] == 0x2D && bytes[at + 2] == 0x3E) {
          at += 1
        }
        return Tag(name: "", isEnd: false, range: start..<min(at + 3, bytes.count))
      }
      while at < bytes.count, bytes[at] != 0x3E { at += 1 }
      return Tag(name: "", isEnd: false, range: start..<min(at + 1, bytes.count))
    }
    let isEnd = bytes[at] == 0x2F
    if isEnd { at += 1 }
    let first = at
    while at < bytes.count, isNameByte(bytes[at]) { at += 1 }
    guard at > first, bytes[first] | 0x20 >= 0x61, bytes[first] | 0x20 <= 0x7A else { return nil }
    let name = String(
      decoding: bytes[first..<at].map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
    var quote: UInt8 = 0
    while at < bytes.count {
      let byte = bytes[at]
      if quote != 0 {
        if byte == quote { quote = 0 }
      } else if byte == 0x22 || byte == 0x27 {
        quote = byte
      } else if byte == 0x3E {
        break
      }
      at += 1
    }
    return Tag(name: name, isEnd: isEnd, range: start..<min(at + 1, bytes.count))
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x3A) || byte == 0x2D
  }

  /// Where the end tag that closes an element of this name begins; the end of the text when there is none.
  private func end(of name: String, from start: Int) -> Int {
    var depth = 1
    var at = start
    while at < bytes.count {
      guard bytes[at] == 0x3C, let tag = tag(at: at) else {
        at += 1
        continue
      }
      if tag.name == name {
        if tag.isEnd { depth -= 1 } else if bytes[tag.range.upperBound - 2] != 0x2F { depth += 1 }
        if depth == 0 { return at }
      }
      at = tag.range.upperBound
      // Script text is not markup: a '<' in it begins nothing.
      if !tag.isEnd && tag.name == "script" && name != "script" { at = end(of: "script", from: at) }
    }
    return bytes.count
  }

  private func attribute(_ name: StaticString, in tag: Tag) -> [UInt8] {
    let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    var at = tag.range.lowerBound
    while at + wanted.count + 2 < tag.range.upperBound {
      let value = at + 1 + wanted.count
      if TextBytes.isSpace(bytes[at]), bytes[(at + 1)..<value].elementsEqual(wanted), bytes[value] == 0x3D,
        bytes[value + 1] == 0x22
      {
        return Array(bytes[(value + 2)..<tag.range.upperBound].prefix { $0 != 0x22 })
      }
      at += 1
    }
    return []
  }
}
