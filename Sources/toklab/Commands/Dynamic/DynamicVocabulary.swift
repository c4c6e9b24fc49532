import ArgumentParser
import Studies
import Tokenizers

/// `toklab dynamic vocabulary`.
struct DynamicVocabulary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary",
    abstract: "Extend a tokenizer to a large vocabulary for longest-prefix tokenization.",
    discussion: """
      Byte-pair merging goes on from the tokenizer's own tokens over the text. Base tokens keep their ids. \
      The file is a vocabulary as of RWKV: 'toklab encode -t FILE' takes the longest token at each place; it \
      knows no special tokens and no normalizer.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var corpus: CorpusOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(help: ArgumentHelp("Ids in all, those of the tokenizer included; up to 2M.", valueName: "size"))
  var vocabSize: Size

  @Option(help: ArgumentHelp("Merge only pairs that occur this often.", valueName: "n"))
  var minFrequency: Int64 = 0

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    try tokenizers.requireExactlyOne()
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency \(minFrequency) is out of range; expected 0 or more")
    }
    if vocabSize.value < 1 {
      throw ValidationError("--vocab-size \(vocabSize.value) is out of range; expected 1 or more")
    }
    if shared.json && (output == nil || output == "-") {
      throw ValidationError("--json needs -o, since the vocabulary itself goes to standard output")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, shared.json ? provenance : nil)[0]
    let size = vocabSize.value
    let base = opened.tokenizer.capacity
    guard size > base else {
      throw ToklabError(
        file: opened.operand.path, "\(base) ids", expected: "a --vocab-size above that, not \(size)")
    }
    let target = try ResultFile(output)
    if opened.tokenizer.definition.normalizer != nil || opened.tokenizer.definition.sentencePiece != nil {
      shared.note("\(opened.operand.path): the vocabulary matches text as it is, without the normalizer")
    }
    timing.phase("open")
    if corpus.weights == nil { shared.announceStandardInput(inputs) }
    let text = try corpus.corpus(inputs, shared.json ? provenance : nil)
    let counting = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    let learning = Progress("merging", total: size, unit: .things("tokens"), quiet: shared.quiet)
    defer { learning.finish() }
    let vocabulary = try LargeVocabulary(
      extending: opened.tokenizer, on: text, size: size, minFrequency: minFrequency,
      run: TrainingRun(threads: shared.threadCount) { phase, done in
        if phase == .count {
          counting.set(done)
        } else {
          counting.finish()
          learning.set(done)
        }
      })
    counting.finish()
    learning.finish()
    timing.phase("train")
    try target.output.write(RWKVVocabulary.write(vocabulary.definition.model.vocabulary))
    try target.commit()
    timing.phase("write")
    let learned = vocabulary.learned
    let total = Int(learned.firstID) + learned.tokens.count
    if total < size {
      shared.warn(
        "the text gives only \(Numbers.grouped(total)) ids of the \(Numbers.grouped(size)) asked for")
    }
    if shared.json {
      let members: [(String, JSON)] = [
        ("vocabulary_size", .int(total)), ("base_size", .int(vocabulary.baseSize)),
        ("added_bytes", .int(vocabulary.addedBytes)), ("merges", .int(learned.merges.count)),
        ("bytes", .int(Int(learned.textBytes))), ("base_tokens", .int(Int(learned.tokensBefore))),
        ("merged_tokens", .int(Int(learned.tokensAfter))),
      ]
      let output = Output.standard()
      try output.write(Document.make("dynamic-vocabulary", members, provenance, timing).document())
      return try output.flush()
    }
    guard !shared.quiet else { return }
    StandardError.write(
      Table.pairs(
        [
          (
            "vocabulary",
            "\(Numbers.grouped(total)) ids: \(Numbers.grouped(vocabulary.baseSize)) of the tokenizer, \(Numbers.grouped(learned.tokens.count)) new"
          ),
          (
            "training text",
            "\(Numbers.grouped(Int(learned.textBytes))) bytes, \(Numbers.grouped(Int(learned.tokensBefore))) tokens before, \(Numbers.grouped(Int(learned.tokensAfter))) after"
          ), ("time", Numbers.duration(timing.total)), ("peak memory", Numbers.bytes(Measured.peakMemory)),
        ], shared.errorStyle))
  }
}
