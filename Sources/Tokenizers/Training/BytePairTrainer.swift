/// Trains byte-level byte-pair encoding with exactly the order and the rules of huggingface/tokenizers.
///
/// Rules (that library's `models/bpe/trainer.rs` and `word.rs`, 0.23.3):
/// 1. Ids: special tokens in the given order, then the 256 bytes in the order of their spelling
///    (``ByteAlphabet``), then merges.
/// 2. A pair's count is the number of its occurrences, overlaps counted ("aaa" holds "aa" twice). The pair
///    of the largest count is merged next; among equals the smallest (left id, right id). A merge replaces
///    left to right without overlap; its own pair's count is not reset.
/// 3. A merge whose bytes exist already reuses their id. The merge is kept, the vocabulary does not grow;
///    a pair merged twice keeps its last place. In byte-level training only a special token spelled like
///    a merge brings this about: what lies between two token boundaries is merged in the same way wherever
///    it stands, so two pairs never make one string, and a pair has one queue entry. (The library's
///    entries with partial word sets need prefixes, suffixes or a cut alphabet.)
/// 4. With a length limit L a pair is counted only if its bytes number less than L, except pairs of bytes.
/// 5. It stops when the vocabulary is full, no pair is left, or the best is rarer than `minFrequency`.
/// Two defects of the reference are not copied: counts are 64-bit, and a negative count never wins.
///
/// One run serves every size: a smaller vocabulary is a prefix of a larger one's merges.
public struct BytePairTrainer: Trainer {
  public var parameters: BytePairParameters

  public init(_ parameters: BytePairParameters = BytePairParameters()) { self.parameters = parameters }

  public static let descriptor = TrainerDescriptor(
    name: "bpe", summary: "byte-level byte-pair encoding, in Hugging Face's order of merges",
    parameters: [
      .init(name: "vocab-size", defaultValue: "32000", summary: "special tokens and bytes included"),
      .init(name: "min-frequency", defaultValue: "0", summary: "rarer pairs are not merged"),
      .init(name: "max-token-length", defaultValue: "none", summary: "pairs of this many bytes are out"),
    ],
    citation: "Sennrich, Haddow, Birch 2016 (arXiv 1508.07909); order of huggingface/tokenizers 0.23.3")

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try check()
    let counts = try PreTokenCounts(corpus, cutBy: preTokenization, run: run)
    return try train(on: counts, run: run).tokenizer(cutBy: preTokenization)
  }

  /// Trains from counts. The result serves every vocabulary size up to the one asked for.
  ///
  /// - Throws: ``ToklabError`` when there is no text, the size is too small, or memory runs out.
  public func train(
    on counts: consuming PreTokenCounts, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> BytePairTraining {
    try check()
    guard counts.count > 0 else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one pre-token",
        advice: "check the input files and their format")
    }
    if parameters.vocabularySize <= 1 << 16 {
      return try learn(counts, symbol: UInt16.self, run: run)
    }
    return try learn(counts, symbol: UInt32.self, run: run)
  }

  /// The smallest vocabulary these special tokens allow.
  public var smallestSize: Int { startingTokens().tokens.count }

  func check() throws(ToklabError) {
    try VocabularyBuilder.checkSize(parameters.vocabularySize)
    let least = smallestSize
    guard parameters.vocabularySize >= least else {
      let specials = least - 256
      throw ToklabError(
        "a vocabulary size of \(parameters.vocabularySize)",
        expected: "at least \(least): 256 bytes" + (specials > 0 ? " and \(specials) special tokens" : ""),
        advice: "give a larger --vocab-size")
    }
    if let special = parameters.specialTokens.first(where: { $0.content.isEmpty }) {
      throw ToklabError("an empty special token (role \(special.role.rawValue))", expected: "its text")
    }
    if let length = parameters.maxTokenLength, length < 1 {
      throw ToklabError("a maximum token length of \(length)", expected: "at least 1")
    }
  }

  /// Special tokens and alphabet, and the id of each byte.
  ///
  /// A special token whose characters all spell bytes is found by those bytes, as in the reference: a
  /// merge (or byte) spelled like it becomes it.
  func startingTokens() -> (tokens: TokenTable, byteIDs: [TokenID], specials: [SpecialToken]) {
    var tokens = TokenTable(capacity: parameters.vocabularySize)
    var specials: [SpecialToken] = []
    var seen: Set<[UInt8]> = []
    for special in parameters.specialTokens where seen.insert(Array(special.content.utf8)).inserted {
      specials.append(special)
      if let bytes = ByteAlphabet.bytes(spelledBy: Array(special.content.utf8)) {
        tokens.append(bytes)
      } else {
        tokens.append(Array(special.content.utf8), hidden: true)
      }
    }
    for byte in ByteAlphabet.order where tokens.id(of: [byte]) == nil { tokens.append([byte]) }
    return (tokens, (0...255).map { tokens.id(of: [UInt8($0)])! }, specials)
  }

  private func learn<Symbol: FixedWidthInteger & UnsignedInteger>(
    _ counts: consuming PreTokenCounts, symbol: Symbol.Type, run: TrainingRun
  ) throws(ToklabError) -> BytePairTraining {
    let (tokens, byteIDs, specials) = startingTokens()
    var statistics = TrainingStatistics(
      textBytes: counts.textBytes, preTokens: counts.occurrences, distinctPreTokens: counts.count,
      merges: 0, textTokens: counts.textBytes)
    let start = tokens.count
    var loop = try BytePairMergeLoop<Symbol>(
      counts, tokens: tokens, byteIDs: byteIDs, parameters: parameters)
    try loop.run { run.progress?(.train, $0) }
    statistics.merges = loop.merges.count
    statistics.textTokens = loop.textTokens.last ?? statistics.textBytes
    return BytePairTraining(
      parameters: parameters, specials: specials, tokens: loop.tokens, firstMerge: start,
      merges: loop.merges, tokenCounts: loop.tokenCounts, textTokens: loop.textTokens,
      statistics: statistics, mergeCounts: loop.mergeCounts)
  }
}
