import ArgumentParser
import Metrics

/// How a `score` verb prints its rows, and what it checks on them.
struct ScoreOutputOptions: ParsableArguments {
  @Flag(help: "Comma-separated values, one row a number.")
  var csv = false

  @Flag(help: "A Markdown table.")
  var markdown = false

  @Flag(help: "A LaTeX tabular (booktabs).")
  var latex = false

  @Option(
    name: .customLong("gate"),
    help: ArgumentHelp(
      "A condition 'METRIC[@LANGUAGE] OP NUMBER' with <=, >=, < or >; exit status 1 when it fails.",
      valueName: "condition"))
  var gates: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    guard [csv, markdown, latex].filter({ $0 }).count <= 1 else {
      throw ValidationError("--csv, --markdown and --latex exclude each other")
    }
  }

  func check(_ shared: SharedOptions) throws {
    if shared.json && (csv || markdown || latex) {
      throw ValidationError("--json excludes --csv, --markdown and --latex")
    }
  }
}

extension MetricResult {
  func json(_ conditions: ScoreConditions) -> JSON {
    let number: JSON
    switch value {
    case .count(let count): number = .int(count)
    case .real(let real): number = .number(real)
    case nil: number = .null
    }
    return .object([
      ("tokenizer", .string(tokenizer)), ("tokenizer_sha256", .string(tokenizerSHA256)),
      ("language", .string(language)), ("metric", .string(metric)), ("metric_version", .int(metricVersion)),
      ("value", number), ("low", .number(low)), ("high", .number(high)),
      ("estimator", .string(estimator.rawValue)), ("unit", .string(unit)), ("n", .int(n)),
      ("encode_mode", .string(encodeMode.rawValue)), ("null_reason", .string(nullReason)),
      ("special_tokens", .string(conditions.specialTokens)),
      ("normalization", .string(conditions.normalization(of: tokenizer))),
      ("corpus_sha256", .string(conditions.corpusSHA256)), ("seed", .unsigned(conditions.seed)),
    ])
  }

  fileprivate func csv(_ conditions: ScoreConditions) -> String {
    let number: String
    switch value {
    case .count(let count): number = String(count)
    case .real(let real): number = Numbers.shortest(real)
    case nil: number = ""
    }
    return [
      tokenizer, tokenizerSHA256 ?? "", language ?? "", metric, String(metricVersion), number,
      low.map(Numbers.shortest) ?? "", high.map(Numbers.shortest) ?? "", estimator.rawValue, unit,
      String(n), encodeMode.rawValue, nullReason ?? "", conditions.specialTokens,
      conditions.normalization(of: tokenizer), conditions.corpusSHA256 ?? "", String(conditions.seed),
    ].map(TextFormats.csv).joined(separator: ",")
  }

  fileprivate static let csvHeader =
    "tokenizer,tokenizer_sha256,language,metric,metric_version,value,low,high,estimator,unit,n,encode_mode,null_reason,special_tokens,normalization,corpus_sha256,seed"
}

/// The rows of one run on their way out.
struct ScoreRun {
  var verb: String
  var results: [MetricResult]
  var notes: [String]
  /// The table for people, in the order of reading.
  var tables: [Table]
  var summary: [(String, String)]
  var conditions: ScoreConditions
  /// Further members of the JSON document.
  var extra: [(String, JSON)] = []

  func write(
    _ options: ScoreOutputOptions, _ shared: SharedOptions, gates: [Gate], provenance: Provenance,
    timing: Timing
  ) throws {
    let verdicts = try gates.flatMap { try $0.verdicts(on: results) }
    let file = try ResultFile(options.output)
    let output = file.output
    if shared.json {
      var members: [(String, JSON)] = [("rows", .array(results.map { $0.json(conditions) }))]
      members += extra
      if !notes.isEmpty { members.append(("notes", .strings(notes))) }
      if !gates.isEmpty { members.append(("gates", .array(verdicts.map(\.json)))) }
      try output.write(Document.make("score.\(verb)", members, provenance, timing).document())
    } else if options.csv {
      try output.line(MetricResult.csvHeader)
      for row in results { try output.line(row.csv(conditions)) }
    } else if options.markdown {
      try output.write(tables.map(TextFormats.markdown).joined(separator: "\n"))
    } else if options.latex {
      try output.write(tables.map(TextFormats.latex).joined(separator: "\n"))
    } else {
      let style = options.output == nil ? shared.style : Style(enabled: false)
      for table in tables { try output.write(table.text(style)) }
      if !summary.isEmpty { try output.write("\n" + Table.pairs(summary, style)) }
      if !verdicts.isEmpty { try output.line() }
      for verdict in verdicts {
        try output.line(verdict.passed ? style.green(verdict.text) : style.red(verdict.text))
      }
    }
    try file.commit()
    for note in notes { shared.note(note) }
    if options.csv || options.markdown || options.latex {
      for verdict in verdicts { shared.note(verdict.text) }
    }
    if verdicts.contains(where: { !$0.passed }) { throw CheckFailed() }
  }
}
