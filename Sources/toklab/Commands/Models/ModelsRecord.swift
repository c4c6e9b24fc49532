import Adapt
import ArgumentParser
import Tokenizers

/// `toklab models record`.
struct ModelsRecord: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Keep a model's scores for all contexts that some prompts need.",
    discussion: """
      One prompt a line. The file answers bytes next for these prompts as the model does, for the \
      quantities canonical and valid, without it. --score also keeps what bytes score asks for.
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup var models: ModelOptions

  @Option(help: ArgumentHelp("A file with one prompt a line.", valueName: "file"), completion: .file())
  var prompts: String

  @Flag(help: "Keep scores in double precision.")
  var double = false

  @Flag(help: "Also keep what scoring the prompts asks for.")
  var score = false

  @Flag(help: "Accept a model that scores more ids than the tokenizer has.")
  var allowPadding = false

  @Flag(help: "Text in a prompt that spells a special token is that token.")
  var parseSpecial = false

  @Option(name: .shortAndLong, help: ArgumentHelp("The recording to write.", valueName: "file"))
  var output: String

  func validate() throws {
    try models.requireExactlyOne()
    if output == "-" { throw ValidationError("--output - is no place for a recording; expected a file") }
  }

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let opened = try models.open(shared, shared.json ? provenance : nil)[0]
    if shared.json { try provenance.add(prompts) }
    let lines = try FileBytes.read(prompts).split(separator: 0x0A, omittingEmptySubsequences: true)
    guard !lines.isEmpty else { throw ToklabError(file: prompts, "no prompts", expected: "one a line") }
    timing.phase("open")
    let recorder = ModelRecorder(opened.model)
    let options = ByteModel.Options(allowPadding: allowPadding)
    for (index, line) in lines.enumerated() {
      do throws(ToklabError) {
        let prompt = try BytePrompt(Array(line), tokenizer: opened.tokenizer, parsesSpecial: parseSpecial)
        let model = try ByteModel(recorder, tokenizer: opened.tokenizer, options: options)
        _ = try model.state(after: prompt).distribution()
        if score { _ = try model.score(prompt) }
      } catch {
        // What is wrong with the model is not at a line of the prompts.
        if error.file != nil { throw error }
        var located = error
        located.position = .line(index + 1)
        throw located.in(prompts)
      }
    }
    timing.phase("ask")
    let contexts = recorder.count
    try recorder.write(to: output, tokenizerSHA256: opened.tokenizerSHA256, exact: double)
    timing.phase("write")
    if shared.json {
      let output = Output.standard()
      let members: [(String, JSON)] = [
        ("prompts", .int(lines.count)), ("contexts", .int(contexts)), ("rows", .int(recorder.count)),
      ]
      try output.write(Document.make("models.record", members, provenance, timing).document())
      try output.flush()
    } else {
      shared.note("\(lines.count) prompts, \(contexts) contexts, \(recorder.count) rows")
    }
  }
}
