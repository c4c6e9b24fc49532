import ArgumentParser
import Tokenizers

/// `toklab count-words`.
struct CountWords: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count-words",
    abstract: "Count pre-tokens into a shard that can be merged and trained from.",
    discussion: """
      Shards are sorted text; merge-counts adds them up and train --counts learns from them. train superword \
      takes shards of two patterns over the same text, its own and superbpe; train unigram those counted with \
      --pre-tokenizer sentencepiece (for --mode sp-0.2.0: sentencepiece-0.2.0), whose normalizer is nmt-nfkc.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var corpus: CorpusOptions
  @OptionGroup var pipeline: CountingOptions

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
    let run = TrainingRun(threads: shared.threadCount) { phase, done in
      if phase == .count { progress.set(done) }
    }
    let shard =
      try pipeline.words.map { try PreTokenShard(wordsOf: text, mode: $0, run: run) }
      ?? PreTokenShard(text, cutBy: try pipeline.preTokenization(), run: run)
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

/// How count-words cuts text: as ``PreTokenizationOptions``, or into the words of unigram training.
struct CountingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where text is cut: gpt2, cl100k, o200k, llama3, qwen2, qwen3.5, deepseek-v3, tekken, nemotron, superbpe, o200k-plain, none, regex:PATTERN, sentencepiece or sentencepiece-0.2.0 (default o200k).",
      valueName: "name"))
  var preTokenizer: String?

  @Option(
    help: ArgumentHelp(
      "How text is normalized: none, nfc, nfd, nfkc, nfkd, lowercase (default none).", valueName: "name"))
  var normalizer: String?

  /// The mode of unigram training whose words are asked for.
  var words: UnigramParameters.Mode? {
    UnigramParameters.Mode.allCases.first { PreTokenShard.wordsName($0) == preTokenizer }
  }

  private var pipeline: PreTokenizationOptions {
    var options = PreTokenizationOptions()
    options.preTokenizer = preTokenizer
    options.normalizer = normalizer
    return options
  }

  func validate() throws {
    guard words != nil else { return try pipeline.validate() }
    if let normalizer, normalizer != PreTokenShard.wordsNormalizer {
      throw ValidationError("--normalizer \(normalizer) does not go with sentencepiece, which is nmt-nfkc")
    }
  }

  func preTokenization() throws -> PreTokenization { try pipeline.preTokenization() }
}

enum ShardText {
  static func merged(_ paths: [String]) throws -> PreTokenShard { try PreTokenShard.merge(try read(paths)) }

  static func read(_ paths: [String]) throws -> [(name: String, shard: PreTokenShard)] {
    try paths.map { path in
      var bytes: [UInt8] = []
      let stream = try ByteStream(path)
      try stream.readAll(into: &bytes)
      return (path, try PreTokenShard(parsing: bytes, file: path))
    }
  }

  /// A shard that was counted with another Unicode version.
  static func checkUnicode(_ shard: PreTokenShard, file: String) throws {
    guard shard.unicodeVersion == PreTokenShard.unicodeVersion else {
      throw ToklabError(
        file: file, "counted with Unicode \(shard.unicodeVersion)", expected: PreTokenShard.unicodeVersion,
        advice: "count the text again")
    }
  }

  static func summary(_ shard: PreTokenShard) -> String {
    let counts = shard.counts
    return
      "\(Numbers.grouped(Int(counts.occurrences))) pre-tokens, \(Numbers.grouped(counts.count)) distinct, "
      + "\(Numbers.grouped(Int(counts.textBytes))) bytes of text, cut by \(shard.preTokenizer)"
  }
}
