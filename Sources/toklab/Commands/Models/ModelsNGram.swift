import Adapt
import ArgumentParser
import Tokenizers

/// `toklab models ngram`.
struct ModelsNGram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ngram", abstract: "Train an n-gram model over the tokens of a tokenizer.",
    discussion: """
      Interpolated Kneser-Ney smoothing; every token has a positive probability everywhere. The file holds \
      the tokenizer. The text of an input is held in memory as ids.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions

  @Argument(help: "Text files, folders or JSON Lines; '-' or nothing is standard input.", completion: .file())
  var inputs: [String] = []

  @Option(help: ArgumentHelp("The longest n-gram, 1 to 8.", valueName: "n"))
  var order = 4

  @Option(
    help: ArgumentHelp(
      "The special token that ends a document (a usual one when there is, else an id of its own).",
      valueName: "token"))
  var end: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The model to write.", valueName: "file"))
  var output: String

  func validate() throws {
    try tokenizers.requireExactlyOne()
    guard (1...8).contains(order) else {
      throw ValidationError("--order \(order) is out of range; expected 1 to 8")
    }
    if output == "-" { throw ValidationError("--output - is no place for a model; expected a file") }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, shared.json ? provenance : nil)[0]
    let endToken =
      try end.map { try EndToken.id(of: $0, in: opened.tokenizer) }
      ?? EndToken.usual(in: opened.tokenizer)
    let reader = try DocumentReader(inputs, documents.rules, provenance: shared.json ? provenance : nil)
    timing.phase("open")
    let encoder = try BatchEncoder(opened.tokenizer, threads: shared.threadCount)
    let progress = Progress("encoding", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    var texts: [[TokenID]] = []
    var bytes = 0
    while let batch = try reader.next() {
      let encoded = try batch.withBytes { text -> BatchEncoder.Result in
        do throws(ToklabError) { return try encoder.encode(text, documents: batch.documents) } catch {
          throw reader.located(error, in: batch)
        }
      }
      for (index, document) in batch.documents.enumerated() {
        texts.append(Array(encoded[index]))
        bytes += document.count
      }
      progress.set(reader.bytesRead)
    }
    progress.finish()
    timing.phase("encode")
    let model = try NGramModel(
      documents: texts, tokenizer: opened.tokenizer, order: order, endToken: endToken)
    timing.phase("train")
    try model.write(to: output)
    timing.phase("write")
    let tokens = texts.reduce(0) { $0 + $1.count }
    if shared.json {
      let members: [(String, JSON)] = [
        ("order", .int(order)), ("documents", .int(texts.count)), ("bytes", .int(bytes)),
        ("tokens", .int(tokens)), ("end_token", .int(Int(model.endToken))),
        ("ngrams", .array(model.ngramCounts.map { .int($0) })),
      ]
      let output = Output.standard()
      try output.write(Document.make("models.ngram", members, provenance, timing).document())
      return try output.flush()
    }
    guard !shared.quiet else { return }
    StandardError.write(
      Table.pairs(
        [
          (
            "text",
            "\(Numbers.grouped(texts.count)) documents, \(Numbers.grouped(bytes)) bytes, \(Numbers.grouped(tokens)) tokens"
          ), ("n-grams", model.ngramCounts.map { Numbers.grouped($0) }.joined(separator: ", ")),
          ("time", Numbers.duration(timing.total)),
        ], shared.errorStyle))
  }
}
