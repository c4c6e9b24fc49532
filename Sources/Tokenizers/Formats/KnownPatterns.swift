/// Published pre-tokenization patterns, spelled so that Oniguruma (tokenizer.json), fancy-regex
/// (tiktoken) and ICU read them alike. Sources: openai/tiktoken `tiktoken_ext/openai_public.py`,
/// meta-llama/llama3 `llama/tokenizer.py`, QwenLM/Qwen `tokenization_qwen.py`, mistralai/mistral-common
/// (tekken.json), PythonNut/superbpe.
public enum KnownPatterns {
  private static let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
  private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
  private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#

  public static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  /// The form from before tiktoken 0.8; Oniguruma reads `{1,3}+` of the current one as a repeated group.
  public static let cl100k =
    contractions
    + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  public static let llama3 = cl100k
  public static let qwen2 =
    contractions
    + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  public static let o200k = cased(contractions + "?", digits: #"\p{N}{1,3}"#)
  /// o200k without contractions, digits one by one.
  public static let tekken = cased("", digits: #"\p{N}"#)
  /// o200k without contractions: stage one of the published SuperBPE tokenizers.
  public static let o200kWithoutContractions = cased("", digits: #"\p{N}{1,3}"#)
  /// Stage two of the published SuperBPE tokenizers: white space is not split.
  public static let superword = #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)"#

  private static func cased(_ tail: String, digits: String) -> String {
    #"[^\r\n\p{L}\p{N}]?"# + upper + "*" + lower + "+" + tail + #"|[^\r\n\p{L}\p{N}]?"# + upper + "+" + lower
      + "*" + tail + "|" + digits + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// tiktoken's current spellings of patterns above: same tokens, possessive quantifiers.
  private static let current = [
    #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#: gpt2,
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#:
      cl100k,
  ]

  /// The pipeline for ranks and for `--pattern`: Split isolated, then byte-level.
  public static func preTokenizer(_ pattern: String) -> PreTokenizerComponent {
    .sequence([
      .split(pattern: .regex(pattern), behavior: .isolated, invert: false),
      .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false),
    ])
  }

  /// A pattern of tiktoken's as Oniguruma must see it.
  /// - Throws: ``ToklabError`` for one that Oniguruma would read differently.
  public static func forOniguruma(_ pattern: String) throws(ToklabError) -> String {
    for (spelling, same) in current where Array(spelling.utf8) == Array(pattern.utf8) { return same }
    guard !hasPossessiveInterval(pattern) else {
      throw ToklabError(
        "a pattern with a possessive interval such as {1,3}+, which Oniguruma reads otherwise")
    }
    return pattern
  }

  static func forOniguruma(
    _ component: PreTokenizerComponent?
  ) throws(ToklabError) -> PreTokenizerComponent? {
    switch component {
    case .split(.regex(let pattern), let behavior, let invert):
      return .split(pattern: .regex(try forOniguruma(pattern)), behavior: behavior, invert: invert)
    case .sequence(let list):
      var out: [PreTokenizerComponent] = []
      for part in list { if let part = try forOniguruma(part) { out.append(part) } }
      return .sequence(out)
    default: return component
    }
  }

  /// Whether an unescaped `}` outside a class is followed by `+`.
  private static func hasPossessiveInterval(_ pattern: String) -> Bool {
    let bytes = Array(pattern.utf8)
    var index = 0
    var inClass = false
    var interval = false
    while index < bytes.count {
      switch bytes[index] {
      case 0x5C:
        // \p{…} is no interval.
        index += 1
        if index + 1 < bytes.count, bytes[index] | 0x20 == 0x70, bytes[index + 1] == 0x7B {
          while index < bytes.count, bytes[index] != 0x7D { index += 1 }
        }
      case 0x5B: inClass = true
      case 0x5D: inClass = false
      case 0x7B: interval = !inClass
      case 0x7D:
        if interval, !inClass, index + 1 < bytes.count, bytes[index + 1] == 0x2B { return true }
        interval = false
      default: break
      }
      index += 1
    }
    return false
  }
}
