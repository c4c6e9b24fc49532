import ArgumentParser
import Glibc
import ProgramSupport
import Studies
import Sweeps
import Tokenizers

/// `toklab sweep`: a program of its own, which `toklab` becomes when asked for it, so that no other command pays for
/// SQLite and Foundation when it starts.
struct ToklabSweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toklab sweep",
    abstract: "Train and score grids of tokenizers, in a store that survives being killed.",
    discussion: """
      A plan names languages, algorithms, vocabulary sizes, amounts of training text and seeds. Every finished cell \
      is one transaction of the store (SQLite); tokenizers lie beside it in STORE-stem.tokenizers/ by their SHA-256. \
      A sweep that was killed goes on where it stopped and ends with the same bytes.
      """,
    subcommands: [
      SweepPlanCommand.self, SweepRunCommand.self, SweepResume.self, SweepStatus.self,
      SweepExportCommand.self,
      SweepFitCommand.self,
    ])
}

@main
enum Main {
  static func main() {
    Signals.install()
    do {
      var command = try ToklabSweep.parseAsRoot(nil)
      try command.run()
      exit(0)
    } catch let error as ToklabError {
      Signals.waitForEnd()
      say("toklab: error: \(error.description)")
      exit(2)
    } catch {
      let code = ToklabSweep.exitCode(for: error)
      if code == .success {
        let asked = CommandLine.arguments.contains {
          ["--help", "-h", "help", "--experimental-dump-help"].contains($0)
            || $0.hasPrefix("--generate-completion-script")
        }
        do { try StandardOutput.write(ToklabSweep.fullMessage(for: error) + "\n") } catch {
          say("toklab: error: \(error)")
          exit(2)
        }
        exit(asked ? 0 : 64)
      }
      if error is ExitCode { exit(code.rawValue) }
      say("toklab: error: " + ToklabSweep.message(for: error).split(separator: "\n").joined(separator: " "))
      if !CommandLine.arguments.contains(where: { $0 == "--quiet" || $0 == "-q" }) {
        say("See 'toklab sweep --help'.")
      }
      exit(64)
    }
  }

  static func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}

/// What the verbs that work have in common.
struct WorkOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Trainings at a time; all cores when not given.", valueName: "n"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Memory to stay under (8G, 512M, …); four fifths of the machine's when not given.", valueName: "size"))
  var memory: MemorySize?

  @Flag(name: [.long, .customShort("q")], help: "No progress on standard error.")
  var quiet = false

  mutating func validate() throws {
    if let jobs, !(1...4096).contains(jobs) {
      throw ValidationError("--jobs \(jobs) is out of range; expected 1 to 4096")
    }
  }

  func run(_ plan: SweepPlan, store path: String) throws {
    let texts = try SweepTexts(plan)
    let folder = try TokenizerFolder(store: path)
    let store = try SweepStore(path, create: true)
    try store.begin(plan, texts.digests)
    let (start, quiet) = (Measured.now, quiet)
    let before = try store.finished().count
    let total = plan.cells.count
    let budget = memory?.value ?? Measured.machineMemory / 5 * 4
    // What is worked on together is chosen by estimates; the limit itself is watched.
    if let memory { MemoryLimit.hold(memory.value) }
    let run = SweepRun(
      plan, texts, store, folder, jobs: jobs ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
      memory: budget
    ) { progress in
      guard !quiet else { return }
      let elapsed = Measured.now - start
      let done = progress.finished - before
      let left = elapsed / Double(max(1, done)) * Double(progress.total - progress.finished)
      Main.say(
        "toklab: \(progress.finished)/\(progress.total)  \(progress.text)  \(Duration.text(elapsed)), about "
          + "\(Duration.text(left)) left")
    }
    let count = try run.run()
    if !quiet {
      Main.say("toklab: \(count) cells computed, \(total) in \(path), \(Duration.text(Measured.now - start))")
    }
    try store.close()
  }
}

struct MemorySize: ExpressibleByArgument {
  let value: Int

  init?(argument: String) {
    let units: [(Character, Int)] = [("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000)]
    let factor = units.first { argument.last == $0.0 }?.1
    guard let number = Int(factor == nil ? argument[...] : argument.dropLast()), number > 0 else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
    guard !overflow, product >= 1_000_000 else { return nil }
    value = product
  }
}

enum Duration {
  /// `0.4 s`, `3:07`, `1:02:03`.
  static func text(_ seconds: Double) -> String {
    if seconds < 60 { return "\(Figures.fixed(seconds, seconds < 10 ? 1 : 0)) s" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
    if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }
}

struct StoreOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The store.", valueName: "file"), completion: .file())
  var store: String
}
