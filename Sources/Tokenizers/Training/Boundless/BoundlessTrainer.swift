/// Trains byte-pair encoding in which merges of whole pre-tokens compete with ordinary ones: BoundlessBPE.
///
/// Two neighbouring pre-tokens that are one token each, hold a letter and are not parted by the second pattern
/// may become one token (a supermerge), which can be a part of further ones. At each step the ordinary merge and
/// the supermerge of the largest counts are compared, and the more frequent is made; of equals the ordinary one.
/// Since a supermerge joins only what no ordinary merge touches any more, ordinary merges come in the order
/// they have without supermerges; so ordinary training is run first and then replayed (arXiv 2604.05192).
///
/// In the file all ordinary merges stand before all supermerges: a word is put together before words are joined,
/// as in training, and the result is ordinary byte-pair encoding for other libraries. There a supermerge can also
/// join a whole word and the first token of a word of several; training does not count that.
///
/// Ours: tokens hold at most ``SuperwordTrainer/Parameters/maxWords`` words; a supermerge never makes the bytes
/// of a token that ordinary training to the same size makes; equal counts go by (left, right) in the order of
/// making. Left out: the deletion of intermediate tokens (PickyBPE). Source: Schmidt, Reddy, Tanner, Pinter 2025
/// (arXiv 2504.00178).
public struct BoundlessTrainer: Trainer {
  /// ``SuperwordTrainer/Parameters/transition`` means nothing here.
  public var parameters: SuperwordTrainer.Parameters

  public init(_ parameters: SuperwordTrainer.Parameters) { self.parameters = parameters }

  public static let descriptor = TrainerDescriptor(
    name: "superword --boundless",
    summary: "byte-pair encoding where merges of whole words compete with ordinary ones (BoundlessBPE)",
    parameters: BytePairTrainer.descriptor.parameters + [
      .init(name: "max-words", defaultValue: "4", summary: "words a token may hold"),
      .init(name: "stage2-pattern", defaultValue: "superbpe", summary: "what cuts the text of the tokenizer"),
    ],
    citation: "Schmidt, Reddy, Tanner, Pinter 2025, Boundless Byte Pair Encoding (arXiv 2504.00178)")

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    let corpus = try corpus.keepingStandardInput()
    let counts = try PreTokenCounts(corpus, cutBy: preTokenization, run: run)
    return try train(on: counts, of: corpus, cutBy: preTokenization, run: run)
      .tokenizer(cutBy: SuperwordTrainer(parameters).secondStage(after: preTokenization))
  }

  /// - Parameter corpus: the text of the counts, which is read once more.
  /// - Throws: ``ToklabError`` as ``BytePairTrainer``'s, and for weighted sources.
  public func train(
    on counts: consuming PreTokenCounts, of corpus: Corpus, cutBy preTokenization: PreTokenization,
    run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> BytePairTraining {
    guard corpus.isPlain else {
      throw ToklabError(
        "weighted or balanced sources", expected: "plain text for supermerges in competition",
        advice: "leave --weights and --balance out, or train without --boundless")
    }
    let words = try BytePairTrainer(parameters.bytePair).train(on: counts, run: run)
    // Rarer junctions than the last ordinary merge never come up.
    let least = max(1, parameters.bytePair.minFrequency)
    let isFull = words.vocabularySize >= parameters.bytePair.vocabularySize
    let text = try BoundlessText(
      corpus.sources.flatMap(\.files), field: corpus.jsonField, words: words, cutBy: preTokenization,
      and: parameters.secondStage.preTokenizer, run: run)
    let runs = text.runs(
      least: isFull ? max(least, (words.mergeCounts.last ?? 0) + 1) : least, threads: run.threads)
    var loop = BoundlessMergeLoop(runs, tokens: words.tokens, maxWords: parameters.maxWords)
    return compete(words, &loop, least: least, run: run)
  }

  private func compete(
    _ words: BytePairTraining, _ loop: inout BoundlessMergeLoop, least: Int64, run: TrainingRun
  ) -> BytePairTraining {
    let size = parameters.bytePair.vocabularySize
    for id in 0..<words.firstMerge { loop.activate(TokenID(id)) }
    var (ordinary, tokens) = (0, words.firstMerge)
    while tokens + loop.madeCount < size {
      let next = ordinary < words.merges.count ? words.mergeCounts[ordinary] : nil
      if let best = loop.best(), best >= least, best > next ?? 0 {
        loop.mergeBest()
      } else if next != nil {
        let made = tokens
        tokens = words.tokenCounts[ordinary]
        ordinary += 1
        for id in made..<tokens { loop.activate(TokenID(id)) }
      } else {
        break
      }
      if (ordinary + loop.merges.count) & 255 == 0 { run.progress?(.train, tokens + loop.madeCount) }
    }
    return joined(words, ordinary, tokens, loop)
  }

  /// The first `ordinary` merges, which make `tokens` tokens, and the supermerges after them.
  private func joined(
    _ words: BytePairTraining, _ ordinary: Int, _ tokens: Int, _ loop: borrowing BoundlessMergeLoop
  ) -> BytePairTraining {
    var table = TokenTable(capacity: tokens + loop.madeCount)
    for id in 0..<tokens {
      let id = TokenID(id)
      table.append(words.tokens[id], hidden: words.tokens.id(of: words.tokens[id]) != id)
    }
    for bytes in loop.made { table.append(bytes) }
    // Supermerges were numbered after all ordinary tokens.
    func id(_ id: TokenID) -> TokenID {
      Int(id) < loop.firstMade ? id : id - TokenID(loop.firstMade) + TokenID(tokens)
    }
    var merges = words.merges.prefix(ordinary)
    var tokenCounts = Array(words.tokenCounts.prefix(ordinary))
    var textTokens = Array(words.textTokens.prefix(ordinary))
    var total = textTokens.last ?? words.statistics.textBytes
    for index in 0..<loop.merges.count {
      let made = id(loop.merges.result[index])
      merges.append(left: id(loop.merges.left[index]), right: id(loop.merges.right[index]), result: made)
      tokenCounts.append(max(tokenCounts.last ?? tokens, Int(made) + 1))
      total -= loop.savings[index]
      textTokens.append(total)
    }
    var statistics = words.statistics
    statistics.merges = merges.count
    statistics.textTokens = total
    return BytePairTraining(
      parameters: words.parameters, specials: words.specials, tokens: table, firstMerge: words.firstMerge,
      merges: merges, tokenCounts: tokenCounts, textTokens: textTokens, statistics: statistics)
  }
}
