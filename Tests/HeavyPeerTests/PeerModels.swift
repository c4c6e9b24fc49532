import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// What `make test-peers` installs: models that need gigabytes beside them, and an environment with PyTorch.
enum PeerModels {
  static let python = (variable("TOKLAB_PEERS_VENV") ?? TestPaths.root + "/.venv-peers") + "/bin/python"
  /// The environment of `make models`, with llama.cpp.
  static let modelsPython = TestPaths.root + "/.venv-models/bin/python"
  static let gemma = TestPaths.root + "/.cache/models/gemma-3-270m-q4_k_m.gguf"
  static let smol = TestPaths.root + "/.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf"
  static let miniLM = TestPaths.root + "/.cache/models/all-MiniLM-L6-v2"

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  static func tokenizer(_ path: String) throws -> Tokenizer {
    try #require(access(path, R_OK) == 0, "make test-peers installs \(path)")
    return try Tokenizer(TokenizerFile.open(path, pattern: nil).definition)
  }
}
