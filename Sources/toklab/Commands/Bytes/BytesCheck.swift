import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// `toklab bytes check`.
struct BytesCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check that a model and its tokenizer give consistent byte probabilities.",
    discussion: "Exit status 1 when a check fails.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions
  @OptionGroup var quantity: QuantityOptions
  @OptionGroup var prompts: PromptOptions

  func validate() throws { try models.requireExactlyOne() }

  private struct Finding {
    var name: String
    var passed: Bool
    var detail: String
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    var source = prompts
    if source.count == 0 { source.prompt = "The quick brown fox jumps over the laz" }
    let prompt = try source.prompt(opened, shared.json ? provenance : nil)
    let model = try ByteModel(opened.model, tokenizer: opened.tokenizer, options: quantity.options)
    timing.phase("open")
    var findings = [vocabulary(model)]
    if let helper = opened.model as? HelperModel { findings += try tokens(helper, opened.tokenizer) }
    findings += try sums(model, prompt)
    findings.append(try batches(opened.model, model, prompt))
    timing.phase("check")
    let output = Output.standard()
    if shared.json {
      let members: [(String, JSON)] = [
        ("quantity", .string(quantity.quantity.rawValue)),
        (
          "checks",
          .array(
            findings.map {
              .object([
                ("check", .string($0.name)), ("passed", .bool($0.passed)), ("detail", .string($0.detail)),
              ])
            })
        ), ("passed", .bool(findings.allSatisfy(\.passed))),
      ]
      try output.write(Document.make("bytes.check", members, provenance, timing).document())
    } else {
      var table = Table([.init("check"), .init("result"), .init("detail")])
      for finding in findings {
        table.append([finding.name, finding.passed ? "ok" : "FAILED", finding.detail])
      }
      try output.write(table.text(shared.style))
    }
    try output.flush()
    if !findings.allSatisfy(\.passed) { throw CheckFailed() }
  }

  private func vocabulary(_ model: ByteModel) -> Finding {
    let missing = model.vocabulary.missingBytes.map { ByteEscape.hex($0) }.joined(separator: " ")
    var detail = "\(Numbers.grouped(model.vocabulary.width)) tokens"
    if model.model.paddingRows > 0 { detail += ", \(model.model.paddingRows) padding rows dropped" }
    if !missing.isEmpty { detail += "; no token for the bytes \(missing)" }
    if !model.validity.isExact { detail += "; what may follow what is not known for certain" }
    return Finding(name: "vocabulary", passed: true, detail: detail)
  }

  /// Where the model brings a tokenizer of its own: whether ours cuts a text as it does.
  private func tokens(_ helper: HelperModel, _ tokenizer: Tokenizer) throws -> [Finding] {
    let text = Array(Self.sample.utf8)
    guard let theirs = try helper.tokenize(text) else { return [] }
    let ours = try tokenizer.encode(text).ids
    let same = zip(ours, theirs).prefix { $0 == $1 }.count
    return [
      Finding(
        name: "tokens", passed: ours == theirs,
        detail: ours == theirs
          ? "\(ours.count) tokens of a sample as the model's own tokenizer cuts them"
          : "the model's own tokenizer cuts a sample differently from token \(same) on")
    ]
  }

  private static let sample = """
    The quick brown fox doesn't jump over 1,234 lazy dogs in 2026.
    \tif (x != null) { return x[10]; }  // naïve café, Ελληνικά, 素早い狐, быстрая лиса 🦊
    """

  /// Sums to 1 and chain rule along the prompt.
  private func sums(_ model: ByteModel, _ prompt: BytePrompt) throws -> [Finding] {
    let state = try model.state(after: BytePrompt(context: prompt.context, text: []), tracksTotal: true)
    var worstSum = 0.0
    var worstGrowth = -Double.infinity
    var product = 0.0
    var before = try state.logProbability().log
    let start = before
    for byte in prompt.text {
      let distribution = try state.distribution()
      var total = distribution.endProbability + distribution.specialProbability
      for value in 0...255 { total += distribution.probability(UInt8(value)) }
      worstSum = max(worstSum, abs(total - 1))
      product += distribution.log(byte)
      try state.append(byte)
      let after = try state.logProbability().log
      worstGrowth = max(worstGrowth, after - before)
      before = after
    }
    let difference = abs(product - (before - start))
    // For valid the conditionals are renormalized, and their product is another number by definition.
    let chain = quantity.quantity == .valid || quantity.tolerance > 0 || difference <= 1e-8
    return [
      Finding(
        name: "sum to one", passed: worstSum <= 1e-9,
        detail: "256 bytes, end and special differ from 1 by at most \(ByteDocuments.scientific(worstSum))"),
      Finding(
        name: "prefixes", passed: prompt.text.isEmpty || worstGrowth <= 1e-12,
        detail: "a longer text is never more probable"),
      Finding(
        name: "chain rule", passed: chain,
        detail: "conditionals and P(text) differ by \(ByteDocuments.scientific(difference)) nats"),
    ]
  }

  private func batches(
    _ source: any LanguageModel, _ model: ByteModel, _ prompt: BytePrompt
  ) throws -> Finding {
    let tokens = try model.tokenizer?.encode(prompt.text).ids ?? []
    let start = [source.facts.beginToken].compactMap(\.self) + prompt.context
    let contexts = (0...min(8, tokens.count)).map { start + tokens[..<$0] }.filter {
      source.canAnswer($0) && (!$0.isEmpty || source.facts.answersEmptyContext)
    }
    guard contexts.count > 1 else {
      return Finding(name: "batches", passed: true, detail: "too few contexts to compare")
    }
    let together = try source.logProbabilities(after: contexts)
    var worst = 0.0
    for (context, row) in zip(contexts, together) {
      let alone = try source.logProbabilities(after: [context])[0]
      for (a, b) in zip(row, alone) { worst = max(worst, abs(exp(a) - exp(b))) }
    }
    return Finding(
      name: "batches", passed: worst == 0 || !source.facts.isBatchInvariant,
      detail: "a row alone and in a batch differ by at most \(ByteDocuments.scientific(worst))")
  }
}
