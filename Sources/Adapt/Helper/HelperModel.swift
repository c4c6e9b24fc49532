import Tokenizers

/// A model that runs in another program: llama.cpp, transformers, a server, or anything that speaks the
/// protocol of docs/helper-protocol.md.
///
/// Rows come as logits or natural logarithms and are normalized here, in double precision. The helper keeps
/// the state of earlier contexts, so that a context costs the tokens behind what it shares with one of them.
public final class HelperModel: LanguageModel {
  /// How to start a helper.
  public struct Launch: Sendable {
    /// The Python interpreter.
    public var python = "python3"
    /// Another helper than the one in the program.
    public var helper: String?
    /// The back end's name and its arguments, the model first.
    public var arguments: [String]
    /// The model as the user named it, for errors.
    public var name: String

    public init(backend: String, model: String, options: [String] = [], name: String? = nil) {
      arguments = [backend, model] + options
      self.name = name ?? model
    }
  }

  public private(set) var facts: LanguageModelFacts
  /// What runs the model, with its version.
  public let backend: String
  /// The model's own description.
  public let summary: String
  /// Tokens the helper has read, not counting what its cache held.
  public private(set) var tokensDecoded = 0
  /// Seconds the helper has spent on rows.
  public private(set) var secondsOfModel = 0.0

  private let connection: HelperConnection
  private var name: String { connection.name }
  private var hasFailed = false

  /// Starts a helper and lets it open its model.
  ///
  /// - Throws: ``ToklabError`` when it cannot be started, speaks another version, or cannot open the model.
  public init(_ launch: Launch) throws(ToklabError) {
    let kind = launch.arguments[0]
    let (connection, greeting) = try HelperConnection.open(launch) {
      (greeting) throws(ToklabError) in try Self.facts(kind, greeting)
    }
    self.connection = connection
    (facts, backend, summary) = greeting
  }

  private static func facts(
    _ kind: String, _ greeting: ByteJSON.Value
  ) throws(ToklabError) -> (LanguageModelFacts, String, String) {
    func number(_ key: StaticString, _ range: ClosedRange<Int>) throws(ToklabError) -> Int? {
      try HelperConnection.number(key, range, in: greeting)
    }
    guard let width = try number("vocabulary_size", 1...VocabularyBuilder.maximumCapacity) else {
      throw ToklabError("a greeting without vocabulary_size", expected: "the number of scores in a row")
    }
    var ends: [TokenID] = []
    if let list = greeting.member("end_tokens"), !list.isNull {
      for value in try list.elements() { ends.append(TokenID(try value.integer(in: 0...width - 1))) }
    }
    let facts = LanguageModelFacts(
      kind: kind, vocabularySize: width, endTokens: ends,
      beginToken: try number("begin_token", 0...width - 1).map { TokenID($0) },
      answersEmptyContext: try greeting.member("answers_empty_context")?.bool() ?? false,
      contextLimit: try number("context_limit", 1...Int(Int32.max)),
      isBatchInvariant: try greeting.member("batch_invariant")?.bool() ?? false,
      isPartial: try greeting.member("partial")?.bool() ?? false)
    return (
      facts, try greeting.member("backend")?.string() ?? "unknown",
      try greeting.member("model")?.string() ?? ""
    )
  }

  /// Names begin and end where the helper does not know them, or the user knows better.
  public func setTokens(begin: TokenID?, ends: [TokenID]) {
    facts.beginToken = begin
    facts.endTokens = ends
  }

  public func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    guard !hasFailed else {
      throw ToklabError("the model helper has failed before", expected: "a helper that answers").in(name)
    }
    do throws(ToklabError) { return try answers(to: contexts) } catch {
      // Frames may be left over; what comes next would be misread.
      hasFailed = true
      throw error
    }
  }

  private func answers(to contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    try connection.process.send(HelperFrames.question(contexts))
    var rows: [[Double]] = []
    for number in contexts.indices {
      let (kind, body) = try connection.next()
      switch kind {
      case HelperFrames.Kind.row:
        guard body.count == 4 * facts.vocabularySize else {
          throw ToklabError(
            "a row of \(body.count / 4) scores", expected: "\(facts.vocabularySize), one a token"
          ).in(name)
        }
        var row = HelperFrames.floats(body)
        do throws(ToklabError) { try LogProbabilities.normalize(&row) } catch {
          throw ToklabError(
            "the row after \(contexts[number].count) tokens: \(error.found)", expected: error.expected,
            advice: error.advice
          ).in(name)
        }
        rows.append(row)
      case HelperFrames.Kind.partialRow: rows.append(try partial(body))
      case HelperFrames.Kind.fault: throw connection.fault(body)
      default: throw connection.unexpected(kind)
      }
    }
    let (tokens, seconds) = try connection.done()
    tokensDecoded += tokens
    secondsOfModel += seconds
    return rows
  }

  /// A row that holds the scores of some tokens, already logarithms; the others are 0 as far as is known.
  private func partial(_ body: [UInt8]) throws(ToklabError) -> [Double] {
    guard body.count >= 4, body.count == 4 + 8 * Int(HelperFrames.number(body[..<4])) else {
      throw connection.unexpected(HelperFrames.Kind.partialRow)
    }
    facts.isPartial = true
    var row = [Double](repeating: -.infinity, count: facts.vocabularySize)
    for place in stride(from: 4, to: body.count, by: 8) {
      let id = Int(HelperFrames.number(body[place..<place + 4]))
      guard id < row.count else {
        throw ToklabError("a score for id \(id)", expected: "ids below \(row.count)").in(name)
      }
      row[id] = Double(Float(bitPattern: UInt32(HelperFrames.number(body[place + 4..<place + 8]))))
    }
    return row
  }

  /// The model's own tokens of a text, without special tokens; nil where the helper has no tokenizer.
  public func tokenize(_ text: [UInt8]) throws(ToklabError) -> [TokenID]? {
    try connection.process.send(HelperFrames.frame(HelperFrames.Kind.tokenize, text))
    let (kind, body) = try connection.next()
    if kind == HelperFrames.Kind.fault { return nil }
    guard kind == HelperFrames.Kind.ids, body.count % 4 == 0 else { throw connection.unexpected(kind) }
    return stride(from: 0, to: body.count, by: 4).map { TokenID(HelperFrames.number(body[$0..<$0 + 4])) }
  }
}
