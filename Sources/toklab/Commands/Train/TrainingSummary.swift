import Studies
import Tokenizers

/// What a training says when it is done: a table on standard error, or JSON on standard output.
struct TrainingSummary {
  let algorithm: String
  let shared: SharedOptions

  /// The counts of a text's pre-tokens, with a bar.
  func count(
    _ text: Corpus, _ preTokenization: PreTokenization, _ timing: inout Timing
  ) throws -> PreTokenCounts {
    let progress = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    defer { progress.finish() }
    let counts = try PreTokenCounts(
      text, cutBy: preTokenization,
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .count { progress.set(done) }
      })
    timing.phase("count")
    return counts
  }

  func warnIfSmall(_ trained: TrainedTokenizer, _ size: Int) {
    let written = trained.definition.model.vocabulary.count
    if written < size {
      shared.warn(
        "the text gives only \(Numbers.grouped(written)) tokens of the \(Numbers.grouped(size)) asked for")
    }
  }

  /// - Parameters:
  ///   - unit: what is learned: merges or pieces.
  ///   - more: what the algorithm has to say beside that, for both forms.
  func write(
    _ results: [TrainedTokenizer], _ provenance: Provenance, _ timing: Timing, unit: String = "merges",
    more: [(name: String, text: String, json: JSON)] = []
  ) throws {
    guard let last = results.last else { return }
    let statistics = last.statistics
    if shared.json {
      let tokenizers = results.map { result in
        JSON.object([
          ("vocabulary_size", .int(result.definition.model.vocabulary.count)),
          (unit, .int(result.statistics.merges)),
          ("text_tokens", .int(Int(result.statistics.textTokens))),
          ("bytes_per_token", .number(result.statistics.bytesPerToken)),
        ])
      }
      var members: [(String, JSON)] = [
        ("algorithm", .string(algorithm)), ("bytes", .int(Int(statistics.textBytes))),
        ("pre_tokens", .int(Int(statistics.preTokens))),
        ("distinct_pre_tokens", .int(statistics.distinctPreTokens)), ("tokenizers", .array(tokenizers)),
      ]
      members += more.map { ($0.name, $0.json) }
      let output = Output.standard()
      try output.write(Document.make("train", members, provenance, timing).document())
      return try output.flush()
    }
    guard !shared.quiet else { return }
    var pairs = [
      (
        "text",
        "\(Numbers.grouped(Int(statistics.textBytes))) bytes, \(Numbers.grouped(Int(statistics.preTokens))) pre-tokens, \(Numbers.grouped(statistics.distinctPreTokens)) distinct"
      )
    ]
    for result in results {
      var text = "\(Numbers.grouped(result.statistics.merges)) \(unit)"
      if let ratio = result.statistics.bytesPerToken {
        text += ", \(Numbers.fixed(ratio, 3)) bytes per token on the training text"
      }
      pairs.append(("\(Numbers.grouped(result.definition.model.vocabulary.count)) tokens", text))
    }
    pairs += more.map { ($0.name.split(separator: "_").joined(separator: " "), $0.text) }
    let phases = timing.phases.map { "\($0.name) \(Numbers.duration($0.seconds))" }.joined(separator: ", ")
    pairs.append(("time", "\(Numbers.duration(timing.total)) (\(phases))"))
    pairs.append(("peak memory", Numbers.bytes(Measured.peakMemory)))
    StandardError.write(Table.pairs(pairs, shared.errorStyle))
  }
}
