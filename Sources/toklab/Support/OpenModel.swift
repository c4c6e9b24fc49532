import Adapt
import ArgumentParser
import Tokenizers

/// A language model that was opened for a verb, with its tokenizer: `KIND:PLACE`.
struct OpenModel {
  /// As the user named it.
  let name: String
  let model: any LanguageModel
  let tokenizer: Tokenizer
  /// The SHA-256 of the tokenizer file where one was named or recorded.
  let tokenizerSHA256: String?

  static let kinds = ["ngram", "recorded", "gguf", "hf", "http", "https", "python"]
  /// For help and errors.
  static let spellings =
    "ngram:FILE, recorded:FILE, gguf:FILE, hf:FOLDER, http://HOST:PORT or python:FILE.py"

  /// The kind and the place of `KIND:PLACE`, the whole address for a server; nil for anything else.
  static func parse(_ name: String) -> (kind: String, path: String)? {
    guard let colon = name.firstIndex(of: ":") else { return nil }
    let kind = String(name[..<colon])
    let path = String(name[name.index(after: colon)...])
    guard kinds.contains(kind), !path.isEmpty else { return nil }
    if kind.hasPrefix("http") { return path.hasPrefix("//") && path.count > 2 ? ("http", name) : nil }
    return (kind, path)
  }

  static func usage(_ name: String, of option: String) -> ValidationError {
    ValidationError("The value '\(name)' is invalid for '\(option)'; expected \(spellings)")
  }

  /// - Parameter tokenizer: of `-t`, for models that carry none.
  init(
    _ name: String, tokenizer: OpenTokenizer?, helper: HelperOptions, provenance: Provenance?
  ) throws {
    guard let (kind, path) = Self.parse(name) else {
      throw ToklabError("--model \(name)", expected: Self.spellings)
    }
    self.name = name
    switch kind {
    case "ngram":
      try provenance?.add(path)
      let model = try NGramModel(path: path)
      self.model = model
      if let tokenizer {
        self.tokenizer = tokenizer.tokenizer
        tokenizerSHA256 = tokenizer.sha256
      } else {
        do { self.tokenizer = try Tokenizer(model.tokenizer) } catch { throw error.in(path) }
        tokenizerSHA256 = nil
      }
    case "recorded":
      try provenance?.add(path)
      let model = try RecordedModel(path: path)
      self.model = model
      guard let tokenizer else {
        throw ToklabError(
          file: path, "a recording carries no tokenizer", expected: "-t with the model's tokenizer")
      }
      if let known = model.tokenizerSHA256, known != tokenizer.sha256 {
        throw ToklabError(
          file: tokenizer.operand.path, "another tokenizer than the recording's (SHA-256 \(known))",
          expected: "the tokenizer that the model was recorded with")
      }
      self.tokenizer = tokenizer.tokenizer
      tokenizerSHA256 = tokenizer.sha256
    default:
      if kind == "gguf" || kind == "python" { try provenance?.add(path) }
      let tokenizer = try tokenizer ?? Self.ownTokenizer(kind, path, provenance)
      self.tokenizer = tokenizer.tokenizer
      tokenizerSHA256 = tokenizer.sha256
      model = try helper.open(kind, path, tokenizer.tokenizer)
    }
  }

  /// The tokenizer that a model's file or folder holds.
  private static func ownTokenizer(
    _ kind: String, _ path: String, _ provenance: Provenance?
  ) throws -> OpenTokenizer {
    guard kind == "gguf" || kind == "hf" else {
      throw ToklabError(file: path, "a model without a tokenizer", expected: "-t with the model's tokenizer")
    }
    let opened = try OpenTokenizer(TokenizerOperand.parse([path])[0], pattern: nil)
    if kind == "hf" { for file in opened.file.files { try provenance?.add(file) } }
    return opened
  }
}
