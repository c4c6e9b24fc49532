import Adapt
import ArgumentParser
import Tokenizers

/// `toklab models convert`.
struct ModelsConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Write a GGUF model as a Hugging Face folder.",
    discussion: """
      config.json, generation_config.json, tokenizer files and model.safetensors, for the architectures llama \
      (Llama, Mistral, SmolLM, …), qwen2, qwen3 and gemma3. Quantized numbers (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K) \
      become the floats that llama.cpp reads; f32 keeps them exactly.
      """)

  enum Element: String, ExpressibleByArgument, CaseIterable {
    case f32, bf16, f16
    var type: TensorType { self == .f32 ? .f32 : self == .f16 ? .f16 : .bf16 }
  }

  @OptionGroup var shared: SharedOptions

  @Argument(help: "The GGUF file.", completion: .file())
  var model: String

  @Option(help: "The type of the numbers: f32, bf16 or f16.")
  var type = Element.f32

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to make.", valueName: "folder"))
  var output: String

  func run() throws {
    var timing = Timing()
    let provenance = Provenance(shared)
    let source = try GGUFModelFile(model)
    let conversion = try GGUFConversion(source)
    let folder = try FolderResult(output, mustBeEmpty: true)
    timing.phase("open")
    folder.names = try folder.fill { () throws(ToklabError) in
      try conversion.write(to: folder.temporary, as: type.type)
    }
    try source.file.checkUnchanged()
    timing.phase("write")
    if shared.json { try provenance.add(model) }
    try folder.commit()
    let numbers = source.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    if shared.json {
      let output = Output.standard()
      let members: [(String, JSON)] = [
        ("files", .strings(folder.names)), ("tensors", .int(source.tensors.count)),
        ("parameters", .int(numbers)), ("type", .string(type.type.rawValue)),
      ]
      try output.write(Document.make("models.convert", members, provenance, timing).document())
      try output.flush()
    } else {
      shared.note(
        "\(self.output): \(source.tensors.count) tensors, \(Numbers.grouped(numbers)) numbers as \(type.type.rawValue)"
      )
    }
  }
}
