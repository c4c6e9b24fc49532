/// Patterns that come with rank files or by hand, as components of a definition.
enum TiktokenPattern {
  /// The pipeline for a pattern in fancy-regex's meaning (tiktoken's `pat_str`): Split isolated, then
  /// byte-level. A definition's patterns have Oniguruma's meaning, so `$` and `^`, which there match at
  /// lines, become `\z` and `\A`.
  ///
  /// - Throws: ``ToklabError`` for what cannot be said alike: `{1,3}+` is a repeated group to Oniguruma.
  static func component(_ pattern: String) throws(ToklabError) -> PreTokenizerComponent {
    if let known = PreTokenizerPattern(tiktoken: pattern) { return known.component }
    return split(try oniguruma(pattern))
  }

  /// `--pattern NAME|REGEX`.
  static func given(_ pattern: String) throws(ToklabError) -> PreTokenizerComponent {
    if let named = PreTokenizerPattern(rawValue: pattern) { return named.component }
    if pattern == "none" { return .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false) }
    return try component(pattern)
  }

  static func split(_ pattern: String) -> PreTokenizerComponent {
    .sequence([
      .split(pattern: .regex(pattern), behavior: .isolated, invert: false),
      .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false),
    ])
  }

  private static func oniguruma(_ pattern: String) throws(ToklabError) -> String {
    var out: [UInt8] = []
    let bytes = Array(pattern.utf8)
    var depth = 0
    var interval = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case 0x5C:
        out.append(byte)
        index += 1
        guard index < bytes.count else { throw ToklabError("a pattern that ends in a backslash") }
        // The braces of \p{…} are no interval.
        if bytes[index] | 0x20 == 0x70, index + 1 < bytes.count, bytes[index + 1] == 0x7B {
          while index < bytes.count, bytes[index] != 0x7D {
            out.append(bytes[index])
            index += 1
          }
          guard index < bytes.count else { throw ToklabError("a pattern with an open \\p{") }
        }
        out.append(bytes[index])
      case 0x5B:
        depth += 1
        out.append(byte)
      case 0x5D:
        depth = max(0, depth - 1)
        out.append(byte)
      case 0x24 where depth == 0: out += [0x5C, 0x7A]
      case 0x5E where depth == 0: out += [0x5C, 0x41]
      case 0x7B where depth == 0:
        interval = true
        out.append(byte)
      case 0x7D where depth == 0:
        if interval, index + 1 < bytes.count, bytes[index + 1] == 0x2B {
          throw ToklabError(
            "a pattern with a possessive interval such as {1,3}+, which tokenizer.json would read otherwise",
            expected: "a pattern without", advice: "write the interval without the plus, or (?>…)")
        }
        interval = false
        out.append(byte)
      case 0x28 where depth == 0 && hasLineFlag(bytes[(index + 1)...]):
        throw ToklabError("a pattern with the flag m", expected: "a pattern without")
      default: out.append(byte)
      }
      index += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Whether `rest`, after a parenthesis, is `?flags)` or `?flags:` with m among them.
  private static func hasLineFlag(_ rest: ArraySlice<UInt8>) -> Bool {
    guard rest.first == 0x3F else { return false }
    let flags = rest.dropFirst().prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == 0x2D }
    guard let end = rest.dropFirst(1 + flags.count).first, end == 0x29 || end == 0x3A else { return false }
    return flags.prefix { $0 != 0x2D }.contains(0x6D)
  }
}
