import ArgumentParser
import Tokenizers

/// `toklab encode`.
struct Encode: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn text into token ids.",
    discussion: """
      One line of ids for each document, in input order. Text that looks like a special token is plain \
      text unless --allow-special says otherwise.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case ids, tokens, json, u16, u32 }

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions
  @OptionGroup var settings: EncodeSettings

  @Argument(help: "Files or folders; '-' or nothing is standard input.", completion: .file())
  var files: [String] = []

  @Option(
    help: "What is written for each document: decimal ids, escaped tokens, a JSON record, or binary ids.")
  var format: Format?

  @Option(
    help: ArgumentHelp(
      "With u16 and u32: write each document's number of ids as a little-endian u64.", valueName: "file"))
  var lengths: String?

  @Option(help: ArgumentHelp("Skip each merge with this probability (BPE dropout).", valueName: "p"))
  var dropout: Double?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Write provenance and timing as a JSON document.", valueName: "file"))
  var provenance: String?

  func validate() throws {
    try tokenizers.requireExactlyOne()
    if shared.json, let format, format != .json {
      throw ValidationError("--json and --format \(format.rawValue) exclude each other")
    }
    if let dropout, !(0...1).contains(dropout) {
      throw ValidationError("--dropout \(dropout) is out of range; expected 0 to 1")
    }
    if lengths != nil, effectiveFormat != .u16, effectiveFormat != .u32 {
      throw ValidationError("--lengths goes with --format u16 or u32")
    }
  }

  private var effectiveFormat: Format { shared.json ? .json : format ?? .ids }

  func run() throws {
    if output == nil, effectiveFormat == .u16 || effectiveFormat == .u32, Terminal.isTerminal(1) {
      throw ValidationError("binary ids do not belong on a terminal; name a file with -o")
    }
    var timing = Timing()
    let record = provenance == nil ? nil : Provenance(shared)
    let opened = try tokenizers.open(shared, record)[0]
    let options = try settings.options(shared, for: [opened], dropout: dropout)
    timing.phase("open")
    shared.announceStandardInput(files)
    let reader = try DocumentReader(files, documents.rules, provenance: record)
    let target = try ResultFile(output)
    let lengthsTarget = try lengths.map { try ResultFile($0) }
    let progress = Progress("encoding", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    var writer = EncodedWriter(
      format: effectiveFormat, tokenizer: opened.tokenizer, options: options, threads: shared.threadCount,
      output: target.output, lengths: lengthsTarget?.output)
    let encoder = try BatchEncoder(opened.tokenizer, options: options, threads: shared.threadCount)
    while let batch = try reader.next() {
      do {
        try writer.write(batch, encoder, reader)
      } catch let error as ToklabError {
        progress.finish()
        throw reader.located(error, in: batch)
      }
      progress.set(reader.bytesRead)
    }
    try writer.finish()
    try lengthsTarget?.commit()
    try target.commit()
    progress.finish()
    timing.phase("encode")
    if let record, let provenance {
      let totals: [(String, JSON)] = [("documents", .int(writer.documents)), ("tokens", .int(writer.tokens))]
      try ResultFile.write(provenance, Document.make("encode", totals, record, timing).document())
    }
  }
}
