import Glibc

/// Trains a unigram language model as SentencePiece does (Kudo 2018, arXiv 1804.10959).
///
/// 1. Lines are normalized by `nmt_nfkc` and cut into words; characters beyond the coverage are unknown.
/// 2. Candidates: all characters, and the strings of ``UnigramSeeds`` by count times length.
/// 3. Rounds of two steps of expectation (forward and backward sums over each word's lattice) and
///    maximization (scores are ψ(count) − ψ(sum), pieces expected less than half a time go), then a pruning: a
///    piece goes when its own text is better cut otherwise or no best path has it; of the others those stay
///    whose loss would cost the most likelihood. Until there are at most 1.1 times as many as asked for.
/// 4. The characters of the coverage, then the best pieces.
///
/// Mode `default` differs from release 0.2.0 in three things: sums are in double precision, a string that always
/// ends its word is a candidate although only one thing follows it (google/sentencepiece issue 1047), and no
/// line is too long. Mode `sp-0.2.0` does every sum in the order and precision of that release with its 16
/// threads, since their last bits decide which of many equally rare pieces stay.
///
/// Source: google/sentencepiece 0.2.0, `src/unigram_model_trainer.cc`, `src/trainer_interface.cc`.
public struct UnigramTrainer: Trainer {
  public var parameters: UnigramParameters

  public init(_ parameters: UnigramParameters = UnigramParameters()) { self.parameters = parameters }

  public static let descriptor = TrainerDescriptor(
    name: "unigram", summary: "a unigram language model, as SentencePiece trains it",
    parameters: [
      .init(name: "vocab-size", defaultValue: "32000", summary: "unknown, control and byte pieces included"),
      .init(name: "character-coverage", defaultValue: "0.9995", summary: "share of characters to hold"),
      .init(name: "seed-size", defaultValue: "1000000", summary: "candidates to begin with"),
      .init(name: "shrink", defaultValue: "0.75", summary: "share of pieces a pruning keeps"),
      .init(name: "sub-iterations", defaultValue: "2", summary: "steps between prunings"),
      .init(name: "mode", defaultValue: "default", summary: "default, or sp-0.2.0 for parity"),
    ],
    citation: "Kudo 2018 (arXiv 1804.10959); google/sentencepiece 0.2.0")

  /// `<unk>`, `<s>`, `</s>`.
  static let reserved = ["<unk>", "<s>", "</s>"].map { Array($0.utf8) }

  private var reservedCount: Int { Self.reserved.count + (parameters.byteFallback ? 256 : 0) }
  private var isSingle: Bool { parameters.mode == .sentencePiece020 }

  /// - Parameter preTokenization: not asked: words and normalization are SentencePiece's.
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
    try check()
    let counted = try Self.words(of: corpus, parameters, run)
    return try train(counted, run)
  }

  /// The counts that words are made of are freed when this returns, before training begins.
  @inline(never)
  private static func words(
    of corpus: Corpus, _ parameters: UnigramParameters, _ run: TrainingRun
  ) throws(ToklabError) -> (words: UnigramWords, digest: String, occurrences: Int64) {
    let entries = try UnigramLoading.entries(corpus, try rules(parameters.mode), run: run).entries
    return try words(entries, parameters)
  }

  /// The same from counted words.
  ///
  /// - Parameter counts: of a shard of ``PreTokenShard/init(wordsOf:mode:run:)``.
  public func trainWithDigest(
    on counts: consuming PreTokenCounts, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> (tokenizer: TrainedTokenizer, digest: String) {
    try check()
    return try train(Self.words(counts, parameters), run)
  }

  private func train(
    _ counted: (words: UnigramWords, digest: String, occurrences: Int64), _ run: TrainingRun
  ) throws(ToklabError) -> (tokenizer: TrainedTokenizer, digest: String) {
    let words = counted.words
    let required = words.occurrences.count { $0 > 0 }
    guard required + reservedCount <= parameters.vocabularySize else {
      throw ToklabError(
        "a vocabulary size of \(parameters.vocabularySize)",
        expected:
          "at least \(required + reservedCount): the characters of the text and \(reservedCount) reserved pieces",
        advice: "give a larger --vocab-size or a smaller --character-coverage")
    }
    RawPages.returnFreed()
    let (pieces, texts) = learn(words, run: run)
    let final = finalized(pieces, words, texts)
    let tokens = tokens(pieces, final, texts, threads: run.threads)
    return (try result(final, tokens: tokens, words, counted.occurrences, Self.settings()), counted.digest)
  }

  static func words(
    _ entries: PreTokenCounts, _ parameters: UnigramParameters
  ) throws(ToklabError) -> (words: UnigramWords, digest: String, occurrences: Int64) {
    guard entries.count > 0 else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one line with a character",
        advice: "check the input files, their format and --mode, which may leave long lines out")
    }
    let words = try UnigramWords(
      entries, coverage: parameters.characterCoverage, textBytes: UnigramLoading.textBytes(entries))
    return (words, entries.digest, entries.occurrences)
  }

  static func rules(_ mode: UnigramParameters.Mode) throws(ToklabError) -> UnigramLoading.Rules {
    UnigramLoading.Rules(
      normalizer: try SentencePieceNormalizer(settings().normalization), specials: reserved,
      maxLineLength: mode.maxLineLength)
  }

  private func check() throws(ToklabError) {
    let size = parameters.vocabularySize
    guard size > reservedCount, size <= VocabularyBuilder.maximumCapacity else {
      throw ToklabError(
        "a vocabulary size of \(size)",
        expected: "\(reservedCount + 1) to \(VocabularyBuilder.maximumCapacity), reserved pieces included")
    }
    guard parameters.characterCoverage > 0, parameters.characterCoverage <= 1 else {
      throw ToklabError("a coverage of \(parameters.characterCoverage)", expected: "above 0, at most 1")
    }
    guard parameters.shrink > 0, parameters.shrink < 1 else {
      throw ToklabError("a shrinking to \(parameters.shrink)", expected: "between 0 and 1")
    }
    guard (1...1000).contains(parameters.subIterations), parameters.seedSize > 0,
      (1...255).contains(parameters.maxPieceLength)
    else {
      throw ToklabError(
        "sub-iterations \(parameters.subIterations), seeds \(parameters.seedSize), piece length \(parameters.maxPieceLength)",
        expected: "at least 1 each, at most 1000 sub-iterations, pieces of at most 255 characters")
    }
  }

  /// How the trained tokenizer treats text: SentencePiece's defaults.
  static func settings() -> SentencePieceSettings {
    SentencePieceSettings(
      modelType: .unigram,
      normalization: .init(name: "nmt_nfkc", charsmap: SentencePieceRules.nmtNFKC), beginningID: 1, endID: 2)
  }

  // MARK: - Learning

  /// All characters and candidates with their first scores, and the text of each symbol.
  func start(_ words: UnigramWords, threads: Int) -> (UnigramPieces, symbols: [[UInt8]]) {
    let texts = words.scalars.enumerated().map { symbol, scalar in
      symbol < 2 ? [] : Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
    }
    let seeds = UnigramSeeds(
      words, longest: parameters.maxPieceLength, single: isSingle, limit: parameters.seedSize,
      threads: threads)
    RawPages.returnFreed()
    return (UnigramPieces(words, seeds, single: isSingle, texts: texts), texts)
  }

  private func learn(_ words: UnigramWords, run: TrainingRun) -> (UnigramPieces, symbols: [[UInt8]]) {
    let (pieces, texts) = start(words, threads: run.threads)
    RawPages.returnFreed()
    let wanted = Int(Double(parameters.vocabularySize) * 1.1)
    while true {
      for _ in 0..<parameters.subIterations {
        maximize(pieces, pieces.expectations(threads: run.threads), threads: run.threads)
        run.progress?(.train, pieces.count)
      }
      if pieces.count <= wanted { break }
      prune(pieces, to: wanted, threads: run.threads)
    }
    return (pieces, texts)
  }

  private func maximize(_ pieces: UnigramPieces, _ expected: [Double], threads: Int) {
    let kept = expected.indices.filter { expected[$0] >= 0.5 }
    let sum =
      isSingle
      ? Double(kept.reduce(Float(0)) { $0 + Float(expected[$1]) }) : kept.reduce(0) { $0 + expected[$1] }
    let logarithm = Double(Float(Self.digamma(sum)))
    pieces.keep(
      kept, scores: kept.map { Float(Self.digamma(expected[$0]) - logarithm) }, threads: threads)
  }

  private func prune(_ pieces: UnigramPieces, to wanted: Int, threads: Int) {
    let losses = pieces.losses(threads: threads)
    var kept = losses.indices.filter { losses[$0] == UnigramPieces.keepsAlways }
    var candidates = losses.indices.filter { losses[$0].isFinite }
    let size = max(wanted, Int(parameters.shrink * Double(pieces.count)))
    candidates.sort { losses[$0] != losses[$1] ? losses[$0] > losses[$1] : $0 < $1 }
    kept += candidates.prefix(max(0, size - kept.count))
    pieces.keep(kept, scores: kept.map { pieces.scores[$0] }, threads: threads)
  }

  /// ψ(x): the recurrence up to 7, then the asymptotic series around x − 1/2.
  static func digamma(_ value: Double) -> Double {
    var (x, result) = (value, 0.0)
    while x < 7 {
      result -= 1 / x
      x += 1
    }
    x -= 0.5
    let square = 1 / (x * x)
    return result + log(x)
      + square * (1.0 / 24 + square * (-7.0 / 960 + square * (31.0 / 8064 - square * 127.0 / 30720)))
  }

  /// The pieces of the vocabulary with their scores, best first.
  private func finalized(
    _ pieces: UnigramPieces, _ words: UnigramWords, _ texts: [[UInt8]]
  ) -> [(text: [UInt8], score: Float)] {
    let all = (0..<pieces.count).map { piece in
      (text: pieces.symbols(piece).flatMap { texts[Int($0)] }, score: pieces.scores[piece])
    }
    var known: [[UInt8]: Float] = [:]
    for piece in all { known[piece.text] = piece.score }
    var required = words.occurrences.indices.filter { words.occurrences[$0] > 0 }
    required.sort {
      let (a, b) = (words.occurrences[$0], words.occurrences[$1])
      return a != b ? a > b : words.scalars[$0] < words.scalars[$1]
    }
    let least = pieces.scores.min() ?? 0
    var penalty: Float = 0
    var final: [[UInt8]: Float] = [:]
    for symbol in required {
      if let score = known[texts[symbol]] {
        final[texts[symbol]] = score
      } else {
        final[texts[symbol]] = least + penalty
        penalty += 0.0001
      }
    }
    func precedes(_ a: (text: [UInt8], score: Float), _ b: (text: [UInt8], score: Float)) -> Bool {
      a.score != b.score ? a.score > b.score : a.text.lexicographicallyPrecedes(b.text)
    }
    let room = parameters.vocabularySize - reservedCount
    for piece in all.sorted(by: precedes) where final[piece.text] == nil {
      if final.count == room { break }
      final[piece.text] = piece.score
    }
    return final.map { (text: $0.key, score: $0.value) }.sorted(by: precedes)
  }

  /// The tokens of the best paths of the text under the finished vocabulary; one a character it lacks.
  private func tokens(
    _ pieces: UnigramPieces, _ final: [(text: [UInt8], score: Float)], _ texts: [[UInt8]], threads: Int
  ) -> Int64 {
    let known = Set(final.map(\.text))
    let kept = (0..<pieces.count).filter { piece in
      known.contains(pieces.symbols(piece).flatMap { texts[Int($0)] })
    }
    pieces.keep(kept, scores: kept.map { pieces.scores[$0] }, threads: threads)
    return pieces.bestCounts(threads: threads).tokens
  }

  private func result(
    _ final: [(text: [UInt8], score: Float)], tokens: Int64, _ words: UnigramWords, _ occurrences: Int64,
    _ settings: SentencePieceSettings
  ) throws(ToklabError) -> TrainedTokenizer {
    var list = Self.reserved.enumerated().map { id, text in
      SentencePieceModel.Piece(bytes: text, kind: id == 0 ? .unknown : .control)
    }
    if parameters.byteFallback {
      for byte in 0...255 {
        list.append(.init(bytes: ByteFallbackToken.spelling(UInt8(byte)), kind: .byte))
      }
    }
    for piece in final { list.append(.init(bytes: piece.text, score: piece.score)) }
    let definition = try SentencePieceModel.definition(
      list, settings, byteFallback: parameters.byteFallback)
    let statistics = TrainingStatistics(
      textBytes: words.textBytes, preTokens: occurrences, distinctPreTokens: words.distinct.count,
      merges: final.count, textTokens: tokens)
    return TrainedTokenizer(definition: definition, statistics: statistics)
  }
}
