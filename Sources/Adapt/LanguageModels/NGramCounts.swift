import Tokenizers

/// The n-grams of a token text, counted by sorting: the raw material of an ``NGramModel``.
///
/// Each document is taken as `begin t₁ … t_m end`. Every order has its n-grams in ascending order, so that
/// nothing depends on how they were counted.
struct NGramCounts {
  /// Stands before the first token of a document.
  static let begin = TokenID.max

  /// The n-grams of one order.
  struct Order {
    /// `length` ids each, ascending.
    var grams: [TokenID] = []
    var counts: [UInt64] = []
  }

  /// Order k at index k − 1. The highest holds how often its n-grams occur. Below, as Kneser and Ney ask,
  /// stands how many different tokens come before them, except for those at the beginning of a document,
  /// before which nothing can come: they keep their occurrences.
  let orders: [Order]

  init(_ documents: [[TokenID]], order: Int, end: TokenID) {
    var text: [TokenID] = []
    text.reserveCapacity(documents.reduce(0) { $0 + $1.count + 2 })
    // For each position of a token that is predicted, how many ids before it belong to its document.
    var positions: [(position: Int, history: Int)] = []
    for document in documents {
      text.append(Self.begin)
      for (index, id) in (document + [end]).enumerated() {
        positions.append((text.count, index + 1))
        text.append(id)
      }
    }
    var orders: [Order] = []
    // Windows that are full, and at every order those that start at the beginning of a document.
    var above: Order?
    for length in stride(from: order, through: 1, by: -1) {
      var flat: [TokenID] = []
      if let above {
        for index in above.counts.indices {
          flat += above.grams[index * (length + 1) + 1..<(index + 1) * (length + 1)]
        }
      }
      for (position, history) in positions
      where above == nil ? history >= length - 1 : history == length - 1 {
        flat += text[position - length + 1...position]
      }
      let result = Self.count(flat, length: length)
      orders.append(result)
      above = result
    }
    self.orders = orders.reversed()
  }

  /// Sorts n-grams that stand one after another and counts equal ones.
  private static func count(_ flat: [TokenID], length: Int) -> Order {
    var result = Order()
    flat.withUnsafeBufferPointer { flat in
      func compare(_ a: Int, _ b: Int) -> Int {
        for offset in 0..<length {
          let (x, y) = (flat[a &* length &+ offset], flat[b &* length &+ offset])
          if x != y { return x < y ? -1 : 1 }
        }
        return 0
      }
      let sorted = (0..<flat.count / length).sorted { compare($0, $1) < 0 }
      for (index, gram) in sorted.enumerated() {
        if index > 0, compare(sorted[index - 1], gram) == 0 {
          result.counts[result.counts.count - 1] += 1
        } else {
          result.grams += flat[gram * length..<(gram + 1) * length]
          result.counts.append(1)
        }
      }
    }
    return result
  }
}
