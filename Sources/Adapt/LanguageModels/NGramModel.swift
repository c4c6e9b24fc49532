import Tokenizers

/// An n-gram model over tokens with interpolated Kneser–Ney smoothing: small, deterministic, exact, and
/// with full support (every token has a positive probability after every context).
///
/// p_k(t | h) = max(c(ht) − D_k, 0) / c(h) + D_k · N(h) / c(h) · p_{k−1}(t | h'), where c counts occurrences
/// at the highest order and distinct left neighbours below, N(h) is the number of different tokens after h,
/// h' is h without its first token, D_k = n₁ / (n₁ + 2 n₂) with n_i the number of n-grams of count i, and
/// p₀ is uniform over all tokens. A history never seen hands over to the shorter one.
///
/// Sources: Kneser and Ney, "Improved backing-off for m-gram language modeling" (ICASSP 1995); Ney, Essen
/// and Kneser 1994 for D; Chen and Goodman, "An empirical study of smoothing techniques for language
/// modeling" (1998), section 4.1.6, for the interpolated form.
public final class NGramModel: LanguageModel, Sendable {
  /// One order, its histories ascending.
  struct Order: Sendable {
    /// `length` ids each, the tokens of a history in text order.
    var histories: [TokenID]
    var historyLength: Int
    /// `ends[i]` is where the continuations of history i end.
    var ends: [UInt32]
    var tokens: [TokenID]
    var counts: [UInt32]
    var discount: Double
    /// c(h) of each history.
    var totals: [Double]
  }

  public let tokenizer: TokenizerDefinition
  public let facts: LanguageModelFacts
  /// The longest n-gram.
  public let order: Int
  public var endToken: TokenID { facts.endTokens[0] }
  /// Distinct n-grams of each order, from 1.
  public var ngramCounts: [Int] { orders.map(\.tokens.count) }
  let orders: [Order]
  /// Ids that are no token at all.
  private let holes: Set<TokenID>
  private let uniform: Double
  /// The row of order 1, which every row begins with.
  private let unigrams: [Double]

  init(tokenizer: TokenizerDefinition, capacity: Int, holes: Set<TokenID>, endToken: TokenID, orders: [Order])
  {
    self.tokenizer = tokenizer
    order = orders.count
    self.orders = orders
    self.holes = holes
    let width = max(capacity, Int(endToken) + 1)
    facts = LanguageModelFacts(
      kind: "ngram", vocabularySize: width, endTokens: [endToken], horizon: max(0, orders.count - 1))
    uniform = 1 / Double(width - holes.count)
    var row = [Double](repeating: uniform, count: width)
    for hole in holes { row[Int(hole)] = 0 }
    Self.apply(orders[0], history: 0, to: &row)
    unigrams = row
  }

  public func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
    contexts.map { context in
      var row = probabilities(after: context)
      for index in row.indices { row[index] = NaturalLogarithm.of(row[index]) }
      return row
    }
  }

  /// The probabilities of all tokens. A context shorter than the model's horizon is a whole text so far.
  func probabilities(after context: [TokenID]) -> [Double] {
    var full = Array(context.suffix(order - 1))
    if full.count < order - 1 { full.insert(NGramCounts.begin, at: 0) }
    var row = unigrams
    for length in stride(from: 1, through: full.count, by: 1) {
      let history = full.suffix(length)
      guard let index = orders[length].find(Array(history)) else { break }
      Self.apply(orders[length], history: index, to: &row)
    }
    return row
  }

  private static func apply(_ order: Order, history: Int, to row: inout [Double]) {
    let start = history == 0 ? 0 : Int(order.ends[history - 1])
    let end = Int(order.ends[history])
    guard start < end else { return }
    let total = order.totals[history]
    let share = order.discount * Double(end - start) / total
    for index in row.indices { row[index] *= share }
    for index in start..<end {
      row[Int(order.tokens[index])] += (Double(order.counts[index]) - order.discount) / total
    }
  }
}

extension NGramModel.Order {
  /// The index of a history, by binary search.
  func find(_ history: [TokenID]) -> Int? {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      let candidate = histories[middle * historyLength..<(middle + 1) * historyLength]
      if candidate.lexicographicallyPrecedes(history) { low = middle + 1 } else { high = middle }
    }
    guard low < ends.count,
      histories[low * historyLength..<(low + 1) * historyLength].elementsEqual(history)
    else { return nil }
    return low
  }

  init(_ counts: NGramCounts.Order, length: Int) {
    histories = []
    historyLength = length - 1
    ends = []
    tokens = []
    self.counts = []
    totals = []
    discount = 0
    for index in counts.counts.indices {
      let gram = counts.grams[index * length..<(index + 1) * length]
      if ends.isEmpty || !histories.suffix(length - 1).elementsEqual(gram.dropLast()) {
        histories += gram.dropLast()
        ends.append(UInt32(tokens.count))
      }
      tokens.append(gram.last!)
      self.counts.append(UInt32(clamping: counts.counts[index]))
      ends[ends.count - 1] += 1
    }
    finish()
  }

  /// Totals and discount from the counts. A discount where n₁ or n₂ is 0 says nothing about the data and
  /// becomes one half.
  mutating func finish() {
    totals = []
    var start = 0
    var once = 0.0
    var twice = 0.0
    for end in ends {
      var total = 0.0
      for index in start..<Int(end) {
        total += Double(counts[index])
        if counts[index] == 1 { once += 1 }
        if counts[index] == 2 { twice += 1 }
      }
      totals.append(total)
      start = Int(end)
    }
    discount = once > 0 && twice > 0 ? once / (once + 2 * twice) : 0.5
  }
}

extension NGramModel {
  /// Trains from documents.
  ///
  /// - Parameters:
  ///   - order: the longest n-gram, 1 to 8.
  ///   - endToken: the id that ends a document; nil takes one after the tokenizer's own ids.
  /// - Throws: ``ToklabError`` for ids that the tokenizer does not have, or no text.
  public convenience init(
    documents: [[TokenID]], tokenizer: Tokenizer, order: Int, endToken: TokenID? = nil
  ) throws(ToklabError) {
    guard (1...8).contains(order) else {
      throw ToklabError("an order of \(order)", expected: "1 to 8")
    }
    guard documents.contains(where: { !$0.isEmpty }) else {
      throw ToklabError("the corpus holds no text", expected: "at least one token")
    }
    let capacity = tokenizer.capacity
    let end = endToken ?? TokenID(capacity)
    guard Int(end) <= capacity else {
      throw ToklabError("end token \(end)", expected: "an id of the tokenizer, or \(capacity)")
    }
    for document in documents {
      if let id = document.first(where: { $0 >= capacity || $0 == end }) {
        throw ToklabError(
          id == end ? "the end token \(id) inside a document" : "id \(id)",
          expected: "ids of the tokenizer, without its end token")
      }
    }
    let counts = NGramCounts(documents, order: order, end: end)
    var orders: [Order] = []
    for (index, order) in counts.orders.enumerated() { orders.append(Order(order, length: index + 1)) }
    self.init(
      tokenizer: tokenizer.definition, capacity: capacity, holes: Self.holes(tokenizer, end),
      endToken: end, orders: orders)
  }

  static func holes(_ tokenizer: Tokenizer, _ end: TokenID) -> Set<TokenID> {
    Set((0..<TokenID(tokenizer.capacity)).filter { tokenizer.bytes(of: $0) == nil && $0 != end })
  }
}
