/// Recorded log-probabilities of texts: one sample a line of JSON Lines.
///
/// `{"text_sha256": …, "bytes_scored": n, "token_ids": […], "logprob": [null, …]}`; natural logarithms, the
/// first token unscored, `bytes_scored` without the bytes of the first token. Other keys are ignored.
public struct LikelihoodLog: Sendable {
  public struct Sample: Sendable, Hashable {
    public var textSHA256: String?
    public var bytesScored: Int
    public var tokenIDs: [TokenID]
    /// Natural logarithms of the tokens from the second on: one fewer than ``tokenIDs``.
    public var logProbabilities: [Double]

    public init(
      textSHA256: String? = nil, bytesScored: Int, tokenIDs: [TokenID], logProbabilities: [Double]
    ) {
      self.textSHA256 = textSHA256
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

  /// Reads a file.
  ///
  /// - Throws: ``ToklabError`` with the line: malformed JSON, lists of different lengths, a positive
  ///   or missing log-probability, fewer than two tokens, no bytes, no samples.
  public init(file path: String) throws(ToklabError) {
    do { self = try LikelihoodLog(TextLines(FileBytes.read(path))) } catch { throw error.in(path) }
  }

  public init(_ text: TextLines) throws(ToklabError) {
    samples = []
    for line in 0..<text.count {
      let bytes = text.bytes[text.range(ofLine: line)]
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      do throws(ToklabError) {
        samples.append(try Self.sample(Array(bytes)))
      } catch {
        var found = error.found
        if case .path(let path) = error.position { found = "\(path): \(found)" }
        throw ToklabError(at: .line(line + 1), found, expected: error.expected, advice: error.advice)
      }
    }
    guard !samples.isEmpty else { throw ToklabError("no samples", expected: "JSON Lines, one sample a line") }
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
    return Sample(textSHA256: digest, bytesScored: scored, tokenIDs: ids, logProbabilities: logs)
  }
}
