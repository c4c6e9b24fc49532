import ArgumentParser
import Glibc
import Metrics
import ProgramSupport
import Studies
import Sweeps
import Tokenizers

struct SweepPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Print an example plan, or what a plan comes to.")

  @Flag(help: "An example to start from.")
  var example = false

  @Argument(help: "A plan to check.", completion: .file())
  var plan: String?

  func validate() throws {
    guard example != (plan != nil) else { throw ValidationError("expected --example or a plan") }
  }

  func run() throws {
    guard let path = plan else {
      try StandardOutput.write(SweepPlan.example)
      return
    }
    let plan = try SweepPlanFile.read(path)
    let texts = try SweepTexts(plan)
    var lines = [
      "cells      \(Figures.grouped(plan.cells.count))",
      "trainings  \(Figures.grouped(Set(plan.cells.map(\.group)).count)) groups of \(plan.vocabularySizes.count) sizes",
    ]
    for text in texts.digests {
      lines.append(
        "\(text.role)  \(text.language)  \(Figures.grouped(text.bytes)) bytes, \(Figures.grouped(text.lines)) lines"
      )
    }
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }
}

struct SweepRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Work a plan off; goes on where an earlier run of the same plan stopped.")

  @Argument(help: "The plan (TOML); 'toklab sweep plan --example' prints one.", completion: .file())
  var plan: String

  @OptionGroup var place: StoreOptions
  @OptionGroup var work: WorkOptions

  func run() throws { try work.run(try SweepPlanFile.read(plan), store: place.store) }
}

struct SweepResume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with the sweep of a store, by the plan in it.")

  @OptionGroup var place: StoreOptions
  @OptionGroup var work: WorkOptions

  func run() throws {
    let store = try SweepStore(place.store, create: false)
    let plan = try store.plan()
    try store.close()
    try work.run(plan, store: place.store)
  }
}

struct SweepStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say what of a sweep is finished, and how fast it goes.")

  @OptionGroup var place: StoreOptions

  func run() throws {
    let store = try SweepStore(place.store, create: false, readOnly: true)
    let plan = try store.plan()
    let records = try store.records()
    let cells = plan.cells
    let unreachable = records.count { $0.status == "unreachable" }
    var lines = [
      "finished     \(Figures.grouped(records.count)) of \(Figures.grouped(cells.count)) cells",
      "unreachable  \(Figures.grouped(unreachable))",
    ]
    for algorithm in plan.algorithms {
      let total = cells.count { $0.group.algorithm == algorithm }
      let mine = records.filter { $0.algorithm == algorithm.rawValue }
      // A file that several sizes share was trained once.
      var trained: [String: Double] = [:]
      for record in mine { if let sha256 = record.sha256 { trained[sha256] = record.trainSeconds } }
      let seconds = trained.values.reduce(0, +) + mine.reduce(0) { $0 + $1.measureSeconds }
      let rate =
        seconds > 0 ? "\(Figures.grouped(Int(Double(mine.count) / seconds * 3600))) cells an hour a job" : ""
      let name = algorithm.rawValue + String(repeating: " ", count: max(0, 11 - algorithm.rawValue.count))
      lines.append("\(name)  \(mine.count) of \(total)  \(Figures.fixed(seconds, 1)) s  \(rate)")
    }
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }
}

struct SweepExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the finished cells as CSV, one row a cell, language and metric.",
    discussion:
      "Plan order, whatever the order of finishing. Without timings two stores of one plan give the same bytes."
  )

  @OptionGroup var place: StoreOptions

  @Flag(help: "Comma-separated values; the default.")
  var csv = false

  @Flag(help: "One JSON document, without timings: what toklab report reads.")
  var json = false

  @Flag(help: "Leave out the columns of seconds and memory, which differ from run to run.")
  var noTimings = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    if csv && json { throw ValidationError("--csv and --json exclude each other") }
  }

  func run() throws {
    let store = try SweepStore(place.store, create: false, readOnly: true)
    let export = try SweepExport(store)
    try Result.write(json ? export.json() : Array(export.csv(timings: !noTimings).utf8), to: output)
  }
}

struct SweepFitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract:
      "Fit curves of cost over size, sizes that level costs, and what explains the cost of a language.",
    discussion: """
      For each training setting (algorithm, bytes, pattern, seed): tokens = a·V^(−b) + c for every language; a size for \
      each language that levels token counts, with the variance ratio against one equal size and its F and \
      Brown–Forsythe tests; regressions of the cost at the largest size on properties of the evaluation text (five \
      languages or more). Metrics and units as in toklab score list.
      """)

  @OptionGroup var place: StoreOptions

  @Option(
    help: ArgumentHelp(
      "The equal size to compare with; the plan's middle one when not given.", valueName: "size"))
  var baseline: Int?

  @Option(help: ArgumentHelp("Replicates of the bootstrap; 0 for no intervals.", valueName: "n"))
  var bootstrap = 2000

  @Flag(help: "One JSON document: what toklab report reads. CSV is the default.")
  var json = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    if bootstrap < 0 { throw ValidationError("--bootstrap \(bootstrap) is out of range; expected 0 or more") }
    if let baseline, baseline < 1 {
      throw ValidationError("--baseline \(baseline) is out of range; expected 1 or more")
    }
  }

  func run() throws {
    let store = try SweepStore(place.store, create: false, readOnly: true)
    let export = try SweepExport(store)
    var texts: [(language: String, text: TextLines)]?
    var notes: [String] = []
    do throws(ToklabError) { texts = try SweepTexts.evaluation(of: export.plan) } catch {
      notes.append("no predictors: \(error.description)")
    }
    let fit = try SweepFit(
      export, texts: texts, baseline: baseline, bootstrap: Bootstrap(replicates: bootstrap))
    notes += fit.notes
    if !json { for note in notes { Main.say("toklab: \(note)") } }
    try Result.write(json ? SweepJSON.fit(fit, notes) : Array(ResultRow.csv(fit.rows).utf8), to: output)
  }
}

enum Result {
  /// To a file, which appears when it is whole, or to standard output.
  static func write(_ bytes: [UInt8], to output: String?) throws {
    if let output, output != "-" {
      try AtomicFile.write(output, bytes)
    } else {
      try StandardOutput.write(bytes)
    }
  }
}
