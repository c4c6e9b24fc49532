import Adapt
import ArgumentParser
import Tokenizers

extension ByteQuantity: ExpressibleByArgument {}
extension ByteEnsemble.Mode: ExpressibleByArgument {}
extension FillInTheMiddle.Order: ExpressibleByArgument {}

/// `--quantity`, `--tolerance` and `--beam`.
struct QuantityOptions: ParsableArguments {
  @Option(help: "What is summed: canonical, valid or all.")
  var quantity: ByteQuantity = .canonical

  @Option(
    help: ArgumentHelp(
      "How far a result may be off in total variation, at least 0 and below 1; saves model calls.",
      valueName: "e"))
  var tolerance: Double = 0

  @Option(help: ArgumentHelp("With --quantity all: keep only this many sequences.", valueName: "k"))
  var beam: Int?

  @Flag(help: "Accept a model that scores more ids than the tokenizer has; the others are dropped.")
  var allowPadding = false

  func validate() throws {
    guard tolerance >= 0, tolerance < 1 else {
      throw ValidationError("--tolerance \(tolerance) is out of range; expected at least 0 and below 1")
    }
    if let beam {
      guard beam >= 1 else { throw ValidationError("--beam \(beam) is out of range; expected 1 or more") }
      guard quantity == .all else { throw ValidationError("--beam is for --quantity all only") }
    }
  }

  var options: ByteModel.Options {
    ByteModel.Options(
      quantity: quantity, tolerance: tolerance, beam: beam, allowPadding: allowPadding)
  }
}

/// `--model` and `-t`.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model: \(OpenModel.spellings).", valueName: "kind:place"))
  var model: [String] = []

  @OptionGroup var tokenizers: TokenizerOptions
  @OptionGroup var helper: HelperOptions

  func validate() throws {
    for name in model where OpenModel.parse(name) == nil {
      throw OpenModel.usage(name, of: "--model <kind:place>")
    }
    guard tokenizers.tokenizer.count <= max(1, model.count) else {
      throw ValidationError(
        "--tokenizer is given \(tokenizers.tokenizer.count) times for \(model.count) models")
    }
  }

  func requireExactlyOne() throws {
    if model.isEmpty { throw ValidationError("Missing expected argument '--model <kind:place>'") }
    if model.count > 1 { throw ValidationError("--model is given \(model.count) times; expected one model") }
  }

  /// The models; one tokenizer serves all, or the n-th the n-th.
  func open(_ shared: SharedOptions, _ provenance: Provenance?) throws -> [OpenModel] {
    let opened = try tokenizers.open(shared, provenance)
    return try model.enumerated().map { index, name in
      try OpenModel(
        name, tokenizer: opened.isEmpty ? nil : opened[opened.count == 1 ? 0 : index], helper: helper,
        provenance: provenance)
    }
  }
}

/// `--prompt`, `--prompt-file` and `--input-hex`.
struct PromptOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The text before.", valueName: "text"))
  var prompt: String?

  @Option(
    help: ArgumentHelp("A file whose bytes are the text before; '-' is standard input.", valueName: "file"),
    completion: .file())
  var promptFile: String?

  @Option(help: ArgumentHelp("The text before as hexadecimal digits, for any bytes.", valueName: "hex"))
  var inputHex: String?

  @Flag(help: "Text in the prompt that spells a special token is that token.")
  var parseSpecial = false

  var count: Int { (prompt == nil ? 0 : 1) + (promptFile == nil ? 0 : 1) + (inputHex == nil ? 0 : 1) }

  func validate() throws {
    if count > 1 { throw ValidationError("--prompt, --prompt-file and --input-hex exclude each other") }
    if let inputHex, Self.bytes(hex: inputHex) == nil {
      throw ValidationError("--input-hex \(inputHex) is no even number of hexadecimal digits")
    }
  }

  func requireOne() throws {
    if count == 0 { throw ValidationError("Missing expected argument '--prompt <text>'") }
  }

  /// The prompt's bytes, empty when none is given, and its name for errors.
  func bytes(_ provenance: Provenance?) throws -> (bytes: [UInt8], name: String) {
    if let promptFile {
      try provenance?.add(promptFile)
      return (try FileBytes.readRaw(promptFile), promptFile == "-" ? "standard input" : promptFile)
    }
    if let inputHex { return (Self.bytes(hex: inputHex)!, "--input-hex") }
    return (Array((prompt ?? "").utf8), "--prompt")
  }

  /// The prompt, cut at special tokens of a model's tokenizer.
  func prompt(_ model: OpenModel, _ provenance: Provenance?) throws -> BytePrompt {
    let (bytes, name) = try bytes(provenance)
    return try parse(bytes, name, model)
  }

  func parse(_ bytes: [UInt8], _ name: String, _ model: OpenModel) throws -> BytePrompt {
    do { return try BytePrompt(bytes, tokenizer: model.tokenizer, parsesSpecial: parseSpecial) } catch {
      throw error.in(name)
    }
  }

  static func bytes(hex: String) -> [UInt8]? {
    let digits = hex.utf8.map { byte -> UInt8? in
      switch byte {
      case 0x30...0x39: byte - 0x30
      case 0x41...0x46: byte - 0x37
      case 0x61...0x66: byte - 0x57
      default: nil
      }
    }
    guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
  }
}
