import Adapt
import ArgumentParser
import Tokenizers

extension TransplantOptions.Variant: ExpressibleByArgument {}

/// The parameters of methods.
struct MethodOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model whose tokenizer has the new tokens (omp, clp, linear, …).", valueName: "model"))
  var donor: String?

  @Option(
    help: ArgumentHelp(
      "Vectors of texts (tokenadapt, focus, …): a model or a folder with tokenizer.json and one matrix, for the mean of its rows; or hf:FOLDER, gguf:FILE, python:FILE.py, a sentence-embedding model that --python runs.",
      valueName: "model"))
  var auxiliary: String?

  @Option(help: ArgumentHelp("tokenadapt: the temperature of the weights.", valueName: "t"))
  var temperature = 0.3

  @Option(help: ArgumentHelp("tokenadapt: how many nearest tokens.", valueName: "n"))
  var neighbors = 3

  @Option(help: ArgumentHelp("tokenadapt: the share of the nearest tokens.", valueName: "w"))
  var globalWeight = 0.3

  @Option(
    help: ArgumentHelp("tokenadapt: the least weight (fork: similarity) of a nearest token.", valueName: "x"))
  var threshold = 0.0

  @Option(help: "tokenadapt: the formulas of the paper, its program, or a fork.")
  var variant = TransplantOptions.Variant.code

  @Option(
    help: ArgumentHelp("How many rows a new row is made of (omp: 64; omp-auxiliary: 8).", valueName: "n"))
  var sparsity: Int?

  func validate() throws {
    guard temperature > 0, temperature.isFinite else {
      throw ValidationError("--temperature \(temperature) is out of range; expected a number above 0")
    }
    guard (1...1000).contains(neighbors) else {
      throw ValidationError("--neighbors \(neighbors) is out of range; expected 1 to 1000")
    }
    guard (0...1).contains(globalWeight) else {
      throw ValidationError("--global-weight \(globalWeight) is out of range; expected 0 to 1")
    }
    guard (-1...1).contains(threshold) else {
      throw ValidationError("--threshold \(threshold) is out of range; expected -1 to 1")
    }
    if let sparsity, !(1...4096).contains(sparsity) {
      throw ValidationError("--sparsity \(sparsity) is out of range; expected 1 to 4096")
    }
  }

  func options(_ shared: SharedOptions) -> TransplantOptions {
    var options = TransplantOptions()
    options.temperature = temperature
    options.neighbors = neighbors
    options.globalWeight = globalWeight
    options.threshold = threshold
    options.variant = variant
    if let sparsity {
      options.sparsity = sparsity
      options.auxiliarySparsity = sparsity
    }
    options.seed = shared.seed
    options.threads = shared.threadCount
    return options
  }

  func openDonor() throws -> TransplantDonor? {
    try donor.map { path in
      let model = try ModelSource(path)
      return TransplantDonor(model, table: TokenTable(try model.tokenizer()))
    }
  }

  /// Kinds of models that are run for their vectors.
  private static let kinds = ["hf", "gguf", "python"]

  func openAuxiliary(_ program: HelperProgram) throws -> (any AuxiliaryVectors)? {
    guard let auxiliary else { return nil }
    if let (kind, path) = OpenModel.parse(auxiliary), Self.kinds.contains(kind) {
      return try HelperVectors(program.launch(kind, path))
    }
    return try StaticVectors(auxiliary)
  }
}
