import ArgumentParser
import Tokenizers

/// `toklab verify`.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that a tokenizer gives its text back, and that two tokenizers agree.",
    discussion: """
      The built-in self-test texts, the samples stored beside the tokenizer and every document of the files \
      are encoded and decoded; with --against the ids of both tokenizers must be equal. Exit status 1 on a \
      difference.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions
  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var documents: DocumentOptions
  @OptionGroup var settings: EncodeSettings

  @Argument(help: "A tokenizer (without -t), then files.", completion: .file())
  var operands: [String] = []

  @Option(
    help: ArgumentHelp("A tokenizer that must give the same ids.", valueName: "path"), completion: .file())
  var against: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
  var output: String?

  func validate() throws {
    if try tokenizers.split(operands).tokenizers.count > 1 {
      throw ValidationError("verify takes one tokenizer; name the other with --against")
    }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let record = shared.json ? provenance : nil
    let (values, files) = try tokenizers.split(operands)
    let opened = try tokenizers.open(values, shared, record)[0]
    let other = try against.map { try tokenizers.open([$0], shared, record)[0] }
    timing.phase("open")
    let options = try settings.options(shared, for: [opened])
    var check = try Verification(opened.tokenizer, other?.tokenizer, options, threads: shared.threadCount)
    let samples = SelfTest.samples(for: opened.tokenizer)
    try check.add(DocumentReader.Batch(samples)) { _ in "self-test" }
    try check.addStored(opened.sidecar.selfTest)
    if !files.isEmpty {
      let reader = try DocumentReader(files, documents.rules, provenance: record)
      let progress = Progress("verifying", total: reader.totalBytes, quiet: shared.quiet)
      defer { progress.finish() }
      while let batch = try reader.next() {
        do { try check.add(batch) { reader.name($0) } } catch let error as ToklabError {
          progress.finish()
          throw reader.located(error, in: batch)
        }
        progress.set(reader.bytesRead)
      }
    }
    timing.phase("verify")
    let target = try ResultFile(output)
    if shared.json {
      let members =
        [("tokenizer", JSON.string(opened.label)), ("against", .string(other?.label))] + check.json
      try target.output.write(Document.make("verify", members, provenance, timing).document())
    } else {
      let style = output == nil ? shared.style : Style(enabled: false)
      try target.output.write(check.text(opened.label, other?.label, style))
    }
    try target.commit()
    if check.differences > 0 { throw CheckFailed() }
  }
}
