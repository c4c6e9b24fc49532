import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// SmolLM2-135M as `make models` installs it.
enum SmolModel {
  static let path = TestPaths.root + "/.cache/models/SmolLM2-135M-Instruct.Q4_1.gguf"
  static let python = TestPaths.root + "/.venv-models/bin/python"

  static func tokenizer() throws -> Tokenizer {
    try #require(access(path, R_OK) == 0, "make models installs the model")
    return try Tokenizer(TokenizerFile.open(path, pattern: nil).definition)
  }

  /// The model, with the token that separates its training texts in front.
  static func open(options: [String] = []) throws -> HelperModel {
    try #require(access(path, R_OK) == 0, "make models installs the model")
    var launch = HelperModel.Launch(backend: "llama", model: path, options: options)
    launch.python = python
    let model = try HelperModel(launch)
    model.setTokens(begin: 0, ends: model.facts.endTokens)
    return model
  }

  /// The first bytes of the project's English sample.
  static func text(_ count: Int) throws -> [UInt8] {
    Array(try FileBytes.read(TestPaths.root + "/Corpora/sample/eng.txt").prefix(count))
  }
}

/// Gives several byte models the same rows: results of llama.cpp may depend on what its cache holds.
final class SharedRows: LanguageModel {
  let model: any LanguageModel
  private var rows: [[TokenID]: [Double]] = [:]
  private var order: [[TokenID]] = []

  init(_ model: any LanguageModel) { self.model = model }

  var facts: LanguageModelFacts { model.facts }

  func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    let missing = contexts.filter { rows[$0] == nil }
    for (context, row) in zip(missing, try model.logProbabilities(after: missing)) {
      rows[context] = row
      order.append(context)
    }
    let result = contexts.map { rows[$0]! }
    while order.count > 300 { rows[order.removeFirst()] = nil }
    return result
  }
}
