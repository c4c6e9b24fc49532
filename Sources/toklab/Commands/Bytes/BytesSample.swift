import Adapt
import ArgumentParser
import Tokenizers

/// `--bytes` and `--temperature`.
struct SampleOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many bytes at most; fewer when the text ends.", valueName: "n"))
  var bytes = 100

  @Option(help: ArgumentHelp("Probabilities are taken to the power 1/t; above 0.", valueName: "t"))
  var temperature = 1.0

  func validate() throws {
    guard bytes >= 0 else { throw ValidationError("--bytes \(bytes) is out of range; expected 0 or more") }
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("--temperature \(temperature) is out of range; expected above 0")
    }
  }

  /// Draws and writes: the bytes as they come, or one document.
  func write(
    _ source: any ByteSource, _ verb: String, members: (Exactness) -> [(String, JSON)],
    _ shared: SharedOptions, _ provenance: Provenance, _ timing: Timing
  ) throws {
    var timing = timing
    let output = Output.standard()
    var sampler = try ByteSampler(seed: shared.seed, temperature: temperature)
    let result = try sampler.sample(bytes, from: source)
    timing.phase("sample")
    if shared.json {
      let text = ByteEscape.utf8(result.bytes)
      let all =
        members(result.exactness) + [
          ("text", .string(text.text)), ("escaped", .bool(text.escaped)),
          ("bytes", .array(result.bytes.map { .int(Int($0)) })), ("ended", .bool(result.ended)),
        ]
      try output.write(Document.make(verb, all, provenance, timing).document())
    } else {
      try output.write(result.bytes)
    }
    try output.flush()
  }
}

/// `toklab bytes sample`.
struct BytesSample: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draw text byte by byte after a prompt; writes the new bytes only.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions
  @OptionGroup var sampling: SampleOptions

  func validate() throws { try models.requireExactlyOne() }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    let prompt = try prompts.prompt(opened, shared.json ? provenance : nil)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    try sampling.write(
      try model.state(after: prompt), "bytes.sample", members: { ByteDocuments.head(model, $0) }, shared,
      provenance, timing)
  }
}
