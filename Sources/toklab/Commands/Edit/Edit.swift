import ArgumentParser
import Tokenizers

/// `toklab edit`.
struct Edit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change a tokenizer's vocabulary: cut it, prune it, add to it, extend it.",
    discussion: """
      One of --truncate, --prune, --add, --extend, --remove-unreachable. Writes a tokenizer.json that the \
      reference library loads, and ids.tsv in the same folder: old id, tab, new id, for every token that is \
      kept. Added tokens, the unknown token and single bytes or characters always stay.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var corpus: CorpusOptions

  @Argument(help: "A tokenizer (without -t).", completion: .file())
  var operands: [String] = []

  @Option(
    help: ArgumentHelp("Keep the first tokens (by merge, or by score): so many in all.", valueName: "size"))
  var truncate: Size?

  @Option(
    help: ArgumentHelp(
      "Drop the tokens that this text misses least, down to --keep (repeatable).", valueName: "corpus"),
    completion: .file())
  var prune: [String] = []

  @Option(help: ArgumentHelp("With --prune: tokens in all.", valueName: "size"))
  var keep: Size?

  @Option(
    help: ArgumentHelp(
      "Add the lines of a file as added tokens, which are kept whole in any text.", valueName: "file"),
    completion: .file())
  var add: String?

  @Option(
    help: ArgumentHelp("Learn more merges from this text, up to --to ids (repeatable).", valueName: "corpus"),
    completion: .file())
  var extend: [String] = []

  @Option(help: ArgumentHelp("With --extend: ids in all.", valueName: "size"))
  var to: Size?

  @Option(help: ArgumentHelp("With --extend: merge only pairs that occur this often.", valueName: "n"))
  var minFrequency: Int64 = 0

  @Flag(help: "Drop the tokens that no text becomes.")
  var removeUnreachable = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to a file, or to a folder when it ends in '/' or is one.", valueName: "file|dir/"))
  var output: String?

  func validate() throws {
    let (values, files) = try tokenizers.split(operands)
    if values.count > 1 || !files.isEmpty {
      throw ValidationError("edit takes one tokenizer; unexpected argument '\(files.first ?? values[1])'")
    }
    let asked = [truncate != nil, !prune.isEmpty, add != nil, !extend.isEmpty, removeUnreachable].count { $0 }
    guard asked == 1 else {
      throw ValidationError(
        "edit takes exactly one of --truncate, --prune, --add, --extend and --remove-unreachable; \(asked) are given"
      )
    }
    if prune.isEmpty != (keep == nil) { throw ValidationError("--prune CORPUS and --keep N go together") }
    if extend.isEmpty != (to == nil) { throw ValidationError("--extend CORPUS and --to N go together") }
    for (name, size) in [("--truncate", truncate), ("--keep", keep), ("--to", to)] {
      if let size, size.value < 1 {
        throw ValidationError("\(name) \(size.value) is out of range; expected 1 or more")
      }
    }
    guard minFrequency >= 0 else {
      throw ValidationError("--min-frequency \(minFrequency) is out of range; expected 0 or more")
    }
    if minFrequency > 0, extend.isEmpty { throw ValidationError("--min-frequency goes with --extend") }
    if corpus.isGiven, prune.isEmpty, extend.isEmpty {
      throw ValidationError("options of a text go with --prune and --extend")
    }
    guard let output, output != "-" else {
      throw ValidationError("edit writes a tokenizer and ids.tsv; name the place with -o")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let record = shared.json ? provenance : nil
    let opened = try tokenizers.open(tokenizers.split(operands).tokenizers, shared, record)[0]
    let target = try EditTarget(output!)
    for loss in HuggingFaceExport.losses(opened.tokenizer.definition) {
      shared.warn("\(opened.operand.path): a tokenizer.json does not hold \(loss)")
    }
    let surgery: VocabularySurgery
    do { surgery = try VocabularySurgery(opened.tokenizer.definition) } catch {
      throw error.in(opened.operand.path)
    }
    timing.phase("open")
    let outcome: Outcome
    do {
      if let truncate {
        outcome = Outcome(
          "truncate", try surgery.truncated(to: truncate.value), [("size", .int(truncate.value))])
      } else if removeUnreachable {
        outcome = try withoutUnreachable(surgery)
      } else if let add {
        outcome = try added(surgery, add, record)
      } else if let keep {
        outcome = try pruned(surgery, keep.value, record)
      } else {
        outcome = try extended(surgery, to!.value, record)
      }
    } catch let error as ToklabError {
      // A size that the tokenizer rules out is a fault of the two together.
      throw error.position == nil && error.file == nil ? error.in(opened.operand.path) : error
    }
    timing.phase("edit")
    let recipe = JSON.object(
      [("operation", .string(outcome.operation)), ("source_sha256", .string(opened.sha256))] + outcome.recipe)
    try target.commit(outcome.edited, recipe: recipe)
    timing.phase("write")
    try report(outcome, surgery, provenance, timing)
  }

  /// What an operation did.
  private struct Outcome {
    var operation: String
    var edited: EditedTokenizer
    /// What determines the result.
    var recipe: [(String, JSON)]
    /// Tokens of the text before, after, and after naive truncation.
    var text: [(name: String, tokens: Int64)] = []

    init(_ operation: String, _ edited: EditedTokenizer, _ recipe: [(String, JSON)]) {
      self.operation = operation
      self.edited = edited
      self.recipe = recipe
    }
  }

  private func withoutUnreachable(_ surgery: VocabularySurgery) throws -> Outcome {
    let tokenizer = try Tokenizer(surgery.definition)
    let ids = surgery.tokens.filter { !surgery.required.contains($0) }
    let probes = try (0..<shared.threadCount).map { _ in try ReachabilityProbe(tokenizer) }
    let size = 4096
    let blocks = try parallelMap((ids.count + size - 1) / size, workers: probes) { block, probe in
      try ids[(block * size)..<min(ids.count, (block + 1) * size)].filter {
        try !probe.outcome($0).0.isUnreachable
      }
    }
    return Outcome("remove-unreachable", try surgery.keeping(Set(blocks.joined())), [])
  }

  private func added(_ surgery: VocabularySurgery, _ path: String, _ record: Provenance?) throws -> Outcome {
    let bytes = try FileBytes.read(path)
    try record?.add(path)
    var tokens: [[UInt8]] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      if line.isEmpty, index == bytes.count(where: { $0 == 0x0A }) { break }
      guard !line.isEmpty, UTF8Scalar.isValidText(Array(line)) else {
        throw ToklabError(
          file: path, at: .line(index + 1), line.isEmpty ? "an empty line" : "bytes that are not UTF-8",
          expected: "a token a line")
      }
      tokens.append(Array(line))
    }
    guard !tokens.isEmpty else { throw ToklabError(file: path, "no tokens", expected: "a token a line") }
    let edited = try surgery.adding(tokens)
    let known = tokens.count - (edited.definition.addedTokens.count - surgery.definition.addedTokens.count)
    if known > 0 {
      shared.note("\(path): \(Numbers.grouped(known)) lines name tokens that were added before")
    }
    return Outcome("add", edited, [("tokens_sha256", .string(SHA256.hex(bytes)))])
  }

  private func pruned(_ surgery: VocabularySurgery, _ size: Int, _ record: Provenance?) throws -> Outcome {
    let text = try corpus.corpus(prune, record)
    let counting = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    let pruning = Progress(
      "pruning", total: max(0, surgery.tokens.count - size), unit: .things("tokens"), quiet: shared.quiet)
    defer {
      counting.finish()
      pruning.finish()
    }
    let (edited, before, after, truncated) = try surgery.pruned(
      to: size, on: text,
      run: TrainingRun(threads: shared.threadCount) { phase, done in
        phase == .count ? counting.set(done) : pruning.set(done)
      })
    var outcome = Outcome("prune", edited, [("size", .int(size))])
    outcome.text = [("before", before), ("after", after), ("truncated", truncated)]
    return outcome
  }

  private func extended(_ surgery: VocabularySurgery, _ size: Int, _ record: Provenance?) throws -> Outcome {
    let text = try corpus.corpus(extend, record)
    let counting = Progress("counting", total: CorpusOptions.size(text), quiet: shared.quiet)
    let learning = Progress("merging", total: size, unit: .things("tokens"), quiet: shared.quiet)
    defer {
      counting.finish()
      learning.finish()
    }
    let tokenizer = try Tokenizer(surgery.definition)
    // Pieces of a unigram model have no holes: new ones come before added tokens behind them.
    var (first, size) = (TokenID?.none, size)
    if case .unigram(let model) = surgery.definition.model {
      guard size > surgery.capacity else {
        throw ToklabError("a size of \(size)", expected: "more than the \(surgery.capacity) ids there are")
      }
      first = TokenID(model.vocabulary.capacity)
      size -= surgery.capacity - model.vocabulary.capacity
    }
    let learned = try VocabularyExtender(size: size, minFrequency: minFrequency).extend(
      tokenizer, from: first, on: text,
      run: TrainingRun(threads: shared.threadCount) { phase, done in
        phase == .count ? counting.set(done) : learning.set(done)
      })
    var outcome = Outcome(
      "extend", try surgery.extended(by: learned),
      [("size", .int(to!.value)), ("min_frequency", .int(Int(minFrequency)))])
    outcome.text = [("before", learned.tokensBefore), ("after", learned.tokensAfter)]
    return outcome
  }

  private func report(
    _ outcome: Outcome, _ surgery: VocabularySurgery, _ provenance: Provenance, _ timing: Timing
  ) throws {
    let definition = outcome.edited.definition
    let vocabulary = definition.model.vocabulary
    let after = vocabulary.count + definition.addedTokens.count { !vocabulary.contains($0.id) }
    let kept = outcome.edited.newIDs.count { $0 != nil }
    if let asked = to, after < asked.value, vocabulary.capacity < asked.value {
      shared.warn(
        "the text gives only \(Numbers.grouped(after)) tokens of the \(Numbers.grouped(asked.value)) asked for"
      )
    }
    if shared.json {
      var members: [(String, JSON)] = [
        ("operation", .string(outcome.operation)), ("tokens_before", .int(surgery.tokens.count)),
        ("tokens_after", .int(after)), ("removed", .int(surgery.tokens.count - kept)),
        ("added", .int(after - kept)),
      ]
      if !outcome.text.isEmpty {
        members.append(("text_tokens", .object(outcome.text.map { ($0.name, .int(Int($0.tokens))) })))
      }
      let output = Output.standard()
      try output.write(Document.make("edit", members, provenance, timing).document())
      return try output.flush()
    }
    guard !shared.quiet else { return }
    var pairs = [
      (
        "tokens",
        "\(Numbers.grouped(surgery.tokens.count)) before, \(Numbers.grouped(after)) after; \(Numbers.grouped(surgery.tokens.count - kept)) removed, \(Numbers.grouped(after - kept)) added"
      )
    ]
    for (name, tokens) in outcome.text {
      let first = outcome.text[0].tokens
      let change = first > 0 ? " (\(Numbers.fixed((Double(tokens) / Double(first) - 1) * 100, 3)) %)" : ""
      pairs.append(("text, \(name)", "\(Numbers.grouped(Int(tokens))) tokens\(change)"))
    }
    pairs.append(("time", Numbers.duration(timing.total)))
    StandardError.write(Table.pairs(pairs, shared.errorStyle))
  }
}

extension UTF8Scalar {
  /// Whether bytes are UTF-8.
  fileprivate static func isValidText(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { firstInvalid($0) == nil }
  }
}
