/// The pre-tokenization patterns toklab knows by name and scans with code of its own.
///
/// Patterns are written as they belong into `tokenizer.json`, where Oniguruma reads them: `^` and `$` match
/// at lines and `{1,3}+` is a repeated group. Patterns that come with `.tiktoken` files have fancy-regex's
/// meaning; ``init(tiktoken:)`` recognises those. Sources are with the scanners.
public enum PreTokenizerPattern: String, Sendable, Hashable, CaseIterable {
  case gpt2
  /// As in `tokenizer.json` files; the same pattern as ``llama3``.
  case cl100k
  /// As in tiktoken since its patterns became possessive; differs in white space at the end of a text.
  case cl100kTiktoken = "cl100k-tiktoken"
  case o200k
  /// o200k without contractions: the default of superword training.
  case o200kPlain = "o200k-plain"
  case llama3
  case qwen2
  case qwen35 = "qwen3.5"
  case deepSeekV3 = "deepseek-v3"
  case tekken
  /// The same pattern as ``tekken``.
  case nemotron
  case kimi
  /// Digits apart, then ``gpt2``: also StarCoder's and Command R's.
  case smollm
  /// The second stage of SuperBPE: words are not cut apart, numbers and runs of punctuation are.
  case superbpe

  /// The regular expressions of successive isolated splits, in Oniguruma's meaning.
  public var expressions: [String] {
    switch self {
    case .gpt2: [Self.gpt2Expression]
    case .cl100k, .llama3: [Self.llama3Expression]
    case .cl100kTiktoken:
      [
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++\z"#
          + #"|\s*[\r\n]|\s+(?!\S)|\s"#
      ]
    case .qwen2:
      [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
          + Self.whiteSpace
      ]
    case .qwen35:
      [
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"#
          + Self.whiteSpace
      ]
    case .o200k: [Self.o200k(contraction: #"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#, numbers: #"\p{N}{1,3}"#)]
    case .o200kPlain: [Self.o200k(contraction: "", numbers: #"\p{N}{1,3}"#)]
    case .tekken, .nemotron: [Self.o200k(contraction: "", numbers: #"\p{N}"#)]
    case .kimi:
      [
        #"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"#
          + #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
          + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"#
          + #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"#
          + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"# + Self.whiteSpace
      ]
    case .smollm: [#"\p{N}"#, Self.gpt2Expression]
    case .superbpe: [#"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)"#]
    case .deepSeekV3:
      [
        #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+",
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^"## + "\r\n"
          + #"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+["# + "\r\n]*|\\s*[\r\n]+"
          + #"|\s+(?!\S)|\s+"#,
      ]
    }
  }

  /// The component for `tokenizer.json`, the byte-level step of byte-level models included.
  public var component: PreTokenizerComponent {
    if self == .gpt2 { return .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: true) }
    let splits = expressions.map {
      PreTokenizerComponent.split(pattern: .regex($0), behavior: .isolated, invert: false)
    }
    return .sequence(splits + [.byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false)])
  }

  /// The hand-written scanner.
  public var preTokenizer: any PreTokenizer {
    switch self {
    case .gpt2: RulePreTokenizer(GPT2Rule.self)
    case .cl100k, .llama3: RulePreTokenizer(WordRule<Llama3Options>.self)
    case .cl100kTiktoken: RulePreTokenizer(WordRule<CL100KOptions>.self)
    case .qwen2: RulePreTokenizer(WordRule<Qwen2Options>.self)
    case .qwen35: RulePreTokenizer(WordRule<Qwen35Options>.self)
    case .o200k: RulePreTokenizer(CaseRule<O200KOptions>.self)
    case .o200kPlain: RulePreTokenizer(CaseRule<O200KPlainOptions>.self)
    case .tekken, .nemotron: RulePreTokenizer(CaseRule<TekkenOptions>.self)
    case .kimi: RulePreTokenizer(CaseRule<KimiOptions>.self)
    case .deepSeekV3: RulePreTokenizer(DeepSeekRule.self)
    case .smollm: RulePreTokenizer(DigitRule.self)
    case .superbpe: RulePreTokenizer(SuperwordRule.self)
    }
  }

  /// The pattern that the expressions of successive isolated splits make up, in Oniguruma's meaning, when
  /// they are exactly a known spelling.
  public init?(expressions: [String]) {
    if let known = Self.allCases.first(where: { $0.expressions == expressions }) {
      self = known
      return
    }
    guard let last = expressions.last, let known = Self.otherSpellings[last] else { return nil }
    switch expressions.count {
    case 1: self = known
    case 2 where expressions[0] == #"\p{N}"# && known == .gpt2: self = .smollm
    default: return nil
    }
  }

  /// The same for one expression in fancy-regex's meaning, as tiktoken's `pat_str` has it.
  public init?(tiktoken expression: String) {
    if let known = Self.tiktokenSpellings[expression] {
      self = known
    } else {
      self.init(expressions: [expression])
    }
  }

  private static let whiteSpace = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#

  private static let gpt2Expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private static let llama3Expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    + whiteSpace

  private static func o200k(contraction: String, numbers: String) -> String {
    #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"# + contraction
      + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"# + contraction
      + "|" + numbers + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*"# + whiteSpace
  }

  /// Spellings found in real `tokenizer.json` files.
  private static let otherSpellings: [String: PreTokenizerPattern] = [
    #"'s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
    #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2,
    #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s+(?!\S)|\s+"#: .gpt2,
    #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#: .gpt2,
    // llama.cpp's: what it leaves over is one character of white space, a piece of its own all the same.
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#: .gpt2,
  ]

  /// Spellings that mean something else to Oniguruma: `{1,3}+` is a repeated group there.
  private static let tiktokenSpellings: [String: PreTokenizerPattern] = [
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#:
      .cl100kTiktoken
  ]
}
