import Adapt
import ArgumentParser
import Metrics

/// `toklab score vocabulary`.
struct ScoreVocabulary: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary",
    abstract: "What a vocabulary is made of, and which of its tokens no text can produce.",
    discussion: """
      With --embeddings (a matrix in .npy, or the only or named two-dimensional tensor of a .safetensors file) \
      the tokens whose rows look untrained are listed too.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var format: ScoreOutputOptions

  @Option(help: ArgumentHelp("An embedding matrix, one row an id.", valueName: "file"))
  var embeddings: String?

  @Option(help: ArgumentHelp("The tensor of a .safetensors file.", valueName: "name"))
  var tensor: String?

  @Option(help: "How the distance to untrained rows is measured.")
  var indicator: UndertrainedTokens.Indicator = .cosineLessMean

  private static let families: [any Metric.Type] = [
    VocabularyComposition.self, Reachability.self, UndertrainedTokens.self,
  ]

  func validate() throws {
    try format.check(shared)
    if embeddings != nil { try tokenizers.requireExactlyOne() } else { try tokenizers.requireOne() }
    if tensor != nil && embeddings == nil { throw ValidationError("--tensor goes with --embeddings") }
    _ = try ScoreRun.gates(format, Self.families)
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(shared, provenance)
    var conditions = ScoreConditions(shared, opened)
    if let embeddings { try conditions.addCorpus([embeddings], provenance) }
    timing.phase("open")
    var report = MetricReport()
    var candidates: [UndertrainedTokens.Candidate] = []
    for tokenizer in opened {
      let identity = TokenizerIdentity(tokenizer.label, sha256: tokenizer.sha256)
      let special = Set(tokenizer.tokenizer.definition.addedTokens.filter(\.special).map(\.id))
      report.append(
        contentsOf: try VocabularyComposition().measure(
          VocabularyComposition.Input(
            tokenizer: identity, vocabulary: tokenizer.tokenizer.vocabulary, special: special)))
      let reach = try Reachability.Input(
        tokenizer.tokenizer, identity: identity, threads: shared.threadCount)
      report.append(contentsOf: try Reachability().measure(reach))
      if let embeddings {
        let matrix = try EmbeddingMatrix(embeddings, tensor: tensor)
        let input = UndertrainedTokens.Input(
          tokenizer: identity, rows: matrix.rows, width: matrix.width, values: matrix.values,
          outcomes: reach.outcomes, capacity: tokenizer.tokenizer.capacity)
        report.append(contentsOf: try UndertrainedTokens(indicator).measure(input))
        candidates = try UndertrainedTokens(indicator).candidates(input)
      }
    }
    timing.phase("measure")
    var tables = MetricTables(results: report.results).tables(title: "script")
    if let tokenizer = opened.first, !candidates.isEmpty {
      var table = Table([
        .init("id", .right), .init("token"), .init("distance", .right), .init("length", .right),
      ])
      for candidate in candidates.prefix(40) {
        table.append([
          String(candidate.id), ByteEscape.utf8(tokenizer.tokenizer.bytes(of: candidate.id) ?? []).text,
          candidate.distance.map { Numbers.fixed($0, 4) } ?? "n/a", Numbers.fixed(candidate.norm, 4),
        ])
      }
      tables.append(table)
    }
    let run = ScoreRun(
      verb: "vocabulary", results: report.results, notes: report.notes, tables: tables, summary: [],
      conditions: conditions,
      extra: candidates.isEmpty
        ? []
        : [
          (
            "candidates",
            .array(
              candidates.map {
                .object([
                  ("id", .int(Int($0.id))), ("distance", .number($0.distance)), ("norm", .number($0.norm)),
                ])
              })
          )
        ])
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, Self.families), provenance: provenance, timing: timing
    )
  }
}

extension UndertrainedTokens.Indicator: ExpressibleByArgument {}

/// A matrix of numbers in .npy or .safetensors.
struct EmbeddingMatrix {
  let rows: Int
  let width: Int
  let values: [Double]

  init(_ path: String, tensor name: String?) throws {
    let shape: [Int]
    if path.hasSuffix(".npy") {
      let file = try NumpyFile(path)
      shape = file.shape
      values = try file.doubles(0..<shape.reduce(1, *))
    } else {
      let file = try SafetensorsFile(path)
      let matrices = file.tensors.filter { $0.shape.count == 2 }
      let tensor = name.map { file.tensor($0) } ?? (matrices.count == 1 ? matrices[0] : nil)
      guard let tensor else {
        throw ToklabError(
          file: path, name.map { "no tensor \($0)" } ?? "\(matrices.count) matrices",
          expected:
            "one matrix, or --tensor with one of \(matrices.prefix(8).map(\.name).joined(separator: ", "))")
      }
      shape = tensor.shape
      values = file.doubles(of: tensor, 0..<shape.reduce(1, *))
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw ToklabError(file: path, "shape \(shape)", expected: "a matrix: one row an id")
    }
    rows = shape[0]
    width = shape[1]
  }
}
