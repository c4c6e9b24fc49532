import Adapt
import ArgumentParser
import Tokenizers

/// `toklab bytes fim`.
struct BytesFim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fim", abstract: "Draw the text between a prefix and a suffix; writes the new bytes only.",
    discussion: """
      Needs a tokenizer with added tokens that mark prefix, suffix and middle, such as <|fim_prefix|>, and \
      a model trained with them.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var sampling: SampleOptions

  @Option(help: ArgumentHelp("A file whose bytes stand before.", valueName: "file"), completion: .file())
  var prefix: String

  @Option(help: ArgumentHelp("A file whose bytes stand after.", valueName: "file"), completion: .file())
  var suffix: String

  @Option(help: "The order of the parts the model was trained with: psm or spm.")
  var order: FillInTheMiddle.Order = .psm

  func validate() throws { try models.requireExactlyOne() }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    var texts: [[UInt8]] = []
    for file in [prefix, suffix] {
      if shared.json { try provenance.add(file) }
      texts.append(try FileBytes.readRaw(file))
    }
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    let task = try FillInTheMiddle(
      prefix: texts[0], suffix: texts[1], order: order,
      markers: try FillInTheMiddle.Markers(opened.tokenizer), model: model, tokenizer: opened.tokenizer)
    timing.phase("open")
    try sampling.write(
      try model.state(after: task.prompt), "bytes.fim",
      members: {
        ByteDocuments.head(model, $0) + [("order", .string(order.rawValue)), ("carried", .int(task.carried))]
      },
      shared, provenance, timing)
  }
}
