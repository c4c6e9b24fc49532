import Adapt
import ArgumentParser
import Glibc
import Tokenizers

/// The program that runs models.
struct HelperProgram: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "For gguf, hf, http and python models: the Python with the model's library (TOKLAB_PYTHON, else python3).",
      valueName: "program"), completion: .file())
  var python: String?

  @Option(
    help: ArgumentHelp(
      "Another helper than the one in the program (toklab models helper prints it).", valueName: "file"),
    completion: .file())
  var helper: String?

  @Option(
    help: ArgumentHelp("Threads the model uses; more help on an idle machine only.", valueName: "n"))
  var modelThreads = 1

  func validate() throws {
    guard (1...1024).contains(modelThreads) else {
      throw ValidationError("--model-threads \(modelThreads) is out of range; expected 1 to 1024")
    }
  }

  static let backends = ["gguf": "llama", "hf": "transformers", "http": "http", "python": "python"]

  /// How to start a model of a kind that ``backends`` has.
  func launch(_ kind: String, _ path: String, options: [String] = []) -> HelperModel.Launch {
    var launch = HelperModel.Launch(
      backend: Self.backends[kind]!, model: path, options: ["--threads", String(modelThreads)] + options)
    launch.python =
      python ?? getenv("TOKLAB_PYTHON").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
      ?? "python3"
    launch.helper = helper
    return launch
  }
}

/// How models that run in another program are started.
struct HelperOptions: ParsableArguments {
  @OptionGroup var program: HelperProgram

  @Option(
    help: ArgumentHelp(
      "The token every text begins with, where the model does not say it.", valueName: "token"))
  var begin: String?

  @Option(
    name: .customLong("end-token"),
    help: ArgumentHelp(
      "A token that ends a text, in place of those the model names; repeatable.", valueName: "token"))
  var endTokens: [String] = []

  @Option(help: ArgumentHelp("The longest context in tokens (4096 for gguf models).", valueName: "n"))
  var context: Int?

  func validate() throws {
    if let context, !(8...1 << 24).contains(context) {
      throw ValidationError("--context \(context) is out of range; expected 8 to 16777216")
    }
  }

  func open(_ kind: String, _ path: String, _ tokenizer: Tokenizer) throws -> HelperModel {
    var options = ["--vocabulary", String(tokenizer.capacity)]
    if let context { options += ["--context", String(context)] }
    let launch = program.launch(kind, path, options: options)
    let model = try HelperModel(launch)
    let facts = model.facts
    var begin = facts.beginToken
    var ends = facts.endTokens
    if let text = self.begin {
      begin = try EndToken.id(of: text, in: tokenizer)
    } else if begin == nil, kind == "hf" || kind == "http" {
      // Where a special token in front is the tokenizer's own habit, the model was trained with it.
      begin = try tokenizer.encode([UInt8](), options: EncodeOptions(addSpecialTokens: true)).ids.first
    }
    if !endTokens.isEmpty {
      ends = try endTokens.map { try EndToken.id(of: $0, in: tokenizer) }
    } else if ends.isEmpty {
      ends = EndToken.usual(in: tokenizer).map { [$0] } ?? []
    }
    model.setTokens(begin: begin, ends: ends)
    return model
  }
}
