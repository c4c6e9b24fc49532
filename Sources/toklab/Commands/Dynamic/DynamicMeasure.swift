import ArgumentParser
import Metrics
import Tokenizers

/// `toklab dynamic measure`.
struct DynamicMeasure: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure how much shorter dynamic tokenization makes parallel texts, with intervals.",
    discussion: """
      Lines are merged in batches in the order of the files; intervals draw batches, the same ones in all \
      languages. 'mean' is the unweighted mean of the languages' reductions.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var dynamic: DynamicOptions
  @OptionGroup var intervals: BootstrapOptions
  @OptionGroup var choice: LanguageOptions

  @Option(help: ArgumentHelp("The folder of line-aligned files.", valueName: "dir"))
  var parallel: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws { try tokenizers.requireOne() }

  /// A line of the table.
  private struct Row {
    var tokenizer: String
    var language: String
    var before: Int?
    var after: Int?
    var value: Double?
    var interval: ClosedRange<Double>?
    var batches: Int
    var merges: Int?
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    let corpus = try ParallelCorpus.load(folder: parallel, languages: choice.wanted, clusters: .none)
    for file in corpus.files { try provenance.add(file) }
    timing.phase("open")
    let target = try ResultFile(output)
    let progress = Progress(
      "merging", total: opened.count * corpus.languages.count, unit: .things("texts"), quiet: shared.quiet)
    defer { progress.finish() }
    var rows: [Row] = []
    for tokenizer in opened {
      let merging = DynamicBatchMerge(tokenizer.tokenizer, options: dynamic.options)
      let encoder = try BatchEncoder(tokenizer.tokenizer, threads: shared.threadCount)
      var columns: [[Int]] = []
      for language in corpus.languages {
        let (before, after, merges) = try measure(language, encoder, merging)
        columns.append(before)
        columns.append(after)
        let sums = UnitSums(columns: [before, after], clusters: nil, bootstrap: intervals.make(shared))
        rows.append(
          Row(
            tokenizer: tokenizer.label, language: language.label, before: before.reduce(0, +),
            after: after.reduce(0, +), value: sums.total.withUnsafeBufferPointer { Self.mean($0) },
            interval: sums.interval { Self.mean($0) }, batches: before.count, merges: merges))
        progress.advance(by: 1)
      }
      let all = UnitSums(columns: columns, clusters: nil, bootstrap: intervals.make(shared))
      rows.append(
        Row(
          tokenizer: tokenizer.label, language: "mean",
          value: all.total.withUnsafeBufferPointer { Self.mean($0) },
          interval: all.interval { Self.mean($0) },
          batches: all.units))
    }
    progress.finish()
    timing.phase("measure")
    if shared.json {
      let members = dynamic.json + [("rows", JSON.array(rows.map(Self.json)))]
      try target.output.write(Document.make("dynamic-measure", members, provenance, timing).document())
    } else {
      let style = output == nil ? shared.style : Style(enabled: false)
      try target.output.write(Self.table(rows).text(style))
    }
    try target.commit()
  }

  /// Tokens of each batch before and after, and the merges of all.
  private func measure(
    _ language: ParallelCorpus.Language, _ encoder: BatchEncoder, _ merging: DynamicBatchMerge
  ) throws -> (before: [Int], after: [Int], merges: Int) {
    let text = language.text
    let documents = (0..<text.count).map { text.range(ofLine: $0) }
    let encoded: BatchEncoder.Result
    do {
      encoded = try (text.bytes + [UInt8](repeating: 0, count: 16)).withUnsafeBufferPointer {
        try encoder.encode(UnsafeBufferPointer(rebasing: $0[..<text.bytes.count]), documents: documents)
      }
    } catch let error as ToklabError { throw error.in(language.path) }
    let size = dynamic.batch
    let batches = try parallelMap((text.count + size - 1) / size, threads: shared.threadCount) { index in
      let lines = (index * size)..<min(text.count, (index + 1) * size)
      return try merging.merge(lines.map { Array(encoded[$0]) })
    }
    return (
      batches.map(\.tokensBefore), batches.map(\.tokensAfter), batches.reduce(0) { $0 + $1.merges.count }
    )
  }

  /// The mean over languages of the share of tokens that is gone; columns are before, after, before, ….
  private static func mean(_ totals: UnsafeBufferPointer<Double>) -> Double {
    var sum = 0.0
    for language in 0..<totals.count / 2 { sum += 1 - totals[language * 2 + 1] / totals[language * 2] }
    return sum / Double(totals.count / 2)
  }

  private static func json(_ row: Row) -> JSON {
    .object([
      ("tokenizer", .string(row.tokenizer)), ("language", .string(row.language)),
      ("base_tokens", row.before.map { .int($0) } ?? .null),
      ("dynamic_tokens", row.after.map { .int($0) } ?? .null), ("reduction", .number(row.value)),
      ("low", .number(row.interval?.lowerBound)), ("high", .number(row.interval?.upperBound)),
      ("batches", .int(row.batches)), ("merges", row.merges.map { .int($0) } ?? .null),
    ])
  }

  private static func table(_ rows: [Row]) -> Table {
    var table = Table([
      .init("tokenizer"), .init("language"), .init("base tokens", .right), .init("dynamic tokens", .right),
      .init("reduction", .right), .init("95 % interval", .right), .init("merges a batch", .right),
    ])
    func percent(_ value: Double) -> String { Numbers.fixed(value * 100, 2) }
    for row in rows {
      table.append([
        row.tokenizer, row.language, row.before.map { Numbers.grouped($0) } ?? "",
        row.after.map { Numbers.grouped($0) } ?? "", row.value.map { percent($0) + " %" } ?? "n/a",
        row.interval.map { "\(percent($0.lowerBound)) to \(percent($0.upperBound)) %" } ?? "",
        row.merges.map { Numbers.fixed(Double($0) / Double(max(1, row.batches)), 1) } ?? "",
      ])
    }
    return table
  }
}
