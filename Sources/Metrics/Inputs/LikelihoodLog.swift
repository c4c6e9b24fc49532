/// Recorded log-probabilities of texts: one sample a line of JSON Lines.
///
/// `{"text_sha256": …, "add_bos": false, "bytes_scored": n, "token_ids": […], "logprob": [null, …]}`; natural
/// logarithms, the first token unscored, `bytes_scored` without the bytes of the first token. Other keys are
/// ignored.
///
/// `add_bos` says what the first token is: true, the model's begin token, so that all of the text is scored;
/// false, the first token of the text. Figures of the two kinds do not compare (a text of ten tokens has nine
/// or ten scored ones), so one log may not hold both. A log that leaves it out is read, and
/// ``beginsWithBOS`` is nil.
public struct LikelihoodLog: Sendable {
  public struct Sample: Sendable, Hashable {
    public var textSHA256: String?
    /// Whether ``tokenIDs`` begins with the model's begin token; nil where that was not recorded.
    public var addBOS: Bool?
    public var bytesScored: Int
    public var tokenIDs: [TokenID]
    /// Natural logarithms of the tokens from the second on: one fewer than ``tokenIDs``.
    public var logProbabilities: [Double]

    public init(
      textSHA256: String? = nil, addBOS: Bool? = nil, bytesScored: Int, tokenIDs: [TokenID],
      logProbabilities: [Double]
    ) {
      self.textSHA256 = textSHA256
      self.addBOS = addBOS
      self.bytesScored = bytesScored
      self.tokenIDs = tokenIDs
      self.logProbabilities = logProbabilities
    }

    /// Tokens that were predicted.
    public var scored: Int { logProbabilities.count }

    /// Σ −log₂ p.
    public var bits: Double {
      -logProbabilities.reduce(0, +) / 0.6931471805599453
    }
  }

  public var samples: [Sample]

  public init(samples: [Sample]) { self.samples = samples }

  /// Whether the samples begin with the model's begin token; nil where the log does not say.
  public var beginsWithBOS: Bool? { samples.first?.addBOS }

  /// What a reader of the figures must know about ``beginsWithBOS``.
  public var beginNote: String {
    switch beginsWithBOS {
    case true: "add_bos true: the begin token stands before each sample, all of whose text is scored"
    case false: "add_bos false: the first token of each sample is not scored"
    case nil: "the log does not record add_bos: whether its first tokens are begin tokens is not known"
    }
  }

  /// Reads a file.
  ///
  /// - Throws: ``ToklabError`` with the line: malformed JSON, lists of different lengths, a positive
  ///   or missing log-probability, fewer than two tokens, no bytes, no samples, an `add_bos` that is not
  ///   that of the samples before it, or true where they begin with another token.
  public init(file path: String) throws(ToklabError) {
    do { self = try LikelihoodLog(TextLines(FileBytes.read(path))) } catch { throw error.in(path) }
  }

  public init(_ text: TextLines) throws(ToklabError) {
    samples = []
    for line in 0..<text.count {
      let bytes = text.bytes[text.range(ofLine: line)]
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      do throws(ToklabError) {
        let sample = try Self.sample(Array(bytes))
        try check(sample)
        samples.append(sample)
      } catch {
        var found = error.found
        if case .path(let path) = error.position { found = "\(path): \(found)" }
        throw ToklabError(at: .line(line + 1), found, expected: error.expected, advice: error.advice)
      }
    }
    guard !samples.isEmpty else { throw ToklabError("no samples", expected: "JSON Lines, one sample a line") }
  }

  /// All samples of a log begin alike.
  private func check(_ sample: Sample) throws(ToklabError) {
    guard let first = samples.first else { return }
    func spelled(_ value: Bool?) -> String { value.map { "add_bos \($0)" } ?? "no add_bos" }
    guard sample.addBOS == first.addBOS else {
      throw ToklabError(
        spelled(sample.addBOS), expected: "\(spelled(first.addBOS)), as in the samples before",
        advice: "keep samples with and without a begin token in logs of their own")
    }
    guard sample.addBOS != true || sample.tokenIDs[0] == first.tokenIDs[0] else {
      throw ToklabError(
        "add_bos true and the first token \(sample.tokenIDs[0])",
        expected: "\(first.tokenIDs[0]), with which the samples before begin")
    }
  }

  private static func sample(_ bytes: [UInt8]) throws(ToklabError) -> Sample {
    var reader = try ByteJSON.ObjectReader(ByteJSON(bytes).root)
    var ids: [TokenID] = []
    try reader.required("token_ids").forEachElement { _, value throws(ToklabError) in
      ids.append(try value.tokenID())
    }
    var logs: [Double] = []
    let list = try reader.required("logprob")
    try list.forEachElement { index, value throws(ToklabError) in
      if index == 0 {
        guard value.isNull else {
          throw value.error("a number", expected: "null: the first token is unscored")
        }
        return
      }
      let log = try value.double()
      guard log <= 0 else { throw value.error("\(log)", expected: "a natural logarithm, at most 0") }
      logs.append(log)
    }
    guard list.count == ids.count else {
      throw list.error("\(list.count) log-probabilities", expected: "\(ids.count), one a token id")
    }
    guard ids.count >= 2 else { throw list.error("\(ids.count) tokens", expected: "two or more") }
    let scored = try reader.required("bytes_scored").integer(in: 1...Int(Int32.max))
    let digest = try reader.optional("text_sha256")?.string()
    let addBOS = try reader.optional("add_bos")?.bool()
    return Sample(
      textSHA256: digest, addBOS: addBOS, bytesScored: scored, tokenIDs: ids, logProbabilities: logs)
  }
}
