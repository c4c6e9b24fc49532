import Adapt
import ArgumentParser
import Tokenizers

/// `toklab bytes next`.
struct BytesNext: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "next", abstract: "The probability of every next byte after a prompt.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  @Option(help: ArgumentHelp("Rows of the table for people.", valueName: "n"))
  var top = 20

  @Flag(help: "Leave special tokens out and make the rest sum to 1.")
  var excludeSpecial = false

  func validate() throws {
    try models.requireExactlyOne()
    try prompts.requireOne()
    guard top >= 1 else { throw ValidationError("--top \(top) is out of range; expected 1 or more") }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    let prompt = try prompts.prompt(opened, shared.json ? provenance : nil)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    let state = try model.state(after: prompt)
    var distribution = try state.distribution()
    if excludeSpecial { distribution = distribution.withoutSpecial() }
    timing.phase("next")
    let output = Output.standard()
    if shared.json {
      let members =
        ByteDocuments.head(model, distribution.exactness) + [("heads", .int(state.headCount))]
        + ByteDocuments.distribution(distribution)
      try output.write(Document.make("bytes.next", members, provenance, timing).document())
    } else {
      try output.write(ByteDocuments.table(distribution, top: top).text(shared.style))
      try output.write(
        "\n"
          + Table.pairs(
            [
              (
                "quantity",
                "\(model.options.quantity.rawValue), \(ByteDocuments.text(distribution.exactness))"
              ),
              ("work", "\(model.model.contextsEvaluated) contexts, \(state.headCount) live heads"),
            ], shared.style))
    }
    try output.flush()
  }
}
