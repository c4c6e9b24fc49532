import ArgumentParser

/// What a document is: a whole file, a line, or a string in a JSON Lines record.
struct DocumentOptions: ParsableArguments {
  enum InputFormat: String, ExpressibleByArgument, CaseIterable { case auto, text, jsonl }

  @Flag(help: "A document is a line (split at LF only) instead of a whole file.")
  var perLine = false

  @Option(
    help: ArgumentHelp("A document is this string of each line of a JSON Lines input.", valueName: "name"))
  var jsonField: String?

  @Option(
    help: "What inputs are; auto takes JSON Lines from --json-field and names that do not end in .txt.")
  var inputFormat: InputFormat = .auto

  func validate() throws {
    if perLine && jsonField != nil {
      throw ValidationError("--per-line and --json-field exclude each other")
    }
    if inputFormat == .text && jsonField != nil {
      throw ValidationError("--input-format text and --json-field exclude each other")
    }
    if inputFormat == .jsonl && perLine {
      throw ValidationError("--input-format jsonl and --per-line exclude each other")
    }
  }

  var rules: DocumentRules {
    DocumentRules(perLine: perLine, jsonField: jsonField, format: inputFormat)
  }
}

/// How inputs are cut into documents.
struct DocumentRules: Sendable {
  enum Unit: Sendable {
    case file
    case line
    case json(field: String)
  }

  var perLine = false
  var jsonField: String?
  var format = DocumentOptions.InputFormat.auto

  func unit(of path: String) -> Unit {
    switch format {
    case .jsonl: return .json(field: jsonField ?? "text")
    case .text: return perLine ? .line : .file
    case .auto:
      guard let jsonField else { return perLine ? .line : .file }
      let isText = [".txt", ".txt.gz", ".txt.zst"].contains { path.hasSuffix($0) }
      return isText ? .file : .json(field: jsonField)
    }
  }
}
