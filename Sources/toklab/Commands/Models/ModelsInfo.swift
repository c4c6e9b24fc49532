import Adapt
import ArgumentParser
import Tokenizers

/// `toklab models info`.
struct ModelsInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Say what a language model is.")

  @OptionGroup var shared: SharedOptions

  @Argument(help: "The model: ngram:FILE or recorded:FILE.")
  var model: String

  func validate() throws {
    guard OpenModel.parse(model) != nil else {
      throw ValidationError(
        "The value '\(model)' is invalid for '<model>'; expected \(OpenModel.kinds.map { $0 + ":FILE" }.joined(separator: " or "))"
      )
    }
  }

  func run() throws {
    let provenance = Provenance(shared)
    let (kind, path) = OpenModel.parse(model)!
    if shared.json { try provenance.add(path) }
    var pairs: [(String, String)] = [("kind", kind)]
    var members: [(String, JSON)] = [("kind", .string(kind))]
    let facts: LanguageModelFacts
    if kind == "ngram" {
      let model = try NGramModel(path: path)
      facts = model.facts
      pairs.append(("order", String(model.order)))
      pairs.append(("n-grams", model.ngramCounts.map { Numbers.grouped($0) }.joined(separator: ", ")))
      members += [("order", .int(model.order)), ("ngrams", .array(model.ngramCounts.map { .int($0) }))]
    } else {
      let model = try RecordedModel(path: path)
      facts = model.facts
      pairs.append(("contexts", Numbers.grouped(model.count)))
      pairs.append(("tokenizer SHA-256", model.tokenizerSHA256 ?? "not known"))
      members += [
        ("contexts", .int(model.count)), ("tokenizer_sha256", .string(model.tokenizerSHA256)),
      ]
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
