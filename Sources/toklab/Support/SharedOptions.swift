import ArgumentParser
import Glibc
import ProgramSupport

/// Options every verb takes.
struct SharedOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads to use; all cores when not given.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Seed of everything random.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "Memory to stay under (8G, 512M, …): a run that needs more ends with an error.", valueName: "size"))
  var memory: Size?

  @Flag(name: [.long, .customShort("q")], help: "No progress, notes or warnings on standard error.")
  var quiet = false

  @Flag(help: "One JSON document on standard output.")
  var json = false

  @Flag(name: .customLong("no-color"), help: "No colour; NO_COLOR does the same.")
  var noColor = false

  mutating func validate() throws {
    if let threads, !(1...4096).contains(threads) {
      throw ValidationError("--threads \(threads) is out of range; expected 1 to 4096")
    }
    if let memory, memory.value < 1_000_000 {
      throw ValidationError("--memory \(memory.value) is out of range; expected 1M or more")
    }
    // Every verb passes here before it begins.
    if let memory { MemoryLimit.hold(memory.value) }
  }

  /// The number of threads to use.
  var threadCount: Int { threads ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Colour on standard output.
  var style: Style { Style(descriptor: 1, noColor: noColor) }
  /// Colour on standard error.
  var errorStyle: Style { Style(descriptor: 2, noColor: noColor) }

  /// Tells a person at a terminal what the program is waiting for.
  func announceStandardInput(_ inputs: [String]) {
    guard inputs.isEmpty || inputs.contains("-"), Terminal.isTerminal(0) else { return }
    note("reading standard input; end it with Ctrl-D")
  }

  /// Says something about the work, not a result.
  func note(_ text: String) {
    if !quiet { StandardError.line("toklab: \(text)") }
  }

  func warn(_ text: String) {
    if !quiet { StandardError.line("toklab: warning: \(text)") }
  }
}
