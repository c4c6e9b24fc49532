import Adapt
import TestSupport
import Tokenizers

/// The rule of standin.py in Swift.
final class RuleModel: LanguageModel {
  let facts: LanguageModelFacts

  init(size: Int) {
    facts = LanguageModelFacts(kind: "rule", vocabularySize: size, endTokens: [TokenID(size - 1)])
  }

  func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    try contexts.map { (context) throws(ToklabError) in
      let state = context.reduce(1) { ($0 * 31 + Int($1) + 7) % 10007 }
      var row = (0..<facts.vocabularySize).map { Double((state * ($0 + 3)) % 97) / 16 }
      try LogProbabilities.normalize(&row)
      return row
    }
  }
}

/// standin.py with a fault, as a file of its own.
struct Standin {
  let folder: TemporaryFolder
  let path: String

  init(_ fault: String = "") throws {
    folder = try TemporaryFolder()
    path = folder["standin.py"]
    let source = try FileBytes.read(TestPaths.root + "/Tests/AdaptTests/Helper/standin.py")
    try folder.write("standin.py", Array("FAULT = \"\(fault)\"\n".utf8) + source)
  }

  /// The model behind the program's own helper.
  func open(_ size: Int, options: [String] = []) throws(ToklabError) -> HelperModel {
    var launch = HelperModel.Launch(
      backend: "python", model: path, options: ["--vocabulary", String(size)] + options)
    launch.python = TestPaths.python
    return try HelperModel(launch)
  }

  /// The file itself as helper.
  func openAsHelper() throws(ToklabError) -> HelperModel {
    var launch = HelperModel.Launch(backend: "python", model: "model")
    launch.python = TestPaths.python
    launch.helper = path
    return try HelperModel(launch)
  }
}
