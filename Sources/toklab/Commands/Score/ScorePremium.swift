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

  @Option(help: ArgumentHelp("The folder of line-aligned files.", valueName: "dir"))
  var parallel: String

  @Option(help: ArgumentHelp("The language to divide by.", valueName: "label"))
  var reference: String = "eng"

  @Option(help: ArgumentHelp("Only these languages, in this order.", valueName: "a,b"))
  var languages: String?

  @Option(
    help: ArgumentHelp("Bootstrap replicates behind the 95 % intervals; 0 turns them off.", valueName: "n"))
  var bootstrap: Int = 2000

  @Option(help: "How intervals are made.")
  var interval: IntervalChoice = .percentile

  @Option(
    help: ArgumentHelp(
      "One cluster id a line for the bootstrap, or 'none'; document_ids.txt of the folder when not given.",
      valueName: "file"))
  var cluster: String?

  @Option(help: ArgumentHelp("Price of a million tokens: adds cost equivalents.", valueName: "per-million"))
  var price: Double?

  @Option(
    help: ArgumentHelp("A context window: adds what of it each language really has.", valueName: "tokens"))
  var window: Size?

  enum IntervalChoice: String, ExpressibleByArgument, CaseIterable { case percentile, bca }

  private var gates: [Gate] {
    get throws { try format.gates.map { try Gate($0, known: TokenPremium.descriptors) } }
  }

  func validate() throws {
    guard (0...10_000_000).contains(bootstrap) else {
      throw ValidationError("--bootstrap \(bootstrap) is out of range; expected 0 or more")
    }
    if let price, !(price >= 0 && price.isFinite) {
      throw ValidationError("--price \(price) is out of range; expected 0 or more")
    }
    if let window, window.value < 1 {
      throw ValidationError("--window \(window.value) is out of range; expected 1 or more")
    }
    if let list = wantedLanguages, list.contains("") {
      throw ValidationError("--languages has an empty name; expected labels separated by commas")
    }
    try format.check(shared)
    try tokenizers.requireOne()
    _ = try gates
  }

  private var wantedLanguages: [String]? {
    languages?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    timing.phase("open")
    let clusters: ParallelCorpus.ClusterSource =
      switch cluster {
      case nil: .automatic
      case "none": .none
      case let path?: .file(path)
      }
    let corpus = try ParallelCorpus.load(
      folder: parallel, languages: wantedLanguages, reference: reference, clusters: clusters)
    if shared.json { for file in corpus.files { try provenance.add(file) } }
    timing.phase("load")
    let metric = TokenPremium(
      bootstrap: Bootstrap(
        replicates: bootstrap, seed: shared.seed, interval: interval == .bca ? .bca : .percentile,
        threads: shared.threadCount),
      price: price, window: window?.value)
    var report = MetricReport(notes: corpus.notes)
    let bytes = corpus.languages.reduce(0) { $0 + $1.text.bytes.count }
    let progress = Progress("counting", total: bytes * opened.count, quiet: shared.quiet)
    for tokenizer in opened {
      let counts: [LineCounts]
      do {
        counts = try corpus.count(threads: shared.threadCount, progress: { progress.advance(by: $0) }) {
          () throws(ToklabError) in try tokenizer.lineCounter()
        }
      } catch {
        progress.finish()
        throw error
      }
      report.append(
        contentsOf: try metric.measure(
          TokenPremium.Input(
            tokenizer: TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), languages: counts,
            reference: reference, listed: corpus.listed, clusters: corpus.clusters)))
    }
    progress.finish()
    timing.phase("measure")
    let view = PremiumTables(
      report: report, corpus: corpus, tokenizers: opened.map(\.label), reference: reference)
    let run = ScoreRun(
      verb: "premium", results: report.results, notes: report.notes, tables: view.tables,
      summary: view.summary)
    try run.write(format, shared, gates: try gates, provenance: provenance, timing: timing)
  }
}
