import Glibc
import Tokenizers

/// The probability of a byte string, beside that of its own tokenization.
public struct ByteScore: Sendable {
  public var quantity: ByteQuantity
  public var exactness: Exactness
  public var bytes: Int
  /// log P(x): that a text begins with these bytes.
  public var logProbability: Double
  /// The string's own tokens and their log-probability: what is commonly taken for that of the string.
  public var tokens: Int
  public var tokenPathLogProbability: Double

  /// nil for the empty string.
  public var bitsPerByte: Double? { bytes > 0 ? -logProbability / M_LN2 / Double(bytes) : nil }
  public var tokenPathBitsPerByte: Double? {
    bytes > 0 ? -tokenPathLogProbability / M_LN2 / Double(bytes) : nil
  }
}

extension ByteModel {
  /// Scores what follows a prompt's certain tokens.
  ///
  /// Without tolerance the model is asked for the contexts on the ways that lead to covers of the whole
  /// string only, which for the quantities *canonical* and *valid* are little more than those of its own
  /// tokens.
  ///
  /// - Throws: ``ToklabError`` naming the byte that no token can give, and what the model throws.
  public func score(_ prompt: BytePrompt) throws(ToklabError) -> ByteScore {
    let state = try state(after: prompt, tracksTotal: true)
    let (total, exactness) = try state.logProbability()
    var result = ByteScore(
      quantity: options.quantity, exactness: exactness, bytes: prompt.text.count, logProbability: total,
      tokens: 0, tokenPathLogProbability: 0)
    guard let tokenizer else { return result }
    let tokens = try tokenizer.encode(prompt.text).ids
    result.tokens = tokens.count
    result.tokenPathLogProbability = try tokenPath(tokens, after: prompt.context).reduce(0, +)
    return result
  }

  /// The log-probability of each token of a sequence.
  public func tokenPath(
    _ tokens: [TokenID], after context: [TokenID] = []
  ) throws(ToklabError) -> [Double] {
    var result: [Double] = []
    let start = [model.facts.beginToken].compactMap(\.self) + context
    guard !tokens.isEmpty else { return [] }
    guard !start.isEmpty || model.facts.answersEmptyContext else {
      throw ToklabError(
        "nothing before the first token", expected: "a begin token",
        advice: "the model gives no probabilities without any context")
    }
    for first in stride(from: 0, to: tokens.count, by: 64) {
      let part = first..<min(first + 64, tokens.count)
      let contexts = part.map { index -> [TokenID] in
        guard let horizon = model.facts.horizon else { return start + tokens[..<index] }
        let near = tokens[max(0, index - horizon)..<index]
        return Array(start.suffix(horizon - near.count) + near)
      }
      let rows = try model.rows(after: contexts)
      for (index, row) in zip(part, rows) { result.append(row[Int(tokens[index])]) }
    }
    return result
  }

  /// log P(next byte | bytes before), in nats, for each byte of a text, and the end after it.
  ///
  /// - Returns: for *valid* the renormalized conditionals, whose product is not P(x).
  public func conditionals(
    _ prompt: BytePrompt
  ) throws(ToklabError) -> (bytes: [Double], end: Double, exactness: Exactness) {
    let state = state(after: prompt.context)
    var result: [Double] = []
    var exactness = Exactness.exact
    for (index, byte) in prompt.text.enumerated() {
      let distribution = try state.distribution()
      exactness = exactness.worst(distribution.exactness)
      result.append(distribution.log(byte))
      do throws(ToklabError) { try state.append(byte) } catch {
        throw error.shifted(by: prompt.offset + index - state.count)
      }
    }
    let last = try state.distribution()
    return (result, last.logEnd, exactness.worst(last.exactness))
  }
}

extension Exactness {
  /// The less exact of two.
  public func worst(_ other: Exactness) -> Exactness {
    switch (self, other) {
    case (.lowerBound, _), (_, .lowerBound): .lowerBound
    default: (bound ?? 0) >= (other.bound ?? 0) ? self : other
    }
  }
}
