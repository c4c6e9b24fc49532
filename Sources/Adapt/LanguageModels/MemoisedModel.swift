import Tokenizers

/// A language model that remembers its rows, checks them, and counts its work.
///
/// Sums over cover encodings must see one value for one context, and a model's own answers may depend on
/// the shape of the batch; so each context is asked for once and kept while memory lasts (``rowLimit``,
/// oldest out first).
public final class MemoisedModel {
  public let model: any LanguageModel
  /// The number of ids that rows are cut to: the tokenizer's own.
  public let width: Int
  /// Contexts the model was asked for.
  public private(set) var contextsEvaluated = 0
  /// Tokens a model that keeps the state of every prefix has to read: distinct prefixes of the contexts.
  public private(set) var tokensDecoded = 0
  /// Rows of padding that were dropped.
  public let paddingRows: Int

  private var rows: [[TokenID]: [Double]] = [:]
  private var order: [[TokenID]] = []
  private var oldest = 0
  private let rowLimit: Int
  private var prefixes: Set<UInt64> = []

  public var facts: LanguageModelFacts { model.facts }

  /// - Parameters:
  ///   - capacity: the number of ids the tokenizer has.
  ///   - allowPadding: accepts rows that are wider; what is beyond the tokenizer is dropped.
  ///   - memory: bytes that rows may take.
  /// - Throws: ``ToklabError`` when the widths do not fit.
  public init(
    _ model: any LanguageModel, capacity: Int, allowPadding: Bool = false, memory: Int = 1 << 29
  ) throws(ToklabError) {
    let facts = model.facts
    // An end symbol of the model's own may lie just after the tokenizer's ids.
    var needed = capacity
    while needed < facts.vocabularySize, facts.endTokens.contains(TokenID(needed)) { needed += 1 }
    guard facts.vocabularySize == needed || (facts.vocabularySize > needed && allowPadding) else {
      throw ToklabError(
        "the model scores \(facts.vocabularySize) tokens and the tokenizer has \(capacity)",
        expected: "one score a token",
        advice: facts.vocabularySize > needed
          ? "check that they belong together; --allow-padding drops the scores beyond the tokenizer"
          : "check that they belong together")
    }
    if let id = (facts.endTokens + [facts.beginToken].compactMap(\.self)).first(where: { $0 >= needed }) {
      throw ToklabError("end or begin token \(id)", expected: "an id below \(needed)")
    }
    self.model = model
    width = needed
    paddingRows = facts.vocabularySize - needed + facts.paddingRows
    rowLimit = max(64, memory / max(8, 8 * needed))
  }

  /// Rows for many contexts, in their order.
  ///
  /// - Throws: what the model throws, and ``ToklabError`` for a row that is no distribution.
  public func rows(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    let facts = model.facts
    let keys = contexts.map { context in
      facts.horizon.map { Array(context.suffix($0)) } ?? context
    }
    var missing: [[TokenID]] = []
    var asked: Set<[TokenID]> = []
    for (key, context) in zip(keys, contexts) where rows[key] == nil && asked.insert(key).inserted {
      if let limit = facts.contextLimit, context.count > limit {
        throw ToklabError(
          "a context of \(context.count) tokens", expected: "at most \(limit), the model's limit",
          advice: "give a shorter text")
      }
      if let id = key.first(where: { $0 >= facts.vocabularySize }) {
        throw ToklabError("id \(id) in a context", expected: "ids below \(facts.vocabularySize)")
      }
      missing.append(key)
    }
    var fresh: [[TokenID]: [Double]] = [:]
    if !missing.isEmpty {
      let answers = try model.logProbabilities(after: missing)
      guard answers.count == missing.count else {
        throw ToklabError("\(answers.count) rows for \(missing.count) contexts", expected: "one a context")
      }
      for (key, answer) in zip(missing, answers) {
        let row = try checked(answer)
        fresh[key] = row
        keep(key, row)
      }
      contextsEvaluated += missing.count
      for key in missing { countPrefixes(of: key) }
    }
    return keys.map { fresh[$0] ?? rows[$0]! }
  }

  public func row(after context: [TokenID]) throws(ToklabError) -> [Double] {
    try rows(after: [context])[0]
  }

  private func checked(_ answer: [Double]) throws(ToklabError) -> [Double] {
    guard answer.count == model.facts.vocabularySize else {
      throw ToklabError(
        "a row of \(answer.count) scores", expected: "\(model.facts.vocabularySize), one a token")
    }
    try LogProbabilities.check(answer)
    var row = answer.count == width ? answer : Array(answer[..<width])
    let total = LogProbabilities.sum(answer)
    if model.facts.isPartial, total <= 1e-3 { return row }
    guard abs(total) <= 1e-3 else {
      throw ToklabError(
        "probabilities that sum to e^\(total)", expected: "1 within 0.001",
        advice: "the model must give normalized log-probabilities")
    }
    if answer.count > width {
      try LogProbabilities.normalize(&row)
    } else {
      for index in row.indices { row[index] -= total }
    }
    return row
  }

  private func keep(_ key: [TokenID], _ row: [Double]) {
    if rows.count >= rowLimit {
      rows[order[oldest]] = nil
      oldest += 1
      if oldest > 4096, oldest * 2 > order.count {
        order.removeFirst(oldest)
        oldest = 0
      }
    }
    rows[key] = row
    order.append(key)
  }

  private func countPrefixes(of context: [TokenID]) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for id in context {
      hash = (hash ^ UInt64(id)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      if prefixes.insert(hash).inserted { tokensDecoded += 1 }
    }
  }
}
