import ArgumentParser
import Tokenizers

/// `toklab dynamic encode`.
struct DynamicEncode: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Encode lines in batches whose frequent pairs of tokens become tokens.",
    discussion: """
      A line is a sequence. Per batch every valid pair of neighbours is counted, the most frequent one \
      becomes a token, and so on. A token that the vocabulary does not have gets the next id after it, in \
      each batch anew; --json gives the sequences and what each token was made of.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var settings: EncodeSettings
  @OptionGroup var dynamic: DynamicOptions

  @Argument(help: "Files or folders; '-' or nothing is standard input.", completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "Write merges, tokens and mean length (CSV): from it the merges for a length are read.",
      valueName: "file"))
  var curve: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws { try tokenizers.requireExactlyOne() }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let record = shared.json ? provenance : nil
    let opened = try tokenizers.open(shared, record)[0]
    let options = try settings.options(shared, for: [opened])
    timing.phase("open")
    shared.announceStandardInput(files)
    let reader = try DocumentReader(files, DocumentRules(perLine: true, format: .text), provenance: record)
    let target = try ResultFile(output)
    let curveTarget = try curve.map { try ResultFile($0) }
    let progress = Progress("merging", total: reader.totalBytes, quiet: shared.quiet)
    defer { progress.finish() }
    let encoder = try BatchEncoder(opened.tokenizer, options: options, threads: shared.threadCount)
    let merging = DynamicBatchMerge(opened.tokenizer, options: dynamic.options)
    var result = DynamicResult(keepsBatches: shared.json)
    var open: [[TokenID]] = []
    while let batch = try reader.next() {
      do {
        let encoded = try batch.withBytes { try encoder.encode($0, documents: batch.documents) }
        for document in encoded.ends.indices { open.append(Array(encoded[document])) }
      } catch let error as ToklabError {
        progress.finish()
        throw reader.located(error, in: batch)
      }
      let whole = open.count / dynamic.batch * dynamic.batch
      try result.add(open[..<whole], merging, size: dynamic.batch, threads: shared.threadCount)
      open.removeFirst(whole)
      progress.set(reader.bytesRead)
    }
    try result.add(open[...], merging, size: dynamic.batch, threads: shared.threadCount)
    progress.finish()
    timing.phase("merge")
    if shared.json {
      let members = dynamic.json + result.json
      try target.output.write(Document.make("dynamic-encode", members, provenance, timing).document())
    } else {
      let style = output == nil ? shared.style : Style(enabled: false)
      try target.output.write(Table.pairs(result.pairs, style))
      try target.output.write("\n" + result.table.text(style))
    }
    if let curveTarget {
      try curveTarget.output.write(result.curve.csv(sequences: result.sequences))
      try curveTarget.commit()
    }
    try target.commit()
  }
}

/// The batches of `dynamic encode` so far.
struct DynamicResult {
  let keepsBatches: Bool
  private(set) var sequences = 0
  private(set) var curve = MergeCurve()
  private var batches = 0
  private var before = 0
  private var after = 0
  private var merges = 0
  private var made = 0
  private var records: [JSON] = []

  init(keepsBatches: Bool) { self.keepsBatches = keepsBatches }

  /// Merges lines in batches of `size`, the last of which may be smaller.
  mutating func add(_ lines: ArraySlice<[TokenID]>, _ merging: DynamicBatchMerge, size: Int, threads: Int)
    throws
  {
    let count = (lines.count + size - 1) / size
    let first = lines.startIndex
    let done = try parallelMap(count, threads: threads) { index in
      let start = first + index * size
      return try merging.merge(Array(lines[start..<min(start + size, lines.endIndex)]))
    }
    for batch in done {
      batches += 1
      sequences += batch.sequences.count
      before += batch.tokensBefore
      after += batch.tokensAfter
      merges += batch.merges.count
      made += batch.vocabulary.count { $0.parts.count > 1 }
      curve.add(batch)
      if keepsBatches { records.append(Self.json(batch)) }
    }
  }

  var reduction: Double? { before > 0 ? Double(before - after) / Double(before) : nil }

  var json: [(String, JSON)] {
    [
      ("sequences", .int(sequences)), ("base_tokens", .int(before)), ("dynamic_tokens", .int(after)),
      ("reduction", .number(reduction)), ("curve", .array(curve.tokens.map { .int($0) })),
      ("batches", .array(records)),
    ]
  }

  private static func json(_ batch: DynamicBatch) -> JSON {
    .object([
      ("tokens_before", .int(batch.tokensBefore)), ("tokens_after", .int(batch.tokensAfter)),
      (
        "merges",
        .array(
          batch.merges.map {
            .object([
              ("left", .int(Int($0.left))), ("right", .int(Int($0.right))), ("id", .int(Int($0.id))),
              ("count", .int($0.count)),
            ])
          })
      ),
      (
        "vocabulary",
        .array(
          batch.vocabulary.map {
            .object([
              ("id", .int(Int($0.id))), ("bytes_hex", .string(hex($0.bytes))),
              ("parts", .array($0.parts.map { .int(Int($0)) })),
            ])
          })
      ), ("sequences", .array(batch.sequences.map { .array($0.map { .int(Int($0)) }) })),
    ])
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  var pairs: [(String, String)] {
    func mean(_ value: Int) -> String {
      batches > 0 ? Numbers.fixed(Double(value) / Double(batches), 1) : "n/a"
    }
    let share = reduction.map { Numbers.fixed($0 * 100, 2) + " %" } ?? "n/a"
    return [
      ("sequences", "\(Numbers.grouped(sequences)) in \(Numbers.grouped(batches)) batches"),
      ("base tokens", Numbers.grouped(before)), ("dynamic tokens", Numbers.grouped(after)),
      ("reduction", share), ("merges a batch", mean(merges)), ("new tokens a batch", mean(made)),
    ]
  }

  /// Length by merges.
  var table: Table {
    var table = Table([.init("merges", .right), .init("mean length", .right), .init("reduction", .right)])
    for merges in curve.milestones {
      let tokens = curve.tokens[merges]
      table.append([
        Numbers.grouped(merges),
        sequences > 0 ? Numbers.fixed(Double(tokens) / Double(sequences), 2) : "n/a",
        before > 0 ? Numbers.fixed(Double(before - tokens) / Double(before) * 100, 2) + " %" : "n/a",
      ])
    }
    return table
  }
}
