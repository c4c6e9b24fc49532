/// Trains a WordPiece vocabulary as Hugging Face's trainer does: by byte-pair merges over characters.
///
/// (Google's own trainer, which scores a pair by the gain in likelihood, was never published; this one is
/// derived from byte-pair encoding, as huggingface/tokenizers' `models/wordpiece/trainer.rs` is.) Text is
/// normalized and cut as BERT does unless asked otherwise. Characters after the first of a word carry the
/// prefix `##`. Ids: special tokens, characters by code point (first in a word, then continuing), merges, in
/// ``BytePairTrainer``'s order. The reference numbers continuing characters in the order of a hash table; the
/// order of its merges depends on these numbers, so its files cannot be reproduced, by itself neither.
public struct WordPieceTrainer: Trainer {
  public struct Parameters: Sendable {
    public var vocabularySize: Int
    public var minFrequency: Int64
    /// The most different characters; rarer ones are left out of words.
    public var alphabetLimit: Int
    /// Among them one of the role `unk`.
    public var specialTokens: [SpecialToken]
    public var normalizer: NormalizerComponent?
    public var preTokenizer: PreTokenizerComponent
    public var continuingPrefix: String
    /// A word of more characters is one unknown token.
    public var longestWord: Int

    public init(
      vocabularySize: Int = 32000, minFrequency: Int64 = 0, alphabetLimit: Int = 1000,
      specialTokens: [SpecialToken] = Parameters.bertTokens,
      normalizer: NormalizerComponent? = .bert(
        cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: true),
      preTokenizer: PreTokenizerComponent = .bert, continuingPrefix: String = "##", longestWord: Int = 100
    ) {
      self.vocabularySize = vocabularySize
      self.minFrequency = minFrequency
      self.alphabetLimit = alphabetLimit
      self.specialTokens = specialTokens
      self.normalizer = normalizer
      self.preTokenizer = preTokenizer
      self.continuingPrefix = continuingPrefix
      self.longestWord = longestWord
    }

    public static let bertTokens = [
      SpecialToken(role: .pad, "[PAD]"), SpecialToken(role: .unk, "[UNK]"), SpecialToken(role: .cls, "[CLS]"),
      SpecialToken(role: .sep, "[SEP]"), SpecialToken(role: .mask, "[MASK]"),
    ]
  }

  public var parameters: Parameters

  public init(_ parameters: Parameters = Parameters()) { self.parameters = parameters }

  public static let descriptor = TrainerDescriptor(
    name: "wordpiece", summary: "a WordPiece vocabulary by merges over characters, as Hugging Face trains it",
    parameters: [
      .init(name: "vocab-size", defaultValue: "32000", summary: "special tokens and characters included"),
      .init(name: "min-frequency", defaultValue: "0", summary: "rarer pairs are not merged"),
      .init(name: "limit-alphabet", defaultValue: "1000", summary: "most different characters"),
    ],
    citation: "Schuster, Nakajima 2012; huggingface/tokenizers `models/wordpiece/trainer.rs`")

  /// - Parameter preTokenization: not asked: words are those of ``Parameters``.
  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try trainWithDigest(on: corpus, run: run).tokenizer
  }

  /// - Returns: the tokenizer, and the digest of the counted words that it was trained on.
  /// - Throws: ``ToklabError`` for an empty corpus, text that is not UTF-8, or parameters that do not fit.
  public func trainWithDigest(
    on corpus: Corpus, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> (tokenizer: TrainedTokenizer, digest: String) {
    guard let unknown = parameters.specialTokens.first(where: { $0.role == .unk }) else {
      throw ToklabError(
        "a WordPiece vocabulary without an unknown token", expected: "a special token of the role unk")
    }
    try VocabularyBuilder.checkSize(parameters.vocabularySize)
    let chunks = try PreTokenCounts(
      corpus,
      cutBy: PreTokenization(preTokenizer: SpaceCutter(), named: "spaces", component: nil), run: run)
    let words = try self.words(chunks, threads: run.threads)
    let characters = alphabet(words)
    var tokens = TokenTable(capacity: parameters.vocabularySize)
    var specials: [SpecialToken] = []
    for special in parameters.specialTokens where !specials.contains(where: { $0.content == special.content })
    {
      specials.append(special)
      tokens.append(Array(special.content.utf8))
    }
    let prefix = Array(parameters.continuingPrefix.utf8)
    for character in characters.first where tokens.id(of: character) == nil { tokens.append(character) }
    for character in characters.continuing where tokens.id(of: prefix + character) == nil {
      tokens.append(prefix + character)
    }
    guard tokens.count <= parameters.vocabularySize else {
      throw ToklabError(
        "a vocabulary size of \(parameters.vocabularySize)",
        expected: "at least \(tokens.count): special tokens and the characters of the text",
        advice: "give a larger --vocab-size or a smaller --limit-alphabet")
    }
    let start = tokens.count
    let (runs, length) = symbols(words, tokens, prefix)
    var loop = try BytePairMergeLoop<UInt32>(
      runs: runs, tokens: tokens, rules: nil, textTokens: length,
      parameters: BytePairParameters(
        vocabularySize: parameters.vocabularySize, minFrequency: parameters.minFrequency))
    loop.continuingPrefix = prefix
    try loop.run { run.progress?(.train, $0) }
    var builder = VocabularyBuilder()
    for id in 0..<loop.tokens.count { builder.append(id: TokenID(id), loop.tokens[TokenID(id)]) }
    let definition = TokenizerDefinition(
      normalizer: parameters.normalizer, preTokenizer: parameters.preTokenizer,
      model: .wordPiece(
        WordPieceDefinition(
          vocabulary: try builder.build(), unknownToken: unknown.content,
          continuingSubwordPrefix: parameters.continuingPrefix,
          maxInputCharactersPerWord: parameters.longestWord)),
      decoder: .wordPiece(prefix: parameters.continuingPrefix, cleanup: true),
      addedTokens: specials.enumerated().map { id, special in
        AddedToken(id: TokenID(id), content: Array(special.content.utf8))
      })
    let statistics = TrainingStatistics(
      textBytes: words.textBytes, preTokens: words.occurrences, distinctPreTokens: words.count,
      merges: loop.tokens.count - start, textTokens: loop.textTokens.last ?? length)
    return (TrainedTokenizer(definition: definition, statistics: statistics), words.digest)
  }

  /// The words of the text: what lies between spaces, normalized and cut.
  private func words(_ chunks: PreTokenCounts, threads: Int) throws(ToklabError) -> PreTokenCounts {
    let normalizer = try parameters.normalizer.map { (component) throws(ToklabError) in
      try Normalizers.make(component)
    }
    let plan = try PreTokenizationPlan(parameters.preTokenizer)
    let shards = PreTokenShards()
    var buffer: [UInt8] = []
    for index in chunks.indices {
      var text = Array(chunks[index].bytes)
      if let normalizer {
        let normalized = try text.withUnsafeBufferPointer { (bytes) throws(ToklabError) in
          try normalizer.normalize(bytes, alignment: false)
        }
        if let normalized { text = normalized.bytes }
      }
      for piece in try plan.pieces(of: text) where !piece.bytes.isEmpty {
        buffer.removeAll(keepingCapacity: true)
        buffer += piece.bytes
        buffer.append(contentsOf: repeatElement(0, count: 16))
        buffer.withUnsafeBufferPointer {
          shards.add($0.baseAddress!, piece.bytes.count, chunks.occurrences(index))
        }
      }
    }
    return PreTokenFreezer.freeze(shards, threads: threads)
  }

  private static func characters(_ word: ArraySlice<UInt8>) -> [[UInt8]] {
    String(decoding: word, as: UTF8.self).unicodeScalars.map { Array(String(Character($0)).utf8) }
  }

  /// The characters that begin and that continue words, as far as the limit goes, by code point.
  private func alphabet(_ words: PreTokenCounts) -> (first: [[UInt8]], continuing: [[UInt8]]) {
    var counts: [[UInt8]: Int64] = [:]
    for index in words.indices {
      for character in Self.characters(words[index].bytes) {
        counts[character, default: 0] += words.occurrences(index)
      }
    }
    let ranked = counts.sorted {
      $0.value != $1.value ? $0.value > $1.value : $0.key.lexicographicallyPrecedes($1.key)
    }
    let kept = ranked.prefix(parameters.alphabetLimit).map(\.key).sorted { $0.lexicographicallyPrecedes($1) }
    let known = Set(kept)
    var continuing: Set<[UInt8]> = []
    for index in words.indices {
      for character in Self.characters(words[index].bytes).filter(known.contains).dropFirst() {
        continuing.insert(character)
      }
    }
    return (kept, kept.filter(continuing.contains))
  }

  /// Words as ids, and their tokens together; characters outside the alphabet are left out.
  private func symbols(
    _ words: PreTokenCounts, _ tokens: TokenTable, _ prefix: [UInt8]
  ) -> (PreTokenCounts, Int64) {
    var length: Int64 = 0
    var pairs: [[UInt8]: Int64] = [:]
    for index in words.indices {
      var bytes: [UInt8] = []
      for character in Self.characters(words[index].bytes) {
        guard let id = tokens.id(of: bytes.isEmpty ? character : prefix + character) else { continue }
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(id >> UInt32(shift) & 0xFF)) }
      }
      guard !bytes.isEmpty else { continue }
      length += Int64(bytes.count / 4) * words.occurrences(index)
      pairs[bytes, default: 0] += words.occurrences(index)
    }
    return (PreTokenCounts(pairs.map { (bytes: $0.key, count: $0.value) }), length)
  }
}

/// Cuts after each run of ASCII white space: what no step of a word pre-tokenizer looks across.
private struct SpaceCutter: PreTokenizer {
  func makeScanner() -> any PreTokenScanner { Scanner() }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? { nil }

  private final class Scanner: PreTokenScanner {
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
    }

    func fill(_ ends: UnsafeMutableBufferPointer<Int>) -> Int {
      var filled = 0
      while filled < ends.count, position < text.count {
        while position < text.count, !Self.isSpace(text[position]) { position += 1 }
        while position < text.count, Self.isSpace(text[position]) { position += 1 }
        ends[filled] = position
        filled += 1
      }
      return filled
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 9 && byte <= 13 }
  }
}
