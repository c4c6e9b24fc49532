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

  private let process: HelperProcess
  private let name: String
  private var hasFailed = false

  /// Starts a helper and lets it open its model.
  ///
  /// - Throws: ``ToklabError`` when it cannot be started, speaks another version, or cannot open the model.
  public init(_ launch: Launch) throws(ToklabError) {
    name = launch.name
    let command = [launch.python, launch.helper ?? "/dev/fd/3"] + launch.arguments
    process = try HelperProcess(
      command, script: launch.helper == nil ? HelperScript.source : nil, name: launch.name)
    try process.send(
      HelperFrames.frame(HelperFrames.Kind.hello, HelperFrames.bytes(HelperFrames.version)))
    let (kind, body) = try Self.next(process, name)
    guard kind == HelperFrames.Kind.facts else {
      throw kind == HelperFrames.Kind.fault ? Self.fault(body, name) : Self.unexpected(kind, name)
    }
    do throws(ToklabError) {
      let greeting = try ByteJSON(body).root
      func number(_ key: StaticString, _ range: ClosedRange<Int>) throws(ToklabError) -> Int? {
        guard let value = greeting.member(key), !value.isNull else { return nil }
        return try value.integer(in: range)
      }
      let version = try number("protocol", 0...Int(Int32.max))
      guard version == Int(HelperFrames.version) else {
        throw ToklabError(
          "a helper that speaks version \(version.map(String.init) ?? "none") of the protocol",
          expected: "version \(HelperFrames.version)")
      }
      let sizes = 1...VocabularyBuilder.maximumCapacity
      guard let width = try number("vocabulary_size", sizes) else {
        throw ToklabError("a greeting without vocabulary_size", expected: "the number of scores in a row")
      }
      var ends: [TokenID] = []
      if let list = greeting.member("end_tokens"), !list.isNull {
        for value in try list.elements() { ends.append(TokenID(try value.integer(in: 0...width - 1))) }
      }
      facts = LanguageModelFacts(
        kind: launch.arguments[0], vocabularySize: width, endTokens: ends,
        beginToken: try number("begin_token", 0...width - 1).map { TokenID($0) },
        answersEmptyContext: try greeting.member("answers_empty_context")?.bool() ?? false,
        contextLimit: try number("context_limit", 1...Int(Int32.max)),
        isBatchInvariant: try greeting.member("batch_invariant")?.bool() ?? false,
        isPartial: try greeting.member("partial")?.bool() ?? false)
      backend = try greeting.member("backend")?.string() ?? "unknown"
      summary = try greeting.member("model")?.string() ?? ""
    } catch {
      throw ToklabError(
        "a greeting that is not understood: \(error.found)", expected: error.expected ?? "facts as JSON"
      ).in(name)
    }
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
    try process.send(HelperFrames.question(contexts))
    var rows: [[Double]] = []
    for number in contexts.indices {
      let (kind, body) = try Self.next(process, name)
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
      case HelperFrames.Kind.fault: throw Self.fault(body, name)
      default: throw Self.unexpected(kind, name)
      }
    }
    let (kind, body) = try Self.next(process, name)
    guard kind == HelperFrames.Kind.done, body.count == 16 else {
      throw kind == HelperFrames.Kind.fault ? Self.fault(body, name) : Self.unexpected(kind, name)
    }
    tokensDecoded += Int(clamping: HelperFrames.number(body[..<8]))
    secondsOfModel += Double(bitPattern: HelperFrames.number(body[8...]))
    return rows
  }

  /// A row that holds the scores of some tokens, already logarithms; the others are 0 as far as is known.
  private func partial(_ body: [UInt8]) throws(ToklabError) -> [Double] {
    guard body.count >= 4, body.count == 4 + 8 * Int(HelperFrames.number(body[..<4])) else {
      throw Self.unexpected(HelperFrames.Kind.partialRow, name)
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
    try process.send(HelperFrames.frame(HelperFrames.Kind.tokenize, text))
    let (kind, body) = try Self.next(process, name)
    if kind == HelperFrames.Kind.fault { return nil }
    guard kind == HelperFrames.Kind.ids, body.count % 4 == 0 else { throw Self.unexpected(kind, name) }
    return stride(from: 0, to: body.count, by: 4).map { TokenID(HelperFrames.number(body[$0..<$0 + 4])) }
  }

  private static func next(
    _ process: HelperProcess, _ name: String
  ) throws(ToklabError) -> (kind: UInt8, body: [UInt8]) {
    let length = Int(HelperFrames.number(try process.receive(4)))
    guard length >= 1, length <= HelperFrames.longest else {
      throw ToklabError(
        "an answer of \(length) bytes from the model helper",
        expected: "a frame of the protocol", advice: "it may print to its standard output"
      ).in(name)
    }
    let kind = try process.receive(1)[0]
    return (kind, try process.receive(length - 1))
  }

  /// What the helper says is wrong.
  private static func fault(_ body: [UInt8], _ name: String) -> ToklabError {
    do throws(ToklabError) {
      let value = try ByteJSON(body).root
      let message = try value.member("message")?.string() ?? "no message"
      let advice: String? =
        switch try value.member("kind")?.string() {
        case "context": "give a shorter text, or --context for a longer one"
        case "id": "model and tokenizer do not belong together"
        default: nil
        }
      return ToklabError(message, advice: advice).in(name)
    } catch { return unexpected(HelperFrames.Kind.fault, name) }
  }

  private static func unexpected(_ kind: UInt8, _ name: String) -> ToklabError {
    ToklabError(
      "a frame of kind \(ByteEscape.string([kind])) from the model helper",
      expected: "an answer by version \(HelperFrames.version) of the protocol"
    ).in(name)
  }
}
