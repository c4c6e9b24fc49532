/// Trains byte-level byte-pair encoding whose tokens cross words: SuperBPE.
///
/// 1. First stage: ``BytePairTrainer`` up to the transition, with the pattern of the words.
/// 2. Second stage: the text is cut by another pattern, which leaves words together; the first stage's merges
///    run over it, and training goes on, over pairs of any tokens, to the vocabulary's size. A token holds no
///    colon with a space after it and at most ``Parameters/maxWords`` words.
///
/// The order of merges and the rules of counting are ``BytePairTrainer``'s in both stages. The second stage
/// runs on the distinct runs of first-stage tokens, cut where a pair of neighbours occurs less often than the
/// last merge of the training. That count is guessed; when the training ends below it, the stage is run again
/// with a lower guess, so the merges are those of uncut text. Weighted sources are not cut there.
///
/// Source: Liu et al. 2025 (arXiv 2503.13423); alisawuffles/tokenizers-superbpe. Runs as units of counting:
/// arXiv 2604.05192.
public struct SuperwordTrainer: Trainer {
  public struct Parameters: Sendable {
    /// ``BytePairParameters/vocabularySize`` is that of both stages.
    public var bytePair: BytePairParameters
    /// The size at which the second stage begins.
    public var transition: Int
    public var maxWords: Int
    /// How the second stage, and the tokenizer, cut text. Its normalizer is the first stage's.
    public var secondStage: PreTokenizers.Named
    /// The first guess at the count of the last merge, for tests; nil: made from the text.
    package var guess: Int64?

    /// - Parameter transition: nil is four fifths of the size.
    /// - Throws: ``ToklabError`` for a pattern that cannot run.
    public init(
      bytePair: BytePairParameters = BytePairParameters(), transition: Int? = nil, maxWords: Int = 4,
      secondStage: String = PreTokenizerPattern.superbpe.rawValue
    ) throws(ToklabError) {
      self.bytePair = bytePair
      self.transition = transition ?? bytePair.vocabularySize * 4 / 5
      self.maxWords = maxWords
      self.secondStage = try PreTokenizers.named(secondStage)
    }
  }

  public var parameters: Parameters

  public init(_ parameters: Parameters) { self.parameters = parameters }

  public static let descriptor = TrainerDescriptor(
    name: "superword", summary: "byte-pair encoding whose later tokens cross words (SuperBPE)",
    parameters: BytePairTrainer.descriptor.parameters + [
      .init(
        name: "transition", defaultValue: "0.8", summary: "size, or share of it, at which words end to part"),
      .init(name: "max-words", defaultValue: "4", summary: "words a token may hold"),
      .init(name: "stage2-pattern", defaultValue: "superbpe", summary: "what cuts text in the second stage"),
    ],
    citation: "Liu, Hayase, Hofmann, Oh, Smith, Choi 2025, SuperBPE (arXiv 2503.13423)")

  /// The trainer of the first stage.
  public var firstStage: BytePairTrainer {
    var words = parameters.bytePair
    words.vocabularySize = parameters.transition
    return BytePairTrainer(words)
  }

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try check()
    let corpus = try corpus.keepingStandardInput()
    let counts = try PreTokenCounts(corpus, cutBy: preTokenization, run: run)
    return try train(on: counts, of: corpus, cutBy: preTokenization, run: run)
      .tokenizer(cutBy: secondStage(after: preTokenization))
  }

  /// Both stages, the pre-tokens of the first being counted already.
  ///
  /// - Parameter corpus: the text of the counts, which is read once more.
  /// - Throws: ``ToklabError`` as ``BytePairTrainer``'s, and for a transition outside the sizes.
  public func train(
    on counts: consuming PreTokenCounts, of corpus: Corpus, cutBy preTokenization: PreTokenization,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> BytePairTraining {
    try train(on: counts, of: .corpus(corpus), cutBy: preTokenization, run: run)
  }

  /// The same from counts alone: those of the first stage's pattern, and those of the second's over the same text.
  public func train(
    on counts: consuming PreTokenCounts, pieces: PreTokenCounts, cutBy preTokenization: PreTokenization,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> BytePairTraining {
    try train(on: counts, of: .pieces(pieces), cutBy: preTokenization, run: run)
  }

  /// The second stage alone, after a training of ``firstStage``'s kind on the same text that went to the transition or
  /// beyond: what several sizes share.
  ///
  /// - Parameter words: its parameters are those of the first stage, but for the size.
  public func train(
    after words: BytePairTraining, pieces: PreTokenCounts, cutBy preTokenization: PreTokenization,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> BytePairTraining {
    try check()
    var same = words.parameters
    same.vocabularySize = parameters.transition
    guard same == firstStage.parameters else {
      throw ToklabError(
        "a first stage of other parameters", expected: "those of the superword training, but for the size")
    }
    guard words.parameters.vocabularySize >= parameters.transition else {
      throw ToklabError(
        "a first stage of \(words.parameters.vocabularySize) tokens",
        expected: "one to the transition, \(parameters.transition)")
    }
    return try extend(words.truncated(to: parameters.transition), .pieces(pieces), preTokenization, run: run)
  }

  /// What the second stage reads.
  private enum Source {
    case corpus(Corpus)
    case pieces(PreTokenCounts)
  }

  private func train(
    on counts: consuming PreTokenCounts, of source: Source, cutBy preTokenization: PreTokenization,
    run: TrainingRun
  ) throws(ToklabError) -> BytePairTraining {
    try check()
    return try extend(try firstStage.train(on: counts, run: run), source, preTokenization, run: run)
  }

  private func extend(
    _ words: BytePairTraining, _ source: Source, _ preTokenization: PreTokenization, run: TrainingRun
  ) throws(ToklabError) -> BytePairTraining {
    if words.vocabularySize < 0xFFFF, parameters.bytePair.vocabularySize < 0xFFFF {
      return try extend(words, source, preTokenization, symbol: UInt16.self, run: run)
    }
    return try extend(words, source, preTokenization, symbol: UInt32.self, run: run)
  }

  /// How the trained tokenizer cuts text: as the second stage does.
  public func secondStage(after first: PreTokenization) -> PreTokenization {
    var second = first
    second.preTokenizer = parameters.secondStage.preTokenizer
    second.preTokenizerComponent = parameters.secondStage.component
    second.preTokenizerName = parameters.secondStage.name
    return second
  }

  /// - Throws: ``ToklabError`` for sizes that do not fit each other.
  public func check() throws(ToklabError) {
    try VocabularyBuilder.checkSize(parameters.bytePair.vocabularySize)
    let (least, most) = (firstStage.smallestSize, parameters.bytePair.vocabularySize)
    guard parameters.transition >= least, parameters.transition <= most else {
      throw ToklabError(
        "a transition at \(parameters.transition)",
        expected: "a size from \(least), the bytes and special tokens, to \(most), the vocabulary")
    }
    guard parameters.maxWords >= 1 else {
      throw ToklabError("at most \(parameters.maxWords) words a token", expected: "1 or more")
    }
  }

  private func extend<Symbol: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ words: BytePairTraining, _ source: Source, _ preTokenization: PreTokenization, symbol: Symbol.Type,
    run: TrainingRun
  ) throws(ToklabError) -> BytePairTraining {
    let size = parameters.bytePair.vocabularySize
    guard words.vocabularySize < size else { return words }
    let second = secondStage(after: preTokenization)
    let trained = try words.tokenizer(cutBy: preTokenization)
    guard case .bytePair(let definition) = trained.definition.model else { return words }
    let model = try BytePairModel(definition)
    let rules = SuperwordRules(maxWords: parameters.maxWords, tokens: words.tokens)
    var texts: [SuperwordText<Symbol>] = []
    var mixed: Corpus?
    switch source {
    case .pieces(let pieces):
      texts = [try SuperwordText(pieces, cutBy: second, model: model, run: run)]
    case .corpus(let corpus):
      let sources = corpus.isPlain ? [corpus.sources.flatMap(\.files)] : corpus.weighed.map(\.files)
      for files in sources {
        texts.append(
          try SuperwordText(
            files, field: corpus.jsonField, cutBy: second, model: model, run: run))
      }
      if !corpus.isPlain { mixed = corpus }
    }
    var least = max(1, parameters.bytePair.minFrequency)
    if mixed == nil {
      let guess = parameters.guess ?? texts[0].count(reachedBy: size - words.vocabularySize) / 2
      least = max(least, guess)
    }
    while true {
      let (runs, tokens) = try runs(texts, mixed, least: least, run: run)
      var loop = try BytePairMergeLoop<Symbol>(
        runs: runs, tokens: words.tokens, rules: rules, textTokens: tokens, parameters: parameters.bytePair)
      try loop.run { run.progress?(.train, $0) }
      if least <= max(1, parameters.bytePair.minFrequency) || loop.isFull && loop.lastCount >= least {
        return words.extended(
          by: loop.merges, tokens: loop.tokens, tokenCounts: loop.tokenCounts, textTokens: loop.textTokens,
          startingTokens: tokens, parameters: parameters.bytePair)
      }
      least = max(1, max(parameters.bytePair.minFrequency, min(least / 4, loop.lastCount)))
    }
  }

  /// The counted runs of all sources, and the tokens of the whole text.
  private func runs<Symbol>(
    _ texts: [SuperwordText<Symbol>], _ mixed: Corpus?, least: Int64, run: TrainingRun
  ) throws(ToklabError) -> (runs: PreTokenCounts, tokens: Int64) {
    guard let corpus = mixed else {
      return (texts[0].runs(least: least, threads: run.threads), texts[0].tokens)
    }
    let factors = SourceFactors.factors(
      weights: corpus.weighed.map(\.weight), bytes: texts.map(\.bytes), balance: corpus.balance)
    let runs = try SourceFactors.sum(
      texts.map { $0.runs(least: 1, threads: run.threads) }, factors: factors, threads: run.threads)
    var tokens: UInt128 = 0
    for (text, factor) in zip(texts, factors) { tokens += UInt128(text.tokens) * UInt128(factor) }
    return (runs, Int64(clamping: tokens / UInt128(SourceFactors.one)))
  }
}
