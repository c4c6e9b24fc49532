/// The words, tokens and pair counts of a batch training between two rounds.
final class BatchMergeState {
  private(set) var tokens: TokenTable
  private(set) var merges = MergeList()
  private(set) var tokenCounts: [Int] = []
  private(set) var textTokens: [Int64] = []
  private(set) var total: Int64
  private var symbols: [TokenID] = []
  private var lengths: [Int32] = []
  private var weights: [Int64] = []
  /// Kept up to date from round to round; a pair that is gone stays with the count 0.
  private var counts = PairCounts(capacity: 1 << 16)

  init(_ words: PreTokenCounts, tokens: TokenTable, byteIDs: [TokenID]) {
    self.tokens = tokens
    total = words.textBytes
    symbols.reserveCapacity(words.distinctBytes)
    for index in words.indices where words.length(index) > 1 {
      let start = symbols.count
      words.withBytes(index) { for byte in $0 { symbols.append(byteIDs[Int(byte)]) } }
      lengths.append(Int32(words.length(index)))
      weights.append(words.occurrences(index))
      symbols.withUnsafeBufferPointer {
        Self.add(UnsafeBufferPointer(rebasing: $0[start...]), words.occurrences(index), to: &counts)
      }
    }
  }

  /// Adds a word's pairs, a run of one symbol without overlap, `weight` times.
  @inline(__always)
  private static func add(
    _ word: UnsafeBufferPointer<TokenID>, _ weight: Int64, to counts: inout PairCounts
  ) {
    var isPaired = false
    var index = 1
    while index < word.count {
      // In a run of one symbol every second pair overlaps the one before.
      if isPaired, word[index] == word[index &- 1], word[index &- 2] == word[index] {
        isPaired = false
      } else {
        _ = counts.add(UInt64(word[index &- 1]) << 32 | UInt64(word[index]), weight)
        isPaired = word[index] == word[index &- 1]
      }
      index &+= 1
    }
  }

  /// The `number` most frequent pairs that may be merged, highest count first, then by their ids.
  private func candidates(_ number: Int, _ parameters: BytePairParameters) -> [(pair: UInt64, count: Int64)] {
    let least = max(1, parameters.minFrequency)
    let longest = parameters.maxTokenLength ?? .max
    // A table of counts by logarithm, four bits behind the leading one, tells which pairs can be among them.
    func bucket(_ count: Int64) -> Int {
      let bits = 63 - count.leadingZeroBitCount
      return bits << 4 | Int(bits > 4 ? count >> Int64(bits - 4) & 15 : count << Int64(4 - bits) & 15)
    }
    func isShort(_ pair: UInt64) -> Bool {
      guard longest < .max else { return true }
      let sizes = (tokens.length(TokenID(pair >> 32)), tokens.length(TokenID(pair & 0xFFFF_FFFF)))
      return sizes.0 + sizes.1 < longest || sizes == (1, 1)
    }
    var sizes = [Int](repeating: 0, count: 64 << 4)
    counts.forEach { pair, count in
      if count >= least, isShort(pair) { sizes[bucket(count)] += 1 }
    }
    var (reached, lowest) = (0, sizes.count)
    while lowest > 0, reached < number {
      lowest -= 1
      reached += sizes[lowest]
    }
    var pairs: [(pair: UInt64, count: Int64)] = []
    pairs.reserveCapacity(reached)
    counts.forEach { pair, count in
      if count >= least, bucket(count) >= lowest, isShort(pair) { pairs.append((pair, count)) }
    }
    pairs.sort { $0.count != $1.count ? $0.count > $1.count : $0.pair < $1.pair }
    return Array(pairs.prefix(number))
  }

  /// One batch; false when no pair is left.
  func round(most: Int, _ parameters: BytePairParameters) -> Bool {
    let pairs = candidates(most, parameters)
    guard !pairs.isEmpty else { return false }
    var isFirst = [Bool](repeating: false, count: tokens.count)
    var isLast = isFirst
    var firsts = isFirst
    var chosen = PairCounts(capacity: 1 << 10)
    let known = merges.count
    for (pair, count) in pairs {
      let (left, right) = (Int(pair >> 32), Int(pair & 0xFFFF_FFFF))
      let isSafe = !isLast[left] && !isFirst[right]
      isFirst[left] = true
      isLast[right] = true
      guard isSafe else { continue }
      let joined = tokens[TokenID(left)] + tokens[TokenID(right)]
      let id: TokenID
      if let old = tokens.id(of: joined) {
        id = old
      } else {
        id = TokenID(tokens.count)
        tokens.append(joined)
      }
      // Never 0, which stands for none.
      _ = chosen.add(pair, Int64(id) + 1)
      firsts[left] = true
      merges.append(left: TokenID(left), right: TokenID(right), result: id)
      tokenCounts.append(tokens.count)
      // Within a batch the count of the pair is what the merge saves.
      textTokens.append((textTokens.last ?? total) - count)
    }
    symbols.removeLast(symbols.count - apply(chosen, firsts))
    if merges.count > known { textTokens[textTokens.count - 1] = total }
    return true
  }

  /// Merges the chosen pairs in all words, from left to right; returns the symbols that are left.
  private func apply(_ chosen: borrowing PairCounts, _ firsts: [Bool]) -> Int {
    var (write, total) = (0, self.total)
    symbols.withUnsafeMutableBufferPointer { symbols in
      firsts.withUnsafeBufferPointer { firsts in
        var start = 0
        for word in lengths.indices {
          let end = start &+ Int(lengths[word])
          var place = start
          while place &+ 1 < end {
            if firsts[Int(symbols[place])],
              chosen.value(UInt64(symbols[place]) << 32 | UInt64(symbols[place &+ 1])) > 0
            {
              break
            }
            place &+= 1
          }
          let first = write
          if place &+ 1 >= end {
            while start < end {
              symbols[write] = symbols[start]
              write &+= 1
              start &+= 1
            }
            continue
          }
          let weight = weights[word]
          Self.add(UnsafeBufferPointer(rebasing: symbols[start..<end]), -weight, to: &counts)
          var read = start
          while read < end {
            let left = symbols[read]
            let id =
              read &+ 1 < end && firsts[Int(left)]
              ? chosen.value(UInt64(left) << 32 | UInt64(symbols[read &+ 1])) : 0
            symbols[write] = id > 0 ? TokenID(id - 1) : left
            if id > 0 { total -= weight }
            read &+= id > 0 ? 2 : 1
            write &+= 1
          }
          Self.add(UnsafeBufferPointer(rebasing: symbols[first..<write]), weight, to: &counts)
          lengths[word] = Int32(write &- first)
          start = end
        }
      }
    }
    self.total = total
    return write
  }
}
