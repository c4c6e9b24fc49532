import Adapt
import ArgumentParser

/// `toklab models helper`.
struct ModelsHelper: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "helper", abstract: "Print the Python program that runs real models.",
    discussion: """
      toklab starts it by itself for gguf, hf, http and python models. It needs Python 3.8 or later, and for \
      gguf models llama-cpp-python or xllamacpp, for hf models torch and transformers; --python names the \
      interpreter that has them. With --helper an edited copy takes its place.
      """)

  func run() throws {
    let output = Output.standard()
    try output.write(HelperScript.source)
    try output.flush()
  }
}
