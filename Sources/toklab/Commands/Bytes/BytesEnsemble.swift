import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// `--weights` of an ensemble: numbers with commas.
struct WeightList: ExpressibleByArgument, Sendable {
  let values: [Double]

  init?(argument: String) {
    var values: [Double] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Double(part), value >= 0, value.isFinite else { return nil }
      values.append(value)
    }
    guard values.reduce(0, +) > 0 else { return nil }
    self.values = values
  }
}

/// `toklab bytes ensemble`.
struct BytesEnsemble: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ensemble",
    abstract: "Next bytes, or the score of a text, under several models at once.",
    discussion: """
      The models may have different tokenizers: give -t once for each, in the order of --model, or not at \
      all where every model carries its own. With a file the text is scored byte by byte, beside the score \
      under each model.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  @Option(help: "mean, geometric, or mixture: the mean with weights that follow each model's own P(text).")
  var mode: ByteEnsemble.Mode = .mean

  @Option(help: ArgumentHelp("One weight a model (equal ones when not given).", valueName: "w,w,…"))
  var weights: WeightList?

  @Option(help: ArgumentHelp("Rows of the table for people.", valueName: "n"))
  var top = 20

  @Argument(help: "A text to score after the prompt.", completion: .file())
  var file: String?

  func validate() throws {
    guard models.model.count >= 2 else {
      throw ValidationError("--model is given \(models.model.count) times; expected two or more models")
    }
    if let weights, weights.values.count != models.model.count {
      throw ValidationError("--weights has \(weights.values.count) numbers for \(models.model.count) models")
    }
    if file == nil { try prompts.requireOne() }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)
    let (bytes, name) = try prompts.bytes(shared.json ? provenance : nil)
    var byteModels: [ByteModel] = []
    var states: [ByteState] = []
    for one in opened {
      let model = try ByteModel(one.model, tokenizer: one.tokenizer, options: quantity.options)
      byteModels.append(model)
      states.append(
        try model.state(after: try prompts.parse(bytes, name, one), tracksTotal: mode == .mixture))
    }
    let ensemble = try ByteEnsemble(states, mode: mode, weights: weights?.values)
    timing.phase("open")
    var members: [(String, JSON)] = [
      ("quantity", .string(quantity.quantity.rawValue)), ("mode", .string(mode.rawValue)),
      ("models", .strings(models.model)),
    ]
    let output = Output.standard()
    guard let file else {
      let distribution = try ensemble.distribution()
      timing.phase("next")
      if shared.json {
        members += work(byteModels, distribution.exactness) + ByteDocuments.distribution(distribution)
        try output.write(Document.make("bytes.ensemble", members, provenance, timing).document())
      } else {
        try output.write(ByteDocuments.table(distribution, top: top).text(shared.style))
      }
      return try output.flush()
    }
    if shared.json { try provenance.add(file) }
    let text = try FileBytes.readRaw(file)
    var logs = [Double](repeating: 0, count: opened.count + 1)
    var exactness = Exactness.exact
    for (index, byte) in text.enumerated() {
      let parts = try states.map { try $0.distribution() }
      let combined = try ensemble.combine(parts)
      exactness = exactness.worst(combined.exactness)
      for (place, part) in (parts + [combined]).enumerated() { logs[place] += part.log(byte) }
      do { try ensemble.append(byte) } catch {
        var located = error
        located.position = .byte(index)
        throw located.in(file)
      }
    }
    timing.phase("score")
    func bits(_ log: Double) -> Double? { text.isEmpty ? nil : -log / M_LN2 / Double(text.count) }
    if shared.json {
      members += work(byteModels, exactness)
      members += [
        ("bytes", .int(text.count)), ("log_probability", .number(logs[opened.count])),
        ("bits_per_byte", .number(bits(logs[opened.count]))),
        (
          "members",
          .array(
            opened.indices.map {
              .object([
                ("model", .string(opened[$0].name)), ("log_probability", .number(logs[$0])),
                ("bits_per_byte", .number(bits(logs[$0]))),
              ])
            })
        ),
      ]
      try output.write(Document.make("bytes.ensemble", members, provenance, timing).document())
    } else {
      var table = Table([.init("model"), .init("bits/byte", .right)])
      for (index, one) in opened.enumerated() {
        table.append([one.name, bits(logs[index]).map { Numbers.fixed($0, 5) } ?? "n/a"])
      }
      table.append([mode.rawValue, bits(logs[opened.count]).map { Numbers.fixed($0, 5) } ?? "n/a"])
      try output.write(table.text(shared.style))
    }
    try output.flush()
  }

  private func work(_ models: [ByteModel], _ exactness: Exactness) -> [(String, JSON)] {
    [
      ("exactness", ByteDocuments.exactness(exactness)),
      ("contexts", .int(models.reduce(0) { $0 + $1.model.contextsEvaluated })),
      ("tokens_decoded", .int(models.reduce(0) { $0 + $1.model.tokensDecoded })),
    ]
  }
}
