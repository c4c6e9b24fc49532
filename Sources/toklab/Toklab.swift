import ArgumentParser
import Glibc
import ProgramSupport
import Tokenizers

/// The command tree.
struct Toklab: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toklab",
    abstract: "Train, measure, change and understand tokenizers.",
    discussion: """
      A missing input or '-' is standard input, a missing -o is standard output. Results go to standard \
      output, everything else to standard error.

      Exit status: 0 done; 1 a check found a difference or a gate failed; 2 failed; 64 usage.
      """,
    version: ToklabVersion.current,
    groupedSubcommands: [
      CommandGroup(
        name: "Tokenizers",
        subcommands: [
          Train.self, Edit.self, Inspect.self, View.self, Export.self, Verify.self, Diff.self,
          Serve.self,
        ]),
      CommandGroup(
        name: "Text", subcommands: [Encode.self, Decode.self, Count.self, Dynamic.self, CorpusCommand.self]),
      CommandGroup(name: "Measures", subcommands: [Score.self, ReportCommand.self, Sweep.self]),
      CommandGroup(name: "Clusters", subcommands: [CountWords.self, MergeCounts.self]),
      CommandGroup(name: "Language models", subcommands: [Bytes.self, Transplant.self, Models.self]),
    ])
}

/// A check that found a difference, or a gate that failed: the result is printed, the status is 1.
struct CheckFailed: Error {}

/// The one place where errors become text and an exit status.
@main
enum Main {
  static func main() {
    Signals.install()
    do {
      var command = try Toklab.parseAsRoot(nil)
      try command.run()
      exit(0)
    } catch {
      Signals.waitForEnd()
      exit(report(error))
    }
  }

  /// Says what an error means, on the stream where it belongs, and gives the exit status.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case is ClosedPipe: return 0
    case is CheckFailed: return 1
    case let failure as ToklabError:
      StandardError.line("toklab: error: \(failure.description)")
      return 2
    default: break
    }
    let code = Toklab.exitCode(for: error)
    if code == .success, isUnfinished {
      let verb = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("-") }.joined(separator: " ")
      StandardError.line("toklab: error: Missing subcommand of '\(verb)'")
      if !isQuiet { StandardError.line("See 'toklab \(verb) --help'.") }
      return 64
    }
    if code == .success {
      // Help, version, completion scripts.
      do {
        let output = Output.standard()
        let text = Toklab.fullMessage(for: error)
        if !text.isEmpty { try output.line(text) }
        try output.flush()
        return 0
      } catch { return report(error) }
    }
    if code == .validationFailure {
      StandardError.line("toklab: error: " + oneLine(Toklab.message(for: error)))
      if !isQuiet { StandardError.line("See '\(helpCommand(for: error))'.") }
      return 64
    }
    if error is ExitCode { return code.rawValue }
    StandardError.line("toklab: error: " + oneLine(Toklab.message(for: error)))
    return 2
  }

  /// A verb such as `score` without its subcommand: the argument parser then shows help, which a script would take
  /// for success.
  private static var isUnfinished: Bool {
    let words = CommandLine.arguments.dropFirst()
    let asking = ["help", "--help", "-h", "--help-hidden", "--version", "--experimental-dump-help"]
    return !words.isEmpty
      && !words.contains { asking.contains($0) || $0.hasPrefix("--generate-completion-script") }
  }

  /// `--quiet` leaves only the error line, also where the command line could not be parsed.
  private static var isQuiet: Bool {
    CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains { $0 == "--quiet" || $0 == "-q" }
  }

  /// The first paragraph of a message, on one line, without a full stop.
  private static func oneLine(_ message: String) -> String {
    var words: [Substring] = []
    for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.allSatisfy(\.isWhitespace) {
        if words.isEmpty { continue }
        break
      }
      words.append(contentsOf: line.split(separator: " "))
    }
    let text = words.joined(separator: " ")
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  /// `toklab VERB --help` for the verb whose command line was wrong.
  private static func helpCommand(for error: any Error) -> String {
    // The usage line names the command path as far as it was understood.
    let usage = Toklab.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Usage: ") }
    let path = usage?.dropFirst("Usage: ".count).split(separator: " ").prefix {
      $0.first?.isLetter == true
    }
    return (path.map { $0.joined(separator: " ") } ?? "toklab") + " --help"
  }
}
