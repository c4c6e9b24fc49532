/// Counted words as shards: what unigram training needs of a text. Each step of expectation sums over distinct
/// words, so no more than these counts has to leave the machines that hold the text.
extension PreTokenShard {
  /// The name under which words for a mode are stored; modes count different lines.
  public static func wordsName(_ mode: UnigramParameters.Mode) -> String {
    mode == .standard ? "sentencepiece" : "sentencepiece-0.2.0"
  }

  /// The normalizer that the words went through.
  public static let wordsNormalizer = "nmt-nfkc"

  /// The words of a corpus as unigram training counts them: normalized, each with a byte that says whether its
  /// line ends there (0) or goes on (1).
  ///
  /// - Throws: as counting does; and for weights or balance, which a shard cannot hold.
  public init(
    wordsOf corpus: Corpus, mode: UnigramParameters.Mode, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) {
    try Self.checkPlain(corpus)
    let (entries, digests) = try UnigramLoading.entries(
      corpus, try UnigramTrainer.rules(mode), hashing: true, run: run)
    self.init(
      counts: entries, preTokenizer: Self.wordsName(mode), normalizer: Self.wordsNormalizer,
      textDigests: digests)
  }
}
