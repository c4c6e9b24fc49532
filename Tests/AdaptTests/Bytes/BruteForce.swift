import Adapt
import Glibc
import Tokenizers

/// Byte probabilities by enumeration of every token sequence: the definition, at exponential cost.
final class BruteForce {
  let tokens: [(id: TokenID, bytes: [UInt8])]
  let end: TokenID
  let special: [TokenID]
  let model: any LanguageModel
  let quantity: ByteQuantity
  /// The encoder, for the two quantities that need it; nil for bytes it cannot encode.
  let encode: ([UInt8]) -> [TokenID]?
  /// What may follow, for viability.
  let probes: [[UInt8]]
  private var rows: [[TokenID]: [Double]] = [:]
  private var viable: [[TokenID]: Bool] = [:]
  private var normalizers: [[TokenID]: Double] = [:]

  init(
    _ vocabulary: Vocabulary, model: any LanguageModel, quantity: ByteQuantity, special: [TokenID] = [],
    probes: [[UInt8]], encode: @escaping ([UInt8]) -> [TokenID]?
  ) {
    end = model.facts.endTokens[0]
    let hidden = special + model.facts.endTokens
    tokens = (0..<TokenID(vocabulary.capacity)).filter { !hidden.contains($0) }.map { ($0, vocabulary[$0]) }
    self.special = special
    self.model = model
    self.quantity = quantity
    self.probes = probes
    self.encode = encode
  }

  /// Tokens with bytes of their own, for vocabularies that spell them otherwise.
  init(
    tokens: [(id: TokenID, bytes: [UInt8])], model: any LanguageModel, quantity: ByteQuantity,
    special: [TokenID], probes: [[UInt8]], encode: @escaping ([UInt8]) -> [TokenID]?
  ) {
    end = model.facts.endTokens[0]
    self.tokens = tokens
    self.special = special
    self.model = model
    self.quantity = quantity
    self.probes = probes
    self.encode = encode
  }

  func bytes(_ sequence: [TokenID]) -> [UInt8] {
    sequence.flatMap { id in tokens.first { $0.id == id }!.bytes }
  }

  func isViable(_ sequence: [TokenID]) -> Bool {
    if quantity == .all { return true }
    if let known = viable[sequence] { return known }
    let text = bytes(sequence)
    let result = probes.contains { encode(text + $0)?.starts(with: sequence) ?? false }
    viable[sequence] = result
    return result
  }

  func isComplete(_ sequence: [TokenID]) -> Bool {
    quantity == .all || encode(bytes(sequence)) == sequence
  }

  private func row(_ context: [TokenID]) throws -> [Double] {
    if let row = rows[context] { return row }
    let row = try model.logProbabilities(after: [context])[0].map { exp($0) }
    rows[context] = row
    return row
  }

  /// p, or for the canonical quantity q, of a token or the end after a viable context.
  private func probability(_ id: TokenID, _ context: [TokenID]) throws -> Double {
    let row = try row(context)
    guard quantity == .canonical else { return row[Int(id)] }
    if normalizers[context] == nil {
      var total = tokens.reduce(0) { isViable(context + [$1.id]) ? $0 + row[Int($1.id)] : $0 }
      if isComplete(context) { total += ([end] + special).reduce(0) { $0 + row[Int($1)] } }
      normalizers[context] = total
    }
    return row[Int(id)] / normalizers[context]!
  }

  /// P(x): the sum over sequences that minimally cover the text.
  func prefix(_ text: [UInt8]) throws -> Double { try cover(text[...], [], 1) }

  private func cover(_ rest: ArraySlice<UInt8>, _ context: [TokenID], _ weight: Double) throws -> Double {
    if rest.isEmpty { return weight }
    var total = 0.0
    for (id, bytes) in tokens {
      let common = min(bytes.count, rest.count)
      guard bytes.prefix(common).elementsEqual(rest.prefix(common)), isViable(context + [id]) else {
        continue
      }
      total += try cover(rest.dropFirst(common), context + [id], weight * probability(id, context))
    }
    return total
  }

  /// P(text, end): sequences of exactly these bytes, then the end.
  func ending(_ text: [UInt8]) throws -> Double {
    try exact(text[...], []) { try self.probability(self.end, $0) }
  }

  /// P(text, special token).
  func meetingSpecial(_ text: [UInt8]) throws -> Double {
    try exact(text[...], []) { context in
      try self.special.reduce(0) { try $0 + self.probability($1, context) }
    }
  }

  private func exact(
    _ rest: ArraySlice<UInt8>, _ context: [TokenID], _ last: ([TokenID]) throws -> Double
  ) throws -> Double {
    if rest.isEmpty { return isComplete(context) ? try last(context) : 0 }
    var total = 0.0
    for (id, bytes) in tokens where rest.starts(with: bytes) && isViable(context + [id]) {
      total += try probability(id, context) * exact(rest.dropFirst(bytes.count), context + [id], last)
    }
    return total
  }
}
