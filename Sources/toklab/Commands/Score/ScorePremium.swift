import ArgumentParser
import Metrics

/// `toklab score premium`.
struct ScorePremium: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "premium",
    abstract: "Compare how many tokens the same content costs in each language.",
    discussion: """
      The parallel folder holds one UTF-8 file LABEL.txt per language, line-aligned. A premium of 2 means \
      twice the tokens of the reference language for the same content.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var choice: LanguageOptions
  @OptionGroup var clusters: ClusterOptions

  @Option(help: ArgumentHelp("The folder of line-aligned files.", valueName: "dir"))
  var parallel: String

  @Option(help: ArgumentHelp("The language to divide by.", valueName: "label"))
  var reference: String = "eng"

  @Option(
    help: ArgumentHelp(
      "Adds means by group of languages: a column of languages.tsv such as script.", valueName: "column"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      "Adds means by group from a table of label and group, such as resource classes.", valueName: "file"))
  var groups: String?

  @Option(help: ArgumentHelp("Price of a million tokens: adds cost equivalents.", valueName: "per-million"))
  var price: Double?

  @Option(
    help: ArgumentHelp("A context window: adds what of it each language really has.", valueName: "tokens"))
  var window: Size?

  private static let families: [any Metric.Type] = [TokenPremium.self, BytePremium.self, PremiumGroups.self]

  func validate() throws {
    if let price, !(price >= 0 && price.isFinite) {
      throw ValidationError("--price \(price) is out of range; expected 0 or more")
    }
    if let window, window.value < 1 {
      throw ValidationError("--window \(window.value) is out of range; expected 1 or more")
    }
    if group != nil && groups != nil { throw ValidationError("--group and --groups exclude each other") }
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try ScoreRun.gates(format, Self.families)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let corpus = try ParallelCorpus.load(
      folder: parallel, languages: choice.wanted, reference: reference, clusters: clusters.source)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus(corpus.files, provenance)
    if let groups { try provenance.add(groups) }
    let groups =
      try self.groups.map { try corpus.groups(file: $0) } ?? group.map { try corpus.groups(by: $0) }
    timing.phase("load")
    let bootstrap = intervals.make(shared)
    let metric = TokenPremium(bootstrap: bootstrap, price: price, window: window?.value)
    var report = MetricReport(notes: corpus.notes)
    let bytes = corpus.languages.reduce(0) { $0 + $1.text.bytes.count }
    let progress = Progress("counting", total: bytes * opened.count, quiet: shared.quiet)
    for tokenizer in opened {
      let counts: [LineCounts]
      do {
        counts = try corpus.count(threads: shared.threadCount, progress: { progress.advance(by: $0) }) {
          () throws(ToklabError) in try tokenizer.tokenizer.lineCounter()
        }
      } catch {
        progress.finish()
        throw error
      }
      let input = TokenPremium.Input(
        tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), languages: counts,
        reference: reference, listed: corpus.listed, clusters: corpus.clusters)
      report.append(contentsOf: try metric.measure(input))
      if let groups {
        report.append(
          contentsOf: try PremiumGroups(bootstrap: bootstrap).measure(
            PremiumGroups.Input(premium: input, groups: groups)))
      }
      if tokenizer.label == opened.last?.label {
        report.append(contentsOf: try BytePremium(bootstrap: bootstrap).measure(input))
      }
    }
    progress.finish()
    timing.phase("measure")
    let view = PremiumTables(
      report: report, corpus: corpus, tokenizers: opened.map(\.label), reference: reference)
    let run = ScoreRun(
      verb: "premium", results: report.results, notes: report.notes, tables: view.tables,
      summary: view.summary, conditions: conditions, extra: Self.names(corpus))
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }

  /// What a report needs beside the numbers: names and scripts of the languages, where the corpus knows them.
  private static func names(_ corpus: ParallelCorpus) -> [(String, JSON)] {
    let languages = corpus.listed.compactMap { corpus.language($0) }
    guard languages.contains(where: { $0.name != nil || $0.script != nil }) else { return [] }
    let entries = languages.map { language in
      JSON.object([
        ("language", .string(language.label)), ("name", .string(language.name)),
        ("script", .string(language.script)),
      ])
    }
    return [("languages", .array(entries))]
  }
}
