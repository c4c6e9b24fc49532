import Tokenizers

/// Scores of a model for some contexts, kept in a file: exact and replayable without the model.
///
/// Format: safetensors with `scores` [N, V] (F32, F64, F16 or BF16; logits or natural logarithms), `parent`
/// [N] I64 and `token` [N] I64. Row 0 is the empty context (parent −1, token −1); row r holds the scores
/// after the path of tokens from row 0 to r, and a parent stands before its children. Metadata: `format:
/// toklab-recorded-tree/1`, `end_token: ID[,ID…]`, and where known `begin_token` (every path begins with
/// it) and `tokenizer_sha256`; `empty_context: none` says that row 0 holds nothing, the model having no
/// answer there.
public final class RecordedModel: LanguageModel {
  static let formatName = "toklab-recorded-tree/1"

  public let facts: LanguageModelFacts
  public let tokenizerSHA256: String?
  /// The number of contexts.
  public let count: Int
  private let file: SafetensorsFile
  private let scores: SafetensorsFile.Tensor
  private var children: [UInt64: Int] = [:]

  /// - Throws: ``ToklabError`` naming the file for whatever is not as described above.
  public init(path: String) throws(ToklabError) {
    file = try SafetensorsFile(path)
    do throws(ToklabError) {
      guard file.metadata["format"] == Self.formatName else {
        throw ToklabError(
          "format \(file.metadata["format"] ?? "none")", expected: Self.formatName,
          advice: "toklab models record makes such files")
      }
      scores = try file.required("scores", types: [.f32, .f64, .f16, .bf16], dimensions: 2)
      let parents = try file.integers(of: try file.required("parent", types: [.i64], dimensions: 1))
      let tokens = try file.integers(of: try file.required("token", types: [.i64], dimensions: 1))
      count = scores.shape[0]
      let width = scores.shape[1]
      guard count > 0, width > 0, parents.count == count, tokens.count == count else {
        throw ToklabError(
          "scores \(scores.shape), \(parents.count) parents and \(tokens.count) tokens",
          expected: "as many parents and tokens as rows of scores")
      }
      guard parents[0] == -1, tokens[0] == -1 else {
        throw ToklabError("row 0 with parent \(parents[0]) and token \(tokens[0])", expected: "-1 and -1")
      }
      for row in 1..<max(1, count) {
        guard (0..<row).contains(parents[row]), (0..<width).contains(tokens[row]) else {
          throw ToklabError(
            "row \(row) with parent \(parents[row]) and token \(tokens[row])",
            expected: "an earlier row, and an id below \(width)")
        }
        let key = Self.key(parents[row], TokenID(tokens[row]))
        guard children.updateValue(row, forKey: key) == nil else {
          throw ToklabError("row \(row) repeats the context of another", expected: "each context once")
        }
      }
      let metadata = file.metadata
      func ids(_ name: String) throws(ToklabError) -> [TokenID] {
        guard let text = metadata[name] else { return [] }
        return try text.split(separator: ",").map { (part) throws(ToklabError) in
          guard let id = TokenID(part), id < width else {
            throw ToklabError("\(name) \(text)", expected: "ids below \(width)")
          }
          return id
        }
      }
      facts = LanguageModelFacts(
        kind: "recorded", vocabularySize: width, endTokens: try ids("end_token"),
        beginToken: try ids("begin_token").first,
        answersEmptyContext: file.metadata["empty_context"] != "none")
      tokenizerSHA256 = file.metadata["tokenizer_sha256"]
    } catch { throw error.in(path) }
  }

  public func canAnswer(_ context: [TokenID]) -> Bool {
    guard !context.isEmpty || facts.answersEmptyContext else { return false }
    var row = 0
    for id in context {
      guard let next = children[Self.key(row, id)] else { return false }
      row = next
    }
    return true
  }

  private static func key(_ parent: Int, _ token: TokenID) -> UInt64 { UInt64(parent) << 32 | UInt64(token) }

  public func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    try contexts.map { (context) throws(ToklabError) in
      guard !context.isEmpty || facts.answersEmptyContext else {
        throw ToklabError(file: file.path, "no scores before the first token", expected: "a recorded context")
      }
      var row = 0
      for (index, id) in context.enumerated() {
        guard let next = children[Self.key(row, id)] else {
          throw ToklabError(
            file: file.path, "no scores after \(index + 1) tokens that end in \(id)",
            expected: "a recorded context",
            advice: "record the prompt with toklab models record, or ask a model that runs")
        }
        row = next
      }
      let width = facts.vocabularySize
      var values = file.doubles(of: scores, row * width..<(row + 1) * width)
      do throws(ToklabError) { try LogProbabilities.normalize(&values) } catch {
        throw ToklabError(file: file.path, "row \(row): \(error.found)", expected: error.expected)
      }
      return values
    }
  }
}

/// Passes questions on to a model and keeps the answers, so that ``write(to:tokenizerSHA256:)`` can make a
/// ``RecordedModel`` of them.
public final class ModelRecorder: LanguageModel {
  public let model: any LanguageModel
  /// Without a horizon: a recording is looked up by whole contexts.
  public var facts: LanguageModelFacts {
    var facts = model.facts
    facts.horizon = nil
    return facts
  }
  private var recorded: [[TokenID]: [Double]] = [:]

  public init(_ model: any LanguageModel) { self.model = model }

  /// The number of contexts asked for so far.
  public var count: Int { recorded.count }

  public func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    let rows = try model.logProbabilities(after: contexts)
    for (context, row) in zip(contexts, rows) { recorded[context] = row }
    return rows
  }

  /// Writes all contexts, and those on the way to them, as F32 or with `exact` as F64.
  ///
  /// - Throws: what the model throws for the contexts on the way.
  public func write(to path: String, tokenizerSHA256: String?, exact: Bool = false) throws(ToklabError) {
    var wanted: Set<[TokenID]> = [[]]
    for context in recorded.keys {
      var prefix = context
      while wanted.insert(prefix).inserted { prefix.removeLast() }
    }
    // Shorter contexts first, so that parents stand before their children.
    let order = wanted.sorted { a, b in
      a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
    }
    let answersEmpty = facts.answersEmptyContext
    let missing = order.filter { recorded[$0] == nil && (answersEmpty || !$0.isEmpty) }
    for start in stride(from: 0, to: missing.count, by: 64) {
      _ = try logProbabilities(after: Array(missing[start..<min(start + 64, missing.count)]))
    }
    var index: [[TokenID]: Int64] = [:]
    for (row, context) in order.enumerated() { index[context] = Int64(row) }
    var metadata = [
      "format": RecordedModel.formatName,
      "end_token": facts.endTokens.map { String($0) }.joined(separator: ","),
    ]
    if !answersEmpty { metadata["empty_context"] = "none" }
    metadata["begin_token"] = facts.beginToken.map { String($0) }
    metadata["tokenizer_sha256"] = tokenizerSHA256
    var writer = SafetensorsWriter(metadata: metadata)
    let shape = [order.count, facts.vocabularySize]
    let nothing = [Double](repeating: 0, count: facts.vocabularySize)
    writer.add("scores", exact ? .f64 : .f32, shape: shape) { [recorded] (file) throws(ToklabError) in
      for context in order {
        let row = recorded[context] ?? nothing
        try file.write(
          exact
            ? SafetensorsWriter.bytes(row.map(\.bitPattern))
            : SafetensorsWriter.bytes(row.map { Float($0).bitPattern }))
      }
    }
    writer.add("parent", order.map { $0.isEmpty ? -1 : index[Array($0.dropLast())]! })
    writer.add("token", order.map { $0.last.map { Int64($0) } ?? -1 })
    try writer.write(to: path)
  }
}
