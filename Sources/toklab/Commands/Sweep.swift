import ArgumentParser

/// `toklab sweep`: hands over to `toklab-sweep`, which holds SQLite and Foundation and has options of its own.
struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train and score grids of tokenizers, in a store that survives being killed.",
    discussion: "Subcommands: plan, run, resume, status, export, fit; 'toklab sweep --help' describes them.")

  @Argument(
    parsing: .captureForPassthrough, help: "A subcommand and its options.",
    completion: .list(["plan", "run", "resume", "status", "export", "fit"]))
  var arguments: [String] = []

  func run() throws { try Companion.become("toklab-sweep", arguments) }
}
