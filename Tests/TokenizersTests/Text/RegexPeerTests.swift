import TestSupport
import Testing
import Tokenizers

/// Expressions without a scanner: translated to ICU they must cut as Oniguruma does.
@Suite("Regex fallback against tokenizers", .serialized)
struct RegexPeerTests {
  static let expressions = [
    #"\s+"#, #"\w+|[^\w\s]+"#, #"\d"#, #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)"#,
    #"^a|b$"#, #"a.b"#, #"(?m)a.b"#, #"(?m:.)b"#, #"(?i)the|word"#, #"(?i:'s)|\p{Lu}+"#, #"[a-z&&[^bc]]+"#,
    #"[^a-z&&[^bc]]+"#, #"a{1,2}+"#, #"[ab]{2}?"#, #"[ab]{1,2}?"#, #"[a-zA-Z]++[0-9]*+"#, #"\p{L}?+a"#,
    #"[[:alpha:]]+|[[:digit:]]"#, #"\p{Alpha}+\p{^Alpha}"#, #"\h+"#, #"\H"#, #"\R"#, #"\N+"#, #"\O"#, #"\b"#,
    #"\b\w"#, #"\B."#, #"\Aa|b\z"#, #"a\Z"#, #"(?<=a)b|(?<!a)c"#, #"(?>a+)b"#, #"(?<word>the) "#, #"x*"#, "",
    #"a|"#, #"\x{e9}|\u00e9|é"#, #"\p{Han}|\p{Hiragana}+"#, #"(?#remark)[\]\[]"#, #"[-a]+|[a-]"#,
    #"[\w-]+"#, #"a**"#, #"(?:ab)?+c"#, #"{a}"#, #"a{,2}"#, #"\v|\t|\f"#, #"\-\/\'"#, #"[一-龥぀-ゟ゠-ヿ]"#,
    #"^\s*$"#, #"^"#, #"$"#, #"[^\n]+\n?"#, #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+"#, #"(?i)ss|ſ"#, #"(?i)[k-s]+"#,
    #"(?i)\p{Lu}"#, #"\p{Letter}+"#, #"\p{Uppercase_Letter}"#, #"\p{L}(?=\s)"#, #"\W+"#, #"[\W\d]+"#,
    #"\S\s"#,
  ]

  /// What ICU cannot say; tokenizers takes these.
  static let refused = [
    #"(?~ab)"#, #"\X"#, #"a\Kb"#, #"(?<n>a\g<n>?b)"#, #"(a)\1"#, #"(?(?=a)b|c)"#, #"a(?i)b|c"#, #"\G"#,
    #"\p{Punct}"#, #"[[:punct:]]"#, #"(?x)a b"#, #"\C-a"#, #"[a-z&&[^bc]"#, #"(a"#, #"a)"#, #"*a"#, #"[b-a]"#,
    #"\p{Nonsense}"#, #"a{1001}"#, #"(*FAIL)"#, #"\xE9"#, #"[]a]"#, #"(?i)[\p{Lu}]"#,
  ]

  private static let names: [(SplitBehavior, String)] = [
    (.isolated, "isolated"), (.mergedWithPrevious, "merged_with_previous"),
    (.mergedWithNext, "merged_with_next"), (.contiguous, "contiguous"),
  ]

  private static let texts: [String] = {
    var random = EdgeText(seed: 0x0816)
    return (0..<300).map { _ in random.next() } + [
      "", "a", "ab", "aab", "abab", "a\nb", "a\n", "\na\n\nb\n", "aaaa", "the the Word WORD", "b c ac",
      "STRASSE ſs", "a\r\nb\n", "12345 abc", "[x]", "{a}", "é\u{301}e", "\u{0B}\t\u{0C}", "-/'",
    ]
  }()

  @Test func cutsAsOniguruma() throws {
    var requests: [PeerPieces] = []
    var splits: [PreTokenizerComponent] = []
    for expression in Self.expressions {
      for (behavior, name) in Self.names {
        for invert in [false, true] {
          requests.append(
            PeerPieces(expressions: [expression], behavior: name, invert: invert, texts: Self.texts))
          splits.append(.split(pattern: .regex(expression), behavior: behavior, invert: invert))
        }
      }
    }
    for (split, answer) in zip(splits, try PeerPieces.ask("tokenizers", requests)) {
      let expected = try #require(answer, "tokenizers refuses \(split)")
      let splitter: any PreTokenizer
      do { splitter = try PreTokenizers.make(split) } catch {
        Issue.record("\(split): \(error)")
        continue
      }
      for (text, ends) in zip(Self.texts, expected) {
        if let difference = firstDifference(text, try splitter.ends(Array(text.utf8)), ends) {
          Issue.record("\(split): \(difference) of \(text.debugDescription)")
          break
        }
      }
    }
  }

  @Test(arguments: refused)
  func refuses(_ expression: String) {
    let error = #expect(throws: ToklabError.self) {
      try PreTokenizers.make(.split(pattern: .regex(expression), behavior: .isolated, invert: false))
    }
    #expect(error?.position == .path("$.pre_tokenizer"))
    #expect(error?.description.contains(expression) == true)
  }
}
