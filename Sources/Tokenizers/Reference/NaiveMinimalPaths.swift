/// ``MinimalPaths`` by trying every cut of a pre-token: the slow twin and test oracle.
///
/// Of cuts of equal cost the one whose last piece is longest is best, then the one whose last but one is, and so
/// on. Cost: exponential in the length of a pre-token.
package struct NaiveMinimalPaths {
  private let pieces: [[UInt8]: Int]
  private let costs: [Int64]

  package init(_ pieces: [[UInt8]], costs: [Int64]) {
    self.pieces = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($1, $0) })
    self.costs = costs
  }

  package func uses(
    _ words: [([UInt8], Int64)]
  ) -> (counts: [Int64], omissions: [Int64], tokens: Int64) {
    var (counts, omissions) = (costs.map { _ in Int64(0) }, costs.map { _ in Int64(0) })
    var tokens: Int64 = 0
    for (word, weight) in words {
      let cuts = self.cuts(word)
      let least = cuts.map(\.cost).min()!
      let best = cuts.filter { $0.cost == least }.map(\.places).max {
        $0.reversed().map(\.count).lexicographicallyPrecedes($1.reversed().map(\.count))
      }!
      for place in best {
        let piece = pieces[Array(word[place])]!
        counts[piece] += weight
        tokens += weight
        guard place.count > 1 else { continue }
        omissions[piece] += weight * (cuts.filter { !$0.places.contains(place) }.map(\.cost).min()! - least)
      }
    }
    return (counts, omissions, tokens)
  }

  private func cuts(_ word: [UInt8], from start: Int = 0) -> [(cost: Int64, places: [Range<Int>])] {
    if start == word.count { return [(0, [])] }
    var all: [(cost: Int64, places: [Range<Int>])] = []
    for end in start + 1...word.count {
      guard let piece = pieces[Array(word[start..<end])] else { continue }
      all += cuts(word, from: end).map { (costs[piece] + $0.cost, [start..<end] + $0.places) }
    }
    return all
  }
}
