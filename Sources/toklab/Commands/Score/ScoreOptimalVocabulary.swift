import ArgumentParser
import Metrics

/// `toklab score optimal-vocab`.
struct ScoreOptimalVocabulary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimal-vocab",
    abstract: "One vocabulary size a language, chosen so that all languages need about as many tokens.",
    discussion: """
      A byte-pair tokenizer cut to its first V tokens is the tokenizer of size V, so counts at every size are \
      exact ('fitted' puts the three-parameter curve through some of them, as is needed where only a few \
      trained sizes exist). With -t all languages share a tokenizer; --monolingual names a folder with one \
      tokenizer a language: LABEL.json, LABEL/tokenizer.json, or LABEL/SIZE/tokenizer.json for trained sizes, \
      which are always fitted.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var choice: LanguageOptions

  @Option(help: ArgumentHelp("The folder of line-aligned files.", valueName: "dir"))
  var parallel: String

  @Option(help: ArgumentHelp("A folder with a tokenizer for each language.", valueName: "dir"))
  var monolingual: String?

  @Option(help: "Whether counts are exact or from a curve.")
  var mode: Mode = .exact

  @Option(help: ArgumentHelp("The smallest size that may be chosen.", valueName: "size"))
  var smallest: Size?

  @Option(help: ArgumentHelp("The largest size that may be chosen.", valueName: "size"))
  var largest: Size?

  @Option(
    help: ArgumentHelp(
      "Token counts to try; 50 between what is in reach when not given.", valueName: "a,b|from:to:step"))
  var targets: String?

  @Option(help: ArgumentHelp("The equal size to compare with.", valueName: "size"))
  var baseline: Size?

  @Option(
    name: .customLong("fit-sizes"),
    help: ArgumentHelp("Sizes whose counts the curve is put through.", valueName: "a,b"))
  var fitSizes: String?

  enum Mode: String, ExpressibleByArgument, CaseIterable { case exact, fitted }

  func validate() throws {
    try format.check(shared)
    guard tokenizers.tokenizer.isEmpty != (monolingual == nil) else {
      throw ValidationError("expected --tokenizer or --monolingual, one of them")
    }
    _ = try ScoreRun.gates(format, [OptimalVocabulary.self])
    if let targets { _ = try Self.numbers(targets, "--targets") }
    if let fitSizes { _ = try Self.numbers(fitSizes, "--fit-sizes") }
    if let smallest, let largest, smallest.value > largest.value {
      throw ValidationError("--smallest \(smallest.value) is above --largest \(largest.value)")
    }
  }

  /// `a,b,c` or `from:to:step`.
  static func numbers(_ text: String, _ option: String) throws -> [Int] {
    func number(_ part: Substring) throws -> Int {
      guard let size = Size(argument: String(part)), size.value > 0 else {
        throw ValidationError("\(option) \(text): '\(part)' is no whole number above 0")
      }
      return size.value
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count == 3 {
      let (from, to, step) = (try number(parts[0]), try number(parts[1]), try number(parts[2]))
      guard from <= to, (to - from) / step < 100_000 else {
        throw ValidationError("\(option) \(text) is out of range; expected FROM:TO:STEP with FROM at most TO")
      }
      return Array(stride(from: from, through: to, by: step))
    }
    return try text.split(separator: ",", omittingEmptySubsequences: false).map(number)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = monolingual == nil ? try tokenizers.open(shared, provenance) : []
    timing.phase("open")
    let corpus = try ParallelCorpus.load(folder: parallel, languages: choice.wanted, clusters: .none)
    var conditions = ScoreConditions(shared, opened)
    try conditions.addCorpus(corpus.files, provenance)
    timing.phase("load")
    var report = MetricReport(notes: corpus.notes)
    if let monolingual {
      let plan = try MonolingualPlan(folder: monolingual, corpus: corpus, pattern: tokenizers.pattern)
      for file in plan.files { try provenance.add(file) }
      let identity = TokenizerIdentity(TokenizerOperand.defaultLabel(monolingual))
      if let exact = try plan.truncations(threads: shared.threadCount) {
        report.append(contentsOf: try measure(identity, labels: corpus.labels, exact))
      } else {
        report.append(contentsOf: try measure(identity, points: try plan.points(threads: shared.threadCount)))
      }
    } else {
      for tokenizer in opened {
        let truncation: MergeTruncation
        do { truncation = try MergeTruncation(tokenizer.tokenizer) } catch {
          throw error.in(tokenizer.operand.path)
        }
        let counts = try parallelMap(corpus.languages.count, threads: shared.threadCount) { index in
          do throws(ToklabError) {
            return try TruncatedCounts(corpus.languages[index].text, with: truncation)
          } catch {
            throw error.in(corpus.languages[index].path)
          }
        }
        report.append(
          contentsOf: try measure(
            TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256), labels: corpus.labels, counts))
      }
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "optimal-vocab", results: report.results, notes: report.notes,
      tables: MetricTables(results: report.results).tables(),
      summary: [("lines", Numbers.grouped(corpus.lineCount))], conditions: conditions)
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [OptimalVocabulary.self]), provenance: provenance,
      timing: timing)
  }

  private func measure(
    _ identity: TokenizerIdentity, labels: [String], _ counts: [TruncatedCounts]
  ) throws -> MetricReport {
    let low = counts.map(\.sizes.lowerBound).max()!
    let high = counts.map(\.sizes.upperBound).min()!
    let from = max(low, min(smallest?.value ?? min(8192, high), high))
    let to = max(from, min(largest?.value ?? high, high))
    let equal = baseline?.value ?? min(max(32_768, from), to)
    var fitted: [Int] = []
    if mode == .fitted {
      if let fitSizes {
        fitted = try Self.numbers(fitSizes, "--fit-sizes")
      } else {
        // Seven sizes, each the same factor above the last.
        for step in 0...6 {
          let size = from + Int((Double(to - from) * (Self.power(2, step) - 1) / 63).rounded())
          if fitted.last != size { fitted.append(size) }
        }
      }
    }
    // Counts are at hand at every size: the one compared with is never predicted.
    if mode == .fitted, !fitted.contains(equal) { fitted.append(equal) }
    var languages: [OptimalVocabulary.Language] = []
    for (label, count) in zip(labels, counts) {
      var language = OptimalVocabulary.Language(
        label: label, points: fitted.map { OptimalVocabulary.Point(size: $0, count: count.count(at: $0)) })
      if mode == .exact {
        language.exact = { (size: Int) throws(ToklabError) -> Int in count.count(at: size) }
      }
      languages.append(language)
    }
    let wanted: [Int]
    if let targets {
      wanted = try Self.numbers(targets, "--targets")
    } else {
      wanted = Self.reach(counts.map { $0.count(at: to) })
    }
    return try OptimalVocabulary(bootstrap: intervals.make(shared)).measure(
      OptimalVocabulary.Input(
        tokenizer: identity, languages: languages, sizes: from...to, targets: wanted, baseline: equal))
  }

  private func measure(
    _ identity: TokenizerIdentity, points: [(label: String, points: [OptimalVocabulary.Point])]
  ) throws -> MetricReport {
    let all = points.flatMap { $0.points.map(\.size) }
    let from = smallest?.value ?? all.min()!
    let to = max(from, largest?.value ?? all.max()!)
    let middle = points[0].points.map(\.size).sorted()
    let equal = baseline?.value ?? (middle.contains(32_768) ? 32_768 : middle[middle.count / 2])
    let wanted: [Int]
    if let targets {
      wanted = try Self.numbers(targets, "--targets")
    } else {
      wanted = Self.reach(points.map { $0.points.map(\.count).min()! })
    }
    return try OptimalVocabulary(bootstrap: intervals.make(shared)).measure(
      OptimalVocabulary.Input(
        tokenizer: identity,
        languages: points.map { OptimalVocabulary.Language(label: $0.label, points: $0.points) },
        sizes: from...to, targets: wanted, baseline: equal))
  }

  /// Fifty counts between the least and the most that a language needs at its largest size: below the one
  /// nobody gets, above the other everybody does.
  /// Fifty counts between the least and the most that languages need at their largest size: below the one
  /// nobody gets, above the other everybody does.
  private static func reach(_ least: [Int]) -> [Int] {
    let low = least.min()!
    let high = least.max()!
    return Array(stride(from: low, through: high, by: max(1, (high - low) / 50)))
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }
}
