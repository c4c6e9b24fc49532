import ArgumentParser
import Tokenizers

/// `toklab inspect`.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a tokenizer is made of.",
    discussion: """
      Model, sizes, pipeline, scripts and lengths of the vocabulary, entries that no text can give, \
      duplicates and tokens that are not whole UTF-8.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions

  @Argument(help: "A tokenizer (without -t).", completion: .file())
  var operands: [String] = []

  @Flag(help: "Write id, escaped bytes and score (the merge rank) of every token, separated by tabs.")
  var dumpVocab = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    let (values, files) = try tokenizers.split(operands)
    if values.count > 1 || !files.isEmpty {
      throw ValidationError("inspect takes one tokenizer; unexpected argument '\(files.first ?? values[1])'")
    }
    if dumpVocab && shared.json { throw ValidationError("--dump-vocab and --json exclude each other") }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(
      tokenizers.split(operands).tokenizers, shared, shared.json ? provenance : nil)[0]
    timing.phase("open")
    let target = try ResultFile(output)
    if dumpVocab {
      try VocabularyDump.write(opened.tokenizer, to: target.output)
      return try target.commit()
    }
    let report = try VocabularyReport(opened.tokenizer, threads: shared.threadCount)
    timing.phase("inspect")
    let description = TokenizerDescription(opened)
    if shared.json {
      let members = description.json + report.json
      try target.output.write(Document.make("inspect", members, provenance, timing).document())
    } else {
      let style = output == nil ? shared.style : Style(enabled: false)
      try target.output.write(Table.pairs(description.pairs, style))
      try target.output.write("\n" + report.text(style))
    }
    try target.commit()
  }
}
