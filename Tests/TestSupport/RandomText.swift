import Tokenizers

/// Seeded random material for property tests: the same on every machine.
public struct RandomText {
  public var random: SplitMix64

  public init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// A string of `count` symbols of an alphabet.
  public mutating func string(of alphabet: [UInt8], count: Int) -> [UInt8] {
    (0..<count).map { _ in alphabet[random.below(alphabet.count)] }
  }

  /// Any bytes.
  public mutating func bytes(count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  /// Token soup: random tokens of a vocabulary joined.
  public mutating func soup(of vocabulary: Vocabulary, tokens: Int) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<tokens { text += vocabulary[TokenID(random.below(vocabulary.capacity))] }
    return text
  }

  /// A byte-level merge list: all bytes, then `merges` random joins of what is there.
  ///
  /// - Parameter letters: how many byte values, from `a` on, take part in merges. Few letters make the
  ///   ambiguous and unreachable entries that real training never does.
  public mutating func mergeList(letters: Int, merges: Int, longest: Int) -> BytePairDefinition {
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var seen = Set(tokens)
    var list = MergeList()
    var active: [TokenID] = (0..<letters).map { TokenID(97 + $0) }
    var attempts = 0
    while list.count < merges, attempts < merges * 50 {
      attempts += 1
      let left = active[random.below(active.count)]
      let right = active[random.below(active.count)]
      let joined = tokens[Int(left)] + tokens[Int(right)]
      guard joined.count <= longest, seen.insert(joined).inserted else { continue }
      list.append(left: left, right: right, result: TokenID(tokens.count))
      active.append(TokenID(tokens.count))
      tokens.append(joined)
    }
    return BytePairDefinition(vocabulary: try! Vocabulary(tokens), merges: list, semantics: .mergeList)
  }
}
