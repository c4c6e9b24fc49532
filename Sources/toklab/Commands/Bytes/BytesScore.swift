import Adapt
import ArgumentParser
import Tokenizers

/// `toklab bytes score`.
struct BytesScore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "The probability of a text as bytes, beside that of its tokens.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  @Argument(help: "The text; '-' or nothing is standard input.", completion: .file())
  var file: String?

  func validate() throws {
    try models.requireExactlyOne()
    if file != nil && prompts.count > 0 {
      throw ValidationError("a file and --prompt, --prompt-file or --input-hex exclude each other")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    var source = prompts
    if source.count == 0 { source.promptFile = file ?? "-" }
    let (bytes, name) = try source.bytes(shared.json ? provenance : nil)
    let prompt = try source.parse(bytes, name, opened)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    let score: ByteScore
    do { score = try model.score(prompt) } catch { throw error.in(name) }
    timing.phase("score")
    let output = Output.standard()
    if shared.json {
      let members: [(String, JSON)] =
        ByteDocuments.head(model, score.exactness) + [
          ("bytes", .int(score.bytes)), ("log_probability", .number(score.logProbability)),
          ("bits_per_byte", .number(score.bitsPerByte)),
          (
            "token_path",
            .object([
              ("tokens", .int(score.tokens)), ("log_probability", .number(score.tokenPathLogProbability)),
              ("bits_per_byte", .number(score.tokenPathBitsPerByte)),
            ])
          ),
        ]
      try output.write(Document.make("bytes.score", members, provenance, timing).document())
    } else {
      var table = Table([
        .init("sum"), .init("log2 P", .right), .init("bits/byte", .right), .init("exactness"),
      ])
      func bits(_ log: Double) -> String { Numbers.fixed(log / 0.693147180559945309, 4) }
      table.append([
        score.quantity.rawValue, bits(score.logProbability),
        score.bitsPerByte.map { Numbers.fixed($0, 5) } ?? "n/a", ByteDocuments.text(score.exactness),
      ])
      table.append([
        "token path", bits(score.tokenPathLogProbability),
        score.tokenPathBitsPerByte.map { Numbers.fixed($0, 5) } ?? "n/a",
        "\(Numbers.grouped(score.tokens)) tokens",
      ])
      try output.write(table.text(shared.style))
      try output.write(
        "\n\(Numbers.grouped(score.bytes)) bytes, \(Numbers.grouped(model.model.contextsEvaluated)) contexts\n"
      )
    }
    try output.flush()
  }
}
