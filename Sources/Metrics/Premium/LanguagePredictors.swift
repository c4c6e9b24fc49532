/// What might explain why one language pays more than another: the predictors of arXiv 2510.21909,
/// section 6, computed from text, for regressions on token counts.
public struct LanguagePredictors: Metric {
  public struct Language: Sendable {
    public var label: String
    public var text: TextLines
    /// Token ids of the whole text, for the predictors that need a tokenizer; empty leaves them null.
    public var tokens: [TokenID]
    /// Distinct tokens seen in the training text; nil leaves `data_similarity` null.
    public var trainingTypes: Set<TokenID>?
    /// Text that the character statistics are taken from, as the paper takes them from its training text; nil
    /// takes ``text``. The length ratio is always of ``text``.
    public var trainingText: TextLines?
    /// The language's own vocabulary, where each language has one.
    public var vocabulary: Vocabulary?

    public init(
      label: String, text: TextLines, tokens: [TokenID] = [], trainingTypes: Set<TokenID>? = nil,
      trainingText: TextLines? = nil, vocabulary: Vocabulary? = nil
    ) {
      self.label = label
      self.text = text
      self.tokens = tokens
      self.trainingTypes = trainingTypes
      self.trainingText = trainingText
      self.vocabulary = vocabulary
    }
  }

  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var languages: [Language]
    public var reference: String
    /// Of all languages that have none of their own.
    public var vocabulary: Vocabulary?
    /// 0 takes all cores; the result is the same for any number.
    public var threads = 0

    public init(
      tokenizer: TokenizerIdentity, languages: [Language], reference: String, vocabulary: Vocabulary?
    ) {
      self.tokenizer = tokenizer
      self.languages = languages
      self.reference = reference
      self.vocabulary = vocabulary
    }
  }

  public init() {}

  public static let family = "predictors"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard let reference = input.languages.first(where: { TokenPremium.same($0.label, input.reference) })
    else { throw ToklabError("the reference language \(input.reference) is not among the texts") }
    let referenceCharacters = Self.characters(reference.text)
    let profiles = SharedResults<CharacterProfile?>(input.languages.count, repeating: nil)
    Parallel.forEach(input.languages.count, threads: input.threads) { index in
      let language = input.languages[index]
      profiles[index] = CharacterProfile(language.trainingText ?? language.text)
    }
    var report = MetricReport()
    for (index, language) in input.languages.enumerated() {
      report.results += rows(
        language, profiles[index]!, referenceCharacters, language.vocabulary ?? input.vocabulary, input)
    }
    return report
  }

  private static func characters(_ text: TextLines) -> Int { text.characters.reduce(0, +) }

  private func rows(
    _ language: Language, _ profile: CharacterProfile, _ referenceCharacters: Int, _ vocabulary: Vocabulary?,
    _ input: Input
  ) -> [MetricResult] {
    let label = language.label
    let empty = "\(label): the text is empty"
    func row(_ index: Int, _ value: Double?, _ n: Int, _ reason: String) -> MetricResult {
      Self.descriptors[index].result(
        input.tokenizer, language: label, value: value, n: n, reason: reason)
    }
    let visible = profile.characters - profile.whitespace
    let lengths =
      vocabulary.map { vocabulary in language.tokens.map { Double(vocabulary.length(of: $0)) } } ?? []
    let seen = Set(language.tokens)
    let size = vocabulary?.count ?? 0
    return [
      row(0, profile.whitespaceShare, profile.characters, empty),
      Self.descriptors[1].result(
        input.tokenizer, language: label, count: profile.uniqueCharacters, n: profile.characters),
      row(2, profile.unigramEntropy, visible, empty),
      row(3, profile.bigramEntropy, visible, "\(label): no two characters meet"),
      row(
        4,
        referenceCharacters > 0 ? Double(Self.characters(language.text)) / Double(referenceCharacters) : nil,
        language.text.count, "reference \(input.reference): the text is empty"),
      row(5, profile.bytesPerCharacter, profile.characters, empty),
      row(6, profile.wordLength, profile.words, "\(label): no words"),
      row(7, Descriptive.mean(lengths), lengths.count, "\(label): no tokens were given"),
      row(
        8,
        seen.isEmpty || size == 0
          ? nil : language.trainingTypes.map { Double(seen.intersection($0).count) / Double(size) },
        seen.count,
        "\(label): no tokens of training and evaluation text were given"),
      row(9, Self.meanLength(vocabulary), size, "\(label): no vocabulary was given"),
    ]
  }

  /// Bytes a token of the vocabulary itself.
  private static func meanLength(_ vocabulary: Vocabulary?) -> Double? {
    guard let vocabulary, vocabulary.count > 0 else { return nil }
    var bytes = 0
    for id in 0..<TokenID(vocabulary.capacity) where vocabulary.contains(id) {
      bytes += vocabulary.length(of: id)
    }
    return Double(bytes) / Double(vocabulary.count)
  }

  private static let source = "Arnett et al. 2025, arXiv 2510.21909, section 6"

  private static func descriptor(
    _ name: String, _ unit: String, _ estimator: Estimator, _ definition: String,
    _ requirements: [String] = ["parallel corpus"]
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: .none, estimator: estimator, encodeMode: .none, definition: definition,
      requirements: requirements, source: source)
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor(
      "whitespace_share", "share", .ratioOfSums, "white-space scalars over scalars; line feeds not counted"),
    descriptor("unique_characters", "characters", .setUnion, "distinct scalars that are not white space"),
    descriptor("character_entropy", "bits", .setUnion, "Shannon entropy of scalars that are not white space"),
    descriptor(
      "character_bigram_entropy", "bits", .setUnion,
      "Shannon entropy of neighbouring scalars within a line, white space taken out"),
    descriptor("length_ratio", "ratio", .ratioOfSums, "scalars over those of the reference language"),
    descriptor("bytes_per_character", "bytes/character", .ratioOfSums, "UTF-8 bytes over scalars"),
    descriptor(
      "word_length", "characters/word", .ratioOfSums, "scalars over words, words being cut at white space"),
    descriptor(
      "mean_token_length", "bytes/token", .ratioOfSums, "mean length in bytes of the tokens of the text",
      ["parallel corpus", "tokenizer"]),
    descriptor(
      "data_similarity", "share", .setUnion,
      "token types that training and evaluation text share, over the vocabulary size",
      ["parallel corpus", "tokenizer", "training text"]),
    descriptor(
      "vocabulary_mean_length", "bytes/token", .setUnion,
      "mean length in bytes of the vocabulary's tokens, special ones included", ["tokenizer"]),
  ]

  /// "ab a" : 4 scalars, 1 of them a space; letters a, a, b: H = log₂3 − 2/3; neighbours ab, ba: 1 bit.
  public static var workedExample: WorkedExample<LanguagePredictors> {
    // Both fit the checks of their initializers, so neither can fail.
    let text = try! TextLines(Array("ab a".utf8))
    let vocabulary = try! Vocabulary([[0x61], [0x62], [0x61, 0x62], [0x20]])
    return WorkedExample(
      LanguagePredictors(),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        languages: [Language(label: "A", text: text, tokens: [2, 3, 0], trainingTypes: [0, 1, 2])],
        reference: "A", vocabulary: vocabulary),
      gives: [
        .init("whitespace_share", "A", 0.25), .init("unique_characters", "A", 2),
        .init("character_entropy", "A", 0.9182958340544896), .init("character_bigram_entropy", "A", 1),
        .init("length_ratio", "A", 1), .init("bytes_per_character", "A", 1), .init("word_length", "A", 1.5),
        .init("mean_token_length", "A", 4.0 / 3), .init("data_similarity", "A", 0.5),
        .init("vocabulary_mean_length", "A", 1.25),
      ])
  }
}
