/// What a vocabulary is made of: scripts, lengths, broken characters. Needs no text.
public struct VocabularyComposition: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var vocabulary: Vocabulary
    /// Left out of everything.
    public var special: Set<TokenID>

    public init(tokenizer: TokenizerIdentity, vocabulary: Vocabulary, special: Set<TokenID> = []) {
      self.tokenizer = tokenizer
      self.vocabulary = vocabulary
      self.special = special
    }
  }

  public init() {}

  public static let family = "vocabulary"

  /// Rows about scripts have the script's name in `language`, largest share first.
  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    var scripts: [String: Int] = [:]
    var count = 0
    var broken = 0
    var bytes = 0
    var spaced = 0
    for id in 0..<TokenID(input.vocabulary.capacity)
    where input.vocabulary.contains(id) && !input.special.contains(id) {
      count += 1
      input.vocabulary.withBytes(of: id) { token in
        bytes += token.count
        if token.first == 0x20 || token.starts(with: [0xE2, 0x96, 0x81]) { spaced += 1 }
        if UTF8Scalar.firstInvalid(token) != nil {
          broken += 1
          return
        }
        scripts[Self.script(of: String(decoding: token, as: UTF8.self)), default: 0] += 1
      }
    }
    func row(_ index: Int, _ value: Double?) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: nil, value: count > 0 ? value : nil, n: count,
        reason: "the vocabulary is empty")
    }
    let n = Double(count)
    var rows = [
      Self.descriptors[0].result(input.tokenizer, language: nil, count: count, n: count),
      row(1, Double(broken) / n), row(2, Double(bytes) / n), row(3, Double(spaced) / n),
    ]
    let order = scripts.sorted {
      $0.value == $1.value ? InputFolder.bytewiseLess($0.key, $1.key) : $0.value > $1.value
    }
    for (script, tokens) in order {
      rows.append(
        Self.descriptors[4].result(
          input.tokenizer, language: script, value: Double(tokens) / n, n: count))
    }
    return MetricReport(results: rows)
  }

  /// The script of most of a token's scalars, Common and Inherited left out; ties go to the first in
  /// bytewise order; `Common` when nothing else is there.
  static func script(of text: String) -> String {
    var counts: [String: Int] = [:]
    for scalar in text.unicodeScalars {
      let name = UnicodeScript.name(of: scalar)
      if name != "Common" && name != "Inherited" { counts[name, default: 0] += 1 }
    }
    return counts.min {
      $0.value == $1.value ? InputFolder.bytewiseLess($0.key, $1.key) : $0.value > $1.value
    }?.key ?? "Common"
  }

  private static func descriptor(
    _ name: String, _ unit: String, _ definition: String
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: .none, estimator: .setUnion, encodeMode: .none, definition: definition,
      requirements: ["tokenizer"], source: "Qtok, nup-csai/Qtok; special tokens left out")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor("vocabulary_tokens", "tokens", "ordinary tokens"),
    descriptor("vocabulary_incomplete", "share", "tokens that are not whole UTF-8 characters"),
    descriptor("vocabulary_token_length", "bytes/token", "mean length of a token"),
    descriptor("vocabulary_word_initial", "share", "tokens that begin with a space or its marker"),
    descriptor(
      "vocabulary_script_share", "share",
      "tokens whose scalars are mostly of the script that stands in the language column"),
  ]

  /// a, " б", é in two halves of which one, 0xC3, is no character, and "1": 4 tokens of 1, 3, 1, 1 bytes.
  public static var workedExample: WorkedExample<VocabularyComposition> {
    let tokens: [[UInt8]] = [[0x61], Array(" б".utf8), [0xC3], [0x31], Array("<s>".utf8)]
    return WorkedExample(
      VocabularyComposition(),
      on: Input(
        // Five different tokens: cannot fail.
        tokenizer: TokenizerIdentity("example"), vocabulary: try! Vocabulary(tokens), special: [4]),
      gives: [
        .init("vocabulary_tokens", nil, 4), .init("vocabulary_incomplete", nil, 0.25),
        .init("vocabulary_token_length", nil, 1.5), .init("vocabulary_word_initial", nil, 0.25),
        .init("vocabulary_script_share", "Latin", 0.25), .init("vocabulary_script_share", "Cyrillic", 0.25),
        .init("vocabulary_script_share", "Common", 0.25),
      ])
  }
}
