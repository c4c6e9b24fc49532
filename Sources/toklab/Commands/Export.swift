import ArgumentParser
import Glibc
import Tokenizers

/// `toklab export`.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a tokenizer in another format.",
    discussion: """
      Refuses, with the reason, what the format cannot hold. What was written is read back and must give \
      the same ids on self-test text before it appears under its name.

      Formats: \(ExportFormats.all.map { "\($0.name) (\($0.summary))" }.joined(separator: "; ")).
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions

  @Argument(help: "A tokenizer (without -t).", completion: .file())
  var operands: [String] = []

  @Option(
    help: ArgumentHelp(
      "The format: \(ExportFormats.all.map { $0.name }.joined(separator: ", ")).", valueName: "format"))
  var to: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The file or folder to write; a file format goes to standard output without it.", valueName: "out"))
  var output: String?

  private var format: any ExportFormat.Type {
    get throws {
      guard let format = ExportFormats.all.first(where: { $0.name == to }) else {
        throw ValidationError(
          "The value '\(to)' is invalid for '--to <format>'; expected one of \(ExportFormats.all.map { $0.name }.joined(separator: ", "))"
        )
      }
      return format
    }
  }

  func validate() throws {
    let format = try format
    let (values, files) = try tokenizers.split(operands)
    if values.count > 1 || !files.isEmpty {
      throw ValidationError("export takes one tokenizer; unexpected argument '\(files.first ?? values[1])'")
    }
    if output == nil || output == "-" {
      if format.writesFolder { throw ValidationError("--to \(to) writes a folder; name it with -o") }
      if shared.json {
        throw ValidationError("--json needs -o, since the tokenizer itself goes to standard output")
      }
    }
  }

  func run() throws {
    var timing = Timing()
    let format = try format
    let provenance = Provenance(shared)
    let opened = try tokenizers.open(
      tokenizers.split(operands).tokenizers, shared, shared.json ? provenance : nil)[0]
    timing.phase("open")
    let definition = opened.tokenizer.definition
    if let reason = format.limits(definition).first {
      throw ToklabError(
        file: opened.operand.path, "\(format.name) cannot hold this tokenizer: \(reason)",
        advice: "choose another --to")
    }
    let files = try format.files(definition)
    if format.writesFolder {
      let folder = try FolderResult(output!)
      for (name, bytes) in files { try folder.write(name ?? "", bytes) }
      try check(format, folder.temporary, opened)
      try folder.commit()
    } else {
      try writeFile(files[0].bytes, format, opened)
    }
    timing.phase("export")
    let losses = format.losses(definition)
    for loss in losses { shared.note("not in the \(format.name) file: \(loss)") }
    guard let output, output != "-" else { return }
    if shared.json {
      let written = files.map { file in
        JSON.object([
          ("file", .string(file.name.map { (output.hasSuffix("/") ? output : output + "/") + $0 } ?? output)),
          ("sha256", .string(SHA256.hex(file.bytes))), ("bytes", .int(file.bytes.count)),
        ])
      }
      let members: [(String, JSON)] = [
        ("format", .string(format.name)), ("files", .array(written)), ("not_held", .strings(losses)),
      ]
      let stdout = Output.standard()
      try stdout.write(Document.make("export", members, provenance, timing).document())
      try stdout.flush()
    } else {
      let checked =
        format.isTokenizer
        ? "same ids on \(SelfTest.samples(for: opened.tokenizer).count) self-test texts" : "read back"
      shared.note("\(output): \(format.name), \(checked)")
    }
  }

  /// Writes a file beside the target, or in the temporary folder for standard output, and checks it there.
  private func writeFile(_ bytes: [UInt8], _ format: any ExportFormat.Type, _ opened: OpenTokenizer) throws {
    let target = try ResultFile(output)
    if let temporary = target.temporary {
      try target.output.write(bytes)
      try target.output.flush()
      try check(format, temporary, opened)
    } else {
      let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      let trial = "\(folder)/toklab-export-\(getpid())"
      try AtomicFile.write(trial, bytes)
      try TemporaryFiles.register(trial)
      defer {
        unlink(trial)
        TemporaryFiles.forget(trial)
      }
      try check(format, trial, opened)
      try target.output.write(bytes)
    }
    try target.commit()
  }

  /// - Throws: ``ToklabError`` when what was written does not encode as the original does.
  private func check(_ format: any ExportFormat.Type, _ path: String, _ opened: OpenTokenizer) throws {
    let back = try Tokenizer(try format.readBack(path, of: opened.tokenizer.definition))
    guard let difference = try SelfTest.firstDifference(opened.tokenizer, back) else { return }
    throw ToklabError(
      file: opened.operand.path,
      "as \(format.name) it would give other ids at \"\(ByteEscape.string(difference.context))\": \(difference.firstText) became \(difference.secondText)",
      expected: "the same ids", advice: "report this, and choose another --to")
  }
}
