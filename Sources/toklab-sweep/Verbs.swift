import ArgumentParser
import Glibc
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
      print(SweepPlan.example, terminator: "")
      return
    }
    let plan = try SweepPlanFile.read(path)
    let texts = try SweepTexts(plan)
    print("cells      \(Figures.grouped(plan.cells.count))")
    print(
      "trainings  \(Figures.grouped(Set(plan.cells.map(\.group)).count)) groups of \(plan.vocabularySizes.count) sizes"
    )
    for text in texts.digests {
      print(
        "\(text.role)  \(text.language)  \(Figures.grouped(text.bytes)) bytes, \(Figures.grouped(text.lines)) lines"
      )
    }
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
    print("finished     \(Figures.grouped(records.count)) of \(Figures.grouped(cells.count)) cells")
    print("unreachable  \(Figures.grouped(unreachable))")
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
      print("\(name)  \(mine.count) of \(total)  \(Figures.fixed(seconds, 1)) s  \(rate)")
    }
  }
}

struct SweepExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the finished cells as CSV, one row a cell, language and metric.",
    discussion:
      "Plan order, whatever the order of finishing. Without timings two stores of one plan give the same bytes."
  )

  @OptionGroup var place: StoreOptions

  @Flag(help: "Comma-separated values: the only format, and the default.")
  var csv = false

  @Flag(help: "Leave out the columns of seconds and memory, which differ from run to run.")
  var noTimings = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func run() throws {
    let store = try SweepStore(place.store, create: false, readOnly: true)
    let bytes = Array(try SweepExport(store).csv(timings: !noTimings).utf8)
    if let output, output != "-" {
      try AtomicFile.write(output, bytes)
    } else {
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(1, $0.baseAddress! + done, bytes.count - done) }
        if count < 0 {
          if errno == EPIPE { return }
          throw ToklabError(file: "standard output", "cannot be written: \(String(cString: strerror(errno)))")
        }
        done += count
      }
    }
  }
}
