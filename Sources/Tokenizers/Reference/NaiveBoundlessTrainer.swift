/// Supermerges in competition as their definition reads: the slow twin of ``BoundlessTrainer`` and its test oracle.
///
/// Every step counts all pairs again, inside pre-tokens and between them.
package struct NaiveBoundlessTrainer {
  /// A pre-token: its symbols, and whether the next one of the line may be joined to it.
  package struct Piece {
    package var symbols: [[UInt8]]
    package var joinsNext: Bool
    package init(_ bytes: [UInt8], joinsNext: Bool) {
      symbols = bytes.map { [$0] }
      self.joinsNext = joinsNext
    }
  }

  package struct Merge: Equatable {
    package var left: [UInt8]
    package var right: [UInt8]
    package init(left: [UInt8], right: [UInt8]) {
      self.left = left
      self.right = right
    }
  }

  /// - Parameter forbidden: what ordinary training to the same size makes.
  /// - Returns: the ordinary merges, and the supermerges, each in order.
  package static func merges(
    lines: [[Piece]], size: Int, maxWords: Int, minFrequency: Int64, forbidden: Set<[UInt8]>
  ) -> (ordinary: [Merge], supermerges: [Merge]) {
    var lines = lines
    /// Tokens in the order of making, ordinary ones before all others, for ties.
    var orders: [[UInt8]: Int] = [:]
    for byte in ByteAlphabet.order { orders[[byte]] = orders.count }
    var made: [[UInt8]: Int] = [:]
    func order(_ token: [UInt8]) -> Int { made[token] ?? orders[token]! }
    func best(_ counts: [[[UInt8]]: Int64]) -> (pair: [[UInt8]], count: Int64)? {
      counts.max { a, b in
        if a.value != b.value { return a.value < b.value }
        return (order(a.key[0]), order(a.key[1])) > (order(b.key[0]), order(b.key[1]))
      }.map { ($0.key, $0.value) }
    }
    func words(_ text: [UInt8]) -> Int { text.split(separator: 0x20).count }
    var (ordinary, supermerges) = ([Merge](), [Merge]())
    while orders.count + made.count < size {
      var inside: [[[UInt8]]: Int64] = [:]
      var between: [[[UInt8]]: Int64] = [:]
      for line in lines {
        for piece in line {
          for (a, b) in zip(piece.symbols, piece.symbols.dropFirst()) { inside[[a, b], default: 0] += 1 }
        }
        for (a, b) in zip(line, line.dropFirst())
        where a.joinsNext && a.symbols.count == 1 && b.symbols.count == 1 {
          let (left, right) = (a.symbols[0], b.symbols[0])
          let joined = left + right
          let hasColon = left.last == 0x3A && right.first == 0x20
          if BoundlessRules.isEligible(left), BoundlessRules.isEligible(right), !hasColon,
            words(joined) <= maxWords, !forbidden.contains(joined)
          {
            between[[left, right], default: 0] += 1
          }
        }
      }
      let least = max(1, minFrequency)
      let one = best(inside).flatMap { $0.count >= least ? $0 : nil }
      let two = best(between).flatMap { $0.count >= least ? $0 : nil }
      if let two, two.count > one?.count ?? 0 {
        let (left, right) = (two.pair[0], two.pair[1])
        supermerges.append(Merge(left: left, right: right))
        if made[left + right] == nil { made[left + right] = 1 << 40 + made.count }
        for index in lines.indices { lines[index] = joined(lines[index], left, right) }
      } else if let one {
        let (left, right) = (one.pair[0], one.pair[1])
        ordinary.append(Merge(left: left, right: right))
        if orders[left + right] == nil { orders[left + right] = orders.count }
        for index in lines.indices {
          for piece in lines[index].indices where lines[index][piece].symbols.count > 1 {
            lines[index][piece].symbols = merged(lines[index][piece].symbols, left, right)
          }
        }
      } else {
        break
      }
    }
    return (ordinary, supermerges)
  }

  private static func merged(_ symbols: [[UInt8]], _ left: [UInt8], _ right: [UInt8]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var rest = symbols[...]
    while let first = rest.popFirst() {
      if first == left, rest.first == right {
        rest.removeFirst()
        out.append(left + right)
      } else {
        out.append(first)
      }
    }
    return out
  }

  private static func joined(_ line: [Piece], _ left: [UInt8], _ right: [UInt8]) -> [Piece] {
    var out: [Piece] = []
    var rest = line[...]
    while var first = rest.popFirst() {
      if first.joinsNext, first.symbols == [left], let next = rest.first, next.symbols == [right] {
        rest.removeFirst()
        first.symbols = [left + right]
        first.joinsNext = next.joinsNext
      }
      out.append(first)
    }
    return out
  }
}
