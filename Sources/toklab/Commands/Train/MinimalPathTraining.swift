import ArgumentParser
import Tokenizers

/// The course of `toklab train pathpiece` and `toklab train mingram`, which differ in their trainer alone.
struct MinimalPathTraining {
  let algorithm: String
  let shared: SharedOptions
  let corpus: CorpusOptions
  let pipeline: PreTokenizationOptions
  let options: BytePairOptions
  let inputs: [String]

  func run(
    _ more: [(String, JSON)],
    train: (PreTokenCounts, PreTokenization, TrainingRun) throws -> TrainedTokenizer
  ) throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let summary = TrainingSummary(algorithm: algorithm, shared: shared)
    try options.check(size: options.size)
    var target = try TrainingTarget(options.output, sizes: nil)
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let cut = try pipeline.preTokenization()
    let counts = try summary.count(text, cut, &timing)
    let trained = try train(counts, cut, TrainingRun(threads: shared.threadCount))
    timing.phase("train")
    summary.warnIfSmall(trained, options.size)
    try target.write(
      trained, size: options.size,
      recipe: options.recipe(algorithm, size: options.size, cut, digest: counts.digest, more),
      specials: options.parameters(size: options.size).specialTokens)
    try target.commit()
    timing.phase("write")
    try summary.write([trained], provenance, timing, unit: "pieces")
  }
}
