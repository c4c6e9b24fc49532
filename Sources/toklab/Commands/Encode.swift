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
  @OptionGroup(title: "Sequences for a Model") var sequences: SequenceSettings

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
    help: ArgumentHelp(
      "Draw a unigram model's pieces with probability proportional to exp(theta * score).", valueName: "theta"
    ))
  var sample: Double?

  @Option(
    help: ArgumentHelp(
      "Write the n best tokenizations of a unigram model: document, score and ids a line.", valueName: "n"))
  var nbest: Int?

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
    if let sample, !(sample >= 0) || !sample.isFinite {
      throw ValidationError("--sample \(sample) is out of range; expected a number of at least 0")
    }
    if let nbest, !(1...1024).contains(nbest) {
      throw ValidationError("--nbest \(nbest) is out of range; expected 1 to 1024")
    }
    if [dropout != nil, sample != nil, nbest != nil].count(where: { $0 }) > 1 {
      throw ValidationError("--dropout, --sample and --nbest exclude each other")
    }
    if nbest != nil, sequences.isUsed {
      throw ValidationError("--nbest goes without --pairs, --truncation and --padding")
    }
    if nbest != nil || sequences.isUsed, effectiveFormat == .u16 || effectiveFormat == .u32 {
      throw ValidationError(
        "--format \(effectiveFormat.rawValue) holds plain ids only; use ids, tokens or json here")
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
    let options = try settings.options(shared, for: [opened], dropout: dropout, sampling: sample)
    timing.phase("open")
    shared.announceStandardInput(files)
    let reader = try DocumentReader(files, documents.rules, provenance: record)
    let target = try ResultFile(output)
    let lengthsTarget = try lengths.map { try ResultFile($0) }
    let progress = Progress("encoding", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    var writer = try writer(opened.tokenizer, options, target.output, lengthsTarget?.output)
    while let batch = try reader.next() {
      do {
        try writer.write(batch, reader)
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

  private func writer(
    _ tokenizer: Tokenizer, _ options: EncodeOptions, _ output: Output, _ lengths: Output?
  ) throws -> any DocumentWriter {
    let (format, threads) = (effectiveFormat, shared.threadCount)
    if let nbest {
      return try NBestWriter(
        nbest, format: format, tokenizer: tokenizer, options: options, threads: threads, output: output)
    }
    if sequences.isUsed {
      return try SequenceWriter(
        sequences, format: format, tokenizer: tokenizer, options: options, threads: threads, output: output)
    }
    return try EncodedWriter(
      format: format, tokenizer: tokenizer, options: options, threads: threads, output: output,
      lengths: lengths)
  }
}
