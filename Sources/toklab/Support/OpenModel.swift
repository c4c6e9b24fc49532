import Adapt
import Tokenizers

/// A language model that was opened for a verb, with its tokenizer: `KIND:PLACE`.
struct OpenModel {
  /// As the user named it.
  let name: String
  let model: any LanguageModel
  let tokenizer: Tokenizer
  /// The SHA-256 of the tokenizer file where one was named or recorded.
  let tokenizerSHA256: String?

  static let kinds = ["ngram", "recorded"]

  /// The kind and the place of `KIND:PLACE`; nil for anything else.
  static func parse(_ name: String) -> (kind: String, path: String)? {
    guard let colon = name.firstIndex(of: ":") else { return nil }
    let kind = String(name[..<colon])
    let path = String(name[name.index(after: colon)...])
    return kinds.contains(kind) && !path.isEmpty ? (kind, path) : nil
  }

  /// - Parameter tokenizer: of `-t`, for models that carry none.
  init(
    _ name: String, tokenizer: OpenTokenizer?, provenance: Provenance?
  ) throws {
    guard let (kind, path) = Self.parse(name) else {
      throw ToklabError(
        "--model \(name)", expected: "\(Self.kinds.map { $0 + ":FILE" }.joined(separator: " or "))")
    }
    self.name = name
    try provenance?.add(path)
    switch kind {
    case "ngram":
      let model = try NGramModel(path: path)
      self.model = model
      if let tokenizer {
        self.tokenizer = tokenizer.tokenizer
        tokenizerSHA256 = tokenizer.sha256
      } else {
        do { self.tokenizer = try Tokenizer(model.tokenizer) } catch { throw error.in(path) }
        tokenizerSHA256 = nil
      }
    default:
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
    }
  }
}
