import ArgumentParser
import Tokenizers

/// `toklab count-words`.
struct CountWords: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count-words",
    abstract: "Count pre-tokens into a shard that can be merged and trained from.",
    discussion: "Shards are sorted text; merge-counts adds them up and train --counts learns from them.")

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: PreTokenizationOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "shard")
  )
  var output: String?

  func validate() throws {
    if corpus.weights != nil || corpus.balance != nil {
      throw ValidationError("--weights and --balance do not go with counts; weigh the texts when training")
    }
    if shared.json { throw ValidationError("count-words writes a shard; --json does not apply") }
  }

  func run() throws {
    let target = try ResultFile(output)
    shared.announceStandardInput(inputs)
    let text = try corpus.corpus(inputs, nil)
    let progress = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    defer { progress.finish() }
    let shard = try PreTokenShard(
      text, cutBy: try pipeline.preTokenization(),
      run: TrainingRun(threads: shared.threadCount) { phase, done in if phase == .count { progress.set(done) }
      })
    try target.output.write(shard.write())
    try target.commit()
    progress.finish()
    shared.note(ShardText.summary(shard))
  }
}

/// `toklab merge-counts`.
struct MergeCounts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-counts", abstract: "Add up shards of count-words.")

  @OptionGroup(title: "Common Options") var shared: SharedOptions

  @Argument(help: "Shards; '-' or nothing is standard input.", completion: .file())
  var shards: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "shard")
  )
  var output: String?

  func validate() throws {
    if shared.json { throw ValidationError("merge-counts writes a shard; --json does not apply") }
  }

  func run() throws {
    let target = try ResultFile(output)
    let merged = try ShardText.merged(shards.isEmpty ? ["-"] : shards)
    try target.output.write(merged.write())
    try target.commit()
    shared.note(ShardText.summary(merged))
  }
}

enum ShardText {
  static func merged(_ paths: [String]) throws -> PreTokenShard {
    try PreTokenShard.merge(
      try paths.map { path in
        var bytes: [UInt8] = []
        let stream = try ByteStream(path)
        try stream.readAll(into: &bytes)
        return (path, try PreTokenShard(parsing: bytes, file: path))
      })
  }

  static func summary(_ shard: PreTokenShard) -> String {
    let counts = shard.counts
    return
      "\(Numbers.grouped(Int(counts.occurrences))) pre-tokens, \(Numbers.grouped(counts.count)) distinct, "
      + "\(Numbers.grouped(Int(counts.textBytes))) bytes of text, cut by \(shard.preTokenizer)"
  }
}
