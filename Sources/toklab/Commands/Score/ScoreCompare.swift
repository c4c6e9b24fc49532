import ArgumentParser
import Metrics

/// `toklab score compare`.
struct ScoreCompare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare tokenizers with the first one on the same lines: effect, interval, permutation test.",
    discussion: """
      The first -t is what the others are compared with. Lines, or the documents of document_ids.txt, are \
      drawn jointly; p-values are adjusted over all languages and tokenizers (Benjamini and Hochberg).
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var choice: LanguageOptions
  @OptionGroup var clusters: ClusterOptions

  @Option(help: ArgumentHelp("A folder of line-aligned files.", valueName: "dir"))
  var parallel: String?

  @Option(
    help: ArgumentHelp("A text, or a folder of LABEL.txt that need not be aligned.", valueName: "file|dir"))
  var corpus: String?

  func validate() throws {
    try format.check(shared)
    guard (parallel == nil) != (corpus == nil) else {
      throw ValidationError("expected one of --parallel and --corpus")
    }
    if corpus != nil, clusters.cluster != nil { throw ValidationError("--cluster goes with --parallel") }
    guard tokenizers.tokenizer.count >= 2 else {
      throw ValidationError(
        "--tokenizer is given \(tokenizers.tokenizer.count) times; expected two tokenizers or more")
    }
    _ = try ScoreRun.gates(format, [TokenDifference.self])
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    var conditions = ScoreConditions(shared, opened)
    var texts: [(label: String?, lines: TextLines, path: String)] = []
    var notes: [String] = []
    var groups: [Int]?
    if let parallel {
      let loaded = try ParallelCorpus.load(
        folder: parallel, languages: choice.wanted, clusters: clusters.source)
      texts = loaded.languages.map { ($0.label, $0.text, $0.path) }
      notes = loaded.notes
      groups = loaded.clusters
      try conditions.addCorpus(loaded.files, provenance)
    } else if let corpus {
      let loaded = try TextCollection(corpus, languages: choice.wanted)
      texts = loaded.texts.map { ($0.label, $0.lines, $0.path) }
      notes = loaded.notes
      try conditions.addCorpus(loaded.files, provenance)
    }
    timing.phase("load")
    let progress = Progress(
      "counting", total: texts.reduce(0) { $0 + $1.lines.bytes.count } * opened.count, quiet: shared.quiet)
    var counts: [[[Int]]] = []
    for tokenizer in opened {
      let encoders = try (0..<shared.threadCount).map { _ in try DocumentEncoder(tokenizer.tokenizer) }
      var perText: [[Int]] = []
      for text in texts {
        do {
          perText.append(
            try parallelMap(text.lines.count, workers: encoders) { line, encoder in
              try text.lines.withLine(line) { try encoder.count($0).tokens }
            })
        } catch let error as ToklabError {
          progress.finish()
          throw error.in(text.path)
        }
        progress.advance(by: text.lines.bytes.count)
      }
      counts.append(perText)
    }
    progress.finish()
    var pairs: [TokenDifference.Pair] = []
    for index in 1..<opened.count {
      for (place, text) in texts.enumerated() {
        pairs.append(
          TokenDifference.Pair(
            baseline: opened[0].label,
            tokenizer: TokenizerIdentity(opened[index].label, sha256: opened[index].sha256),
            language: text.label, baselineTokens: counts[0][place], tokens: counts[index][place],
            clusters: groups))
      }
    }
    var report = MetricReport(notes: notes)
    report.append(contentsOf: try TokenDifference(bootstrap: intervals.make(shared)).measure(pairs))
    timing.phase("measure")
    let run = ScoreRun(
      verb: "compare", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("compared with", "\(opened[0].label) (SHA-256 \(opened[0].sha256))")],
      conditions: conditions,
      extra: [("baseline", .string(opened[0].label))])
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [TokenDifference.self]), provenance: provenance,
      timing: timing)
  }
}
