import ArgumentParser
import Metrics
import Tokenizers

/// `toklab score predictors`.
struct ScorePredictors: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predictors",
    abstract: "What explains that one language pays more than another? Predictors and their regressions.",
    discussion: """
      Predictors of each language's cost from text and tokenizer, then least squares on each of them and on all \
      together, over languages. With -t all languages share a tokenizer; --monolingual names a folder with one a \
      language (LABEL.json or LABEL/tokenizer.json). --training names a folder of LABEL.txt, the text that \
      tokenizers were trained on: character statistics are then taken from it, and data_similarity is measured.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var choice: LanguageOptions

  @Option(help: ArgumentHelp("The folder of line-aligned files.", valueName: "dir"))
  var parallel: String

  @Option(help: ArgumentHelp("The language to divide by.", valueName: "label"))
  var reference: String = "eng"

  @Option(help: ArgumentHelp("A folder with a tokenizer for each language.", valueName: "dir"))
  var monolingual: String?

  @Option(help: ArgumentHelp("A folder of LABEL.txt: training text of each language.", valueName: "dir"))
  var training: String?

  @Option(help: "What is explained: tokens of all lines, or the premium over the reference.")
  var response: Response = .tokens

  enum Response: String, ExpressibleByArgument, CaseIterable { case tokens, premium }

  private static let families: [any Metric.Type] = [LanguagePredictors.self, PremiumRegression.self]

  func validate() throws {
    try format.check(shared)
    guard tokenizers.tokenizer.isEmpty != (monolingual == nil) else {
      throw ValidationError("expected --tokenizer or --monolingual, one of them")
    }
    if response == .premium && monolingual != nil {
      throw ValidationError("--response premium compares languages under one tokenizer; expected --tokenizer")
    }
    _ = try ScoreRun.gates(format, Self.families)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = monolingual == nil ? try tokenizers.open(shared, provenance) : []
    timing.phase("open")
    let corpus = try ParallelCorpus.load(
      folder: parallel, languages: choice.wanted, reference: reference, clusters: .none)
    let trainingTexts = try training.map { try TextCollection($0, languages: corpus.labels) }
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus(corpus.files + (trainingTexts?.files ?? []), provenance)
    timing.phase("load")
    var report = MetricReport(notes: corpus.notes + (trainingTexts?.notes ?? []))
    let study = PredictorStudy(
      corpus: corpus, training: trainingTexts?.texts.map(\.lines), reference: reference,
      explainsPremium: response == .premium, threads: shared.threadCount)
    if let monolingual {
      let plan = try MonolingualPlan(folder: monolingual, corpus: corpus, pattern: tokenizers.pattern)
      for file in plan.files { try provenance.add(file) }
      report.append(
        contentsOf: try study.measure(
          TokenizerIdentity(TokenizerOperand.defaultLabel(monolingual)), try plan.single()))
    } else {
      for tokenizer in opened {
        report.append(
          contentsOf: try study.measure(
            TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256),
            Array(repeating: tokenizer.tokenizer, count: corpus.languages.count)))
      }
    }
    timing.phase("measure")
    let names = Set(PremiumRegression.descriptors.map(\.name))
    let run = ScoreRun(
      verb: "predictors", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results.filter { names.contains($0.metric) }).tables(
        title: "predictor")
        + MetricTables(results: report.results.filter { !names.contains($0.metric) }).tables(),
      summary: [
        ("explained", response == .tokens ? "corpus_token_count" : "premium over \(reference)"),
        ("languages", Numbers.grouped(corpus.listed.count)),
      ], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }
}

/// Counts, predictors and regressions of one tokenizer, or of one a language.
private struct PredictorStudy {
  let corpus: ParallelCorpus
  /// In the order of the corpus' languages.
  let training: [TextLines]?
  let reference: String
  let explainsPremium: Bool
  let threads: Int

  private struct Encoded: Sendable {
    var tokens: [TokenID]
    var unknown: Int
    var trainingTypes: Set<TokenID>?
  }

  func measure(_ identity: TokenizerIdentity, _ tokenizers: [Tokenizer]) throws -> MetricReport {
    let encoded = try parallelMap(corpus.languages.count, threads: threads) { index in
      try encode(index, tokenizers[index])
    }
    let isShared = tokenizers.allSatisfy { $0.vocabulary.count == tokenizers[0].vocabulary.count }
    let listed = corpus.languages.indices.filter { corpus.listed.contains(corpus.languages[$0].label) }
    let base = corpus.languages.firstIndex { $0.label == reference }!
    var input = LanguagePredictors.Input(
      tokenizer: identity,
      languages: corpus.languages.indices.map { index in
        LanguagePredictors.Language(
          label: corpus.languages[index].label, text: corpus.languages[index].text,
          tokens: encoded[index].tokens,
          trainingTypes: encoded[index].trainingTypes, trainingText: training?[index],
          vocabulary: tokenizers[index].vocabulary)
      }, reference: reference, vocabulary: nil)
    input.threads = threads
    let wanted = Set(listed.map { corpus.languages[$0].label })
    var report = try LanguagePredictors().measure(input)
    report.results.removeAll { row in row.language.map { !wanted.contains($0) } ?? false }

    // A cell with more than 10 % unknown tokens says nothing about cost, as in score premium.
    func cost(_ index: Int) -> Double? {
      let item = encoded[index]
      guard !item.tokens.isEmpty, item.unknown * 10 <= item.tokens.count else { return nil }
      return Double(item.tokens.count)
    }
    let referenceCost = cost(base)
    let response = listed.map { index in
      explainsPremium ? cost(index).flatMap { value in referenceCost.map { value / $0 } } : cost(index)
    }
    if response.contains(where: { $0 == nil }) {
      let void = zip(listed, response).filter { $0.1 == nil }.map { corpus.languages[$0.0].label }
      report.notes.append(
        "\(identity.name): more than 10 % unknown tokens, left out: \(void.joined(separator: ", "))")
    }
    var values: [String: [String: Double]] = [:]
    for row in report.results {
      if let value = row.value, let language = row.language {
        values[row.metric, default: [:]][language] = value.double
      }
    }
    let bytes = corpus.languages.map { $0.text.bytes.count - $0.text.count }
    var predictors = LanguagePredictors.descriptors.map { descriptor in
      PremiumRegression.Predictor(
        descriptor.name, listed.map { values[descriptor.name]?[corpus.languages[$0].label] })
    }
    predictors.append(
      PremiumRegression.Predictor(
        "byte_premium", listed.map { bytes[base] > 0 ? Double(bytes[$0]) / Double(bytes[base]) : nil }))
    // What was not asked for is no failure: training text, vocabularies of their own.
    predictors.removeAll { predictor in
      predictor.values.allSatisfy { $0 == nil } || (isShared && predictor.name == "vocabulary_mean_length")
    }
    report.append(
      contentsOf: try PremiumRegression().measure(
        PremiumRegression.Input(
          tokenizer: identity, languages: listed.map { corpus.languages[$0].label }, response: response,
          predictors: predictors, scripts: listed.map { corpus.languages[$0].script })))
    return report
  }

  private func encode(_ index: Int, _ tokenizer: Tokenizer) throws -> Encoded {
    func ids(_ text: TextLines, _ path: String) throws -> [TokenID] {
      let encoder = try DocumentEncoder(tokenizer)
      let buffer = TokenBuffer()
      do {
        for line in 0..<text.count { try text.withLine(line) { try encoder.encode($0, into: buffer) } }
      } catch let error as ToklabError { throw error.in(path) }
      return buffer.ids
    }
    let language = corpus.languages[index]
    let tokens = try ids(language.text, language.path)
    let unknown = tokenizer.model.unknownID.map { id in tokens.count { $0 == id } } ?? 0
    return Encoded(
      tokens: tokens, unknown: unknown,
      trainingTypes: try training.map { Set(try ids($0[index], language.label)) })
  }
}
