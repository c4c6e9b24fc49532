import ArgumentParser
import Corpora
import Metrics
import Tokenizers

/// `toklab score byte-premium`.
struct ScoreBytePremium: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "byte-premium",
    abstract: "How many bytes does a language need for the same content? Looked up, counted or estimated.",
    discussion: """
      The first that is possible: the published table (Arnett, Chang and Bergen 2024; codes such as mya_mymr, or \
      a language alone where it has one script); bytes over bytes of two line-aligned texts (--text and \
      --reference-text); a regression on the character entropy of a text and the language's type of writing \
      (--text and --writing). Where the number comes from stands beside it: sources differ.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var format: ScoreOutputOptions

  @Option(help: ArgumentHelp("Codes such as deu_latn; in this order.", valueName: "a,b"))
  var languages: String

  @Option(help: ArgumentHelp("The language to divide by.", valueName: "code"))
  var reference: String = "eng_latn"

  @Option(help: "The way to take; auto takes the first that is possible.")
  var method: Method = .auto

  @Option(help: ArgumentHelp("Text of the language, for a single one.", valueName: "file"))
  var text: String?

  @Option(
    name: .customLong("reference-text"),
    help: ArgumentHelp("The same lines in the reference language.", valueName: "file"))
  var referenceText: String?

  @Option(help: "The type of writing, for the regression.")
  var writing: Writing?

  @Option(help: ArgumentHelp("The language's family, for the regression.", valueName: "name"))
  var family: String?

  enum Method: String, ExpressibleByArgument, CaseIterable { case auto, table, parallel, regression }
  enum Writing: String, ExpressibleByArgument, CaseIterable { case alphabet, abjad, abugida, logography }

  private var codes: [String] {
    languages.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func validate() throws {
    try format.check(shared)
    _ = try ScoreRun.gates(format, [BytePremium.self])
    if codes.contains("") {
      throw ValidationError("--languages has an empty name; expected codes separated by commas")
    }
    if codes.count > 1, text != nil { throw ValidationError("--text goes with one language") }
    if referenceText != nil, text == nil { throw ValidationError("--reference-text goes with --text") }
    if method == .parallel, text == nil || referenceText == nil {
      throw ValidationError("--method parallel needs --text and --reference-text")
    }
    if method == .regression, text == nil || writing == nil {
      throw ValidationError("--method regression needs --text and --writing")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let table = try BytePremiumTable(TextLines(EmbeddedFiles.bytePremiums()))
    var conditions = ScoreConditions(shared, [])
    try conditions.addCorpus([text, referenceText].compactMap { $0 }, provenance)
    timing.phase("load")
    var results: [MetricResult] = []
    var notes: [String] = []
    var sources: [(String, JSON)] = []
    var view = Table([.init("language"), .init("byte premium", .right), .init("source")])
    let descriptor = BytePremium.descriptors[0]
    for code in codes {
      let (estimate, reason) = try estimate(code, table)
      results.append(
        descriptor.result(
          TokenizerIdentity("baseline:bytes"), language: code, value: estimate?.value,
          n: estimate?.lines ?? 0,
          reason: reason))
      let source = estimate?.methodName ?? reason
      view.append([code, estimate.map { Numbers.fixed($0.value, 6) } ?? "n/a", source])
      // The table for people has a column for it.
      if format.csv || shared.json { notes.append("\(code): \(source)") }
      for warning in estimate?.warnings ?? [] { notes.append("\(code): \(warning)") }
      sources.append((code, .string(source)))
    }
    timing.phase("measure")
    let run = ScoreRun(
      verb: "byte-premium", results: results, notes: notes, tables: [view],
      summary: [("reference", reference)],
      conditions: conditions, extra: [("sources", .object(sources)), ("reference", .string(reference))])
    try run.write(
      format, shared, gates: try ScoreRun.gates(format, [BytePremium.self]), provenance: provenance,
      timing: timing)
  }

  /// The first way that is possible, and why there is none.
  private func estimate(_ code: String, _ table: BytePremiumTable) throws -> (BytePremiumEstimate?, String) {
    let full = table.code(of: code)
    if method == .auto || method == .table, let full, let base = table.code(of: reference),
      let found = table.premium(full, over: base)
    {
      return (found, "")
    }
    if method == .table { return (nil, "\(code) is not in the table, or has several scripts there") }
    if let text, let referenceText, method != .regression {
      let lines = try TextLines(file: text)
      let base = try TextLines(file: referenceText)
      guard lines.count == base.count else {
        throw ToklabError(file: text, "\(lines.count) lines", expected: "\(base.count), as \(referenceText)")
      }
      return (BytePremiumEstimate.parallel(lines, reference: base), "the reference text is empty")
    }
    if let text, let writing {
      let script = (full ?? code).split(separator: "_").last.map(String.init)
      let model = try BytePremiumModel(table, script: script, family: family)
      let lines = try TextLines(file: text)
      let found = model.estimate(lines, writingType: writing.rawValue, script: script, family: family)
      guard let base = table.code(of: reference).flatMap({ table.premium($0) }) else {
        throw ToklabError(
          "\(reference) is not in the table", expected: "a reference with a published byte premium")
      }
      return (
        found.map { estimate in
          var relative = estimate
          relative.value /= base.value
          return relative
        }, "the text has no characters"
      )
    }
    return (nil, "\(code) is not in the table; --text with --reference-text or --writing measures it")
  }
}
