/// Trains byte-level byte-pair encoding on chunks of random length, so that tokens cross words where text is
/// regular: supertokens. The trained tokenizer cuts nothing before it merges.
///
/// Source: TokenAdapt (arXiv 2505.09738), section on supertokens; Tinycompany-AI/SuperTokenizer.
public struct SupertokenTrainer: Trainer {
  public var parameters: BytePairParameters
  public var chunker: SupertokenChunker

  /// - Parameter parameters: the published maximum length is 30, which is strict here: 31 bytes are out.
  public init(
    _ parameters: BytePairParameters = BytePairParameters(maxTokenLength: 31),
    chunker: SupertokenChunker = SupertokenChunker()
  ) {
    self.parameters = parameters
    self.chunker = chunker
  }

  public static let descriptor = TrainerDescriptor(
    name: "supertoken", summary: "byte-pair encoding on chunks of random length",
    parameters: BytePairTrainer.descriptor.parameters + [
      .init(name: "chunk-lengths", defaultValue: "4-23", summary: "weights of ranges of chunk lengths"),
      .init(name: "seed", defaultValue: "0", summary: "of the chunks"),
    ],
    citation: "Sharthak, Pahalwan, Kamath, Shirawalmath 2025, TokenAdapt (arXiv 2505.09738)")

  /// How training cuts, and how the tokenizer says it: not at all. The normalizer is that of `first`.
  public func preTokenization(_ first: PreTokenization) -> PreTokenization {
    var cut = first
    cut.preTokenizer = chunker
    cut.preTokenizerComponent = .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false)
    cut.preTokenizerName = "none"
    return cut
  }

  public func train(
    on corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) -> TrainedTokenizer {
    try BytePairTrainer(parameters).train(
      on: corpus, cutBy: self.preTokenization(preTokenization), run: run)
  }
}
