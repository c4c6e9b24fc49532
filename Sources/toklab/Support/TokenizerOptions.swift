import ArgumentParser
import Metrics
import Tokenizers

/// `-t` and `--pattern`, for every verb that opens tokenizers.
struct TokenizerOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A tokenizer file or folder; NAME=PATH names it in tables. Repeatable where several make sense.",
      valueName: "path"),
    completion: .file())
  var tokenizer: [String] = []

  @Option(
    help: ArgumentHelp(
      "Pre-tokenizer of files that carry none: a name (gpt2, cl100k, o200k, …) or a regular expression.",
      valueName: "name|regex"))
  var pattern: String?

  /// For verbs that need one or more `-t`.
  func requireOne() throws {
    if tokenizer.isEmpty {
      throw ValidationError("Missing expected argument '--tokenizer <path>'")
    }
  }

  /// For verbs that take exactly one tokenizer.
  func requireExactlyOne() throws {
    try requireOne()
    if tokenizer.count > 1 {
      throw ValidationError("--tokenizer is given \(tokenizer.count) times; expected one tokenizer")
    }
  }

  /// The tokenizers of `-t`, or for verbs that take it as an operand the first operand, and the files that
  /// are left.
  func split(_ operands: [String], takesOperand: Bool = true) throws -> (
    tokenizers: [String], files: [String]
  ) {
    if !tokenizer.isEmpty { return (tokenizer, operands) }
    guard let first = operands.first else {
      throw ValidationError("Missing expected argument '<tokenizer>'")
    }
    return ([first], Array(operands.dropFirst()))
  }

  func open(_ shared: SharedOptions, _ provenance: Provenance? = nil) throws -> [OpenTokenizer] {
    try open(tokenizer, shared, provenance)
  }

  func open(
    _ values: [String], _ shared: SharedOptions, _ provenance: Provenance? = nil
  ) throws -> [OpenTokenizer] {
    try TokenizerOperand.parse(values).map { operand in
      let opened = try OpenTokenizer(operand, pattern: pattern)
      // That a well-known file was recognised is no news; that a pattern was assumed is.
      for note in opened.file.notes where !note.hasPrefix("recognised") {
        shared.note("\(operand.path): \(note)")
      }
      for file in opened.file.files { try provenance?.add(file) }
      return opened
    }
  }
}
