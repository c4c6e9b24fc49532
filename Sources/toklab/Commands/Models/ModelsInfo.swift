import Adapt
import ArgumentParser
import Tokenizers

/// `toklab models info`.
struct ModelsInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Say what a language model is.")

  @OptionGroup var shared: SharedOptions

  @Argument(
    help: ArgumentHelp(
      "The model: \(OpenModel.spellings); or a model's file or folder, described without running it."))
  var model: String

  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var helper: HelperOptions

  func validate() throws {
    if OpenModel.parse(model) == nil, !FileFacts.exists(model) { throw OpenModel.usage(model, of: "<model>") }
    if tokenizers.tokenizer.count > 1 {
      throw ValidationError(
        "--tokenizer is given \(tokenizers.tokenizer.count) times; expected one tokenizer")
    }
  }

  func run() throws {
    if OpenModel.parse(model) == nil { return try ModelFacts(model).write(shared) }
    let provenance = Provenance(shared)
    let (kind, path) = OpenModel.parse(model)!
    var pairs: [(String, String)] = [("kind", kind)]
    var members: [(String, JSON)] = [("kind", .string(kind))]
    let facts: LanguageModelFacts
    if shared.json, kind == "ngram" || kind == "recorded" { try provenance.add(path) }
    if kind == "ngram" {
      let model = try NGramModel(path: path)
      facts = model.facts
      pairs.append(("order", String(model.order)))
      pairs.append(("n-grams", model.ngramCounts.map { Numbers.grouped($0) }.joined(separator: ", ")))
      members += [("order", .int(model.order)), ("ngrams", .array(model.ngramCounts.map { .int($0) }))]
    } else if kind == "recorded" {
      let model = try RecordedModel(path: path)
      facts = model.facts
      pairs.append(("contexts", Numbers.grouped(model.count)))
      pairs.append(("tokenizer SHA-256", model.tokenizerSHA256 ?? "not known"))
      members += [
        ("contexts", .int(model.count)), ("tokenizer_sha256", .string(model.tokenizerSHA256)),
      ]
    } else {
      let given = try tokenizers.open(shared, shared.json ? provenance : nil).first
      let opened = try OpenModel(
        self.model, tokenizer: given, helper: helper, provenance: shared.json ? provenance : nil)
      let model = opened.model as! HelperModel
      facts = model.facts
      pairs += [("back end", model.backend), ("model", model.summary)]
      pairs.append(("context", facts.contextLimit.map { "\(Numbers.grouped($0)) tokens" } ?? "not known"))
      members += [("backend", .string(model.backend)), ("model", .string(model.summary))]
    }
    pairs.append(("vocabulary", Numbers.grouped(facts.vocabularySize)))
    pairs.append(("end tokens", facts.endTokens.map { String($0) }.joined(separator: ", ")))
    members += [
      ("vocabulary_size", .int(facts.vocabularySize)),
      ("end_tokens", .array(facts.endTokens.map { .int(Int($0)) })),
      ("begin_token", facts.beginToken.map { .int(Int($0)) } ?? .null),
      ("context_limit", facts.contextLimit.map { .int($0) } ?? .null),
      ("horizon", facts.horizon.map { .int($0) } ?? .null),
    ]
    let output = Output.standard()
    if shared.json {
      try output.write(Document.make("models.info", members, provenance).document())
    } else {
      try output.write(Table.pairs(pairs, shared.style))
    }
    try output.flush()
  }
}
