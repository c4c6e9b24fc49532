/// Words of tokens: runs of the first stage of superword training, or characters.
///
/// All first pairs are known at the start and get their lists at once: runs are cut where a pair is too rare,
/// so that there are few of them.
extension BytePairMergeLoop {
  /// - Parameters:
  ///   - runs: ids of `Symbol`'s width, little-endian, as ``SuperwordRuns`` makes them.
  ///   - textTokens: the tokens of the text before the first merge, those outside runs included.
  init(
    runs: PreTokenCounts, tokens: TokenTable, rules: SuperwordRules?, textTokens: Int64,
    parameters: BytePairParameters
  ) throws(ToklabError) {
    let width = MemoryLayout<Symbol>.size
    self.init(words: runs.count, symbols: runs.distinctBytes / width, tokens: tokens, parameters: parameters)
    self.rules = rules
    total = textTokens
    var found = PairCounts(capacity: 1 << 14)
    var pairs: [(pair: UInt64, count: Int64, last: Int, items: Int, bytes: Int)] = []
    var places: [UInt32] = []
    places.reserveCapacity(symbolCount)
    var position = 0
    for word in 0..<runs.count {
      guard runs.length(word) < 1 << 28 else {
        throw ToklabError(
          "a line of 2^27 tokens", expected: "shorter lines", advice: "cut the text into lines")
      }
      let weight = runs.occurrences(word)
      runs.withBytes(word) { bytes in
        let count = bytes.count / width
        spans[word] = UInt64(position) << Self.spanShift | UInt64(count)
        weights[word] = weight
        let raw = UnsafeRawPointer(bytes.baseAddress!)
        for index in 0..<count {
          symbols[position &+ index] = raw.loadUnaligned(fromByteOffset: index &* width, as: Symbol.self)
        }
        for index in 1..<max(1, count) {
          let (left, right) = (symbols[position &+ index &- 1], symbols[position &+ index])
          guard rules?.allow(Int(left), Int(right)) ?? true else {
            places.append(.max)
            continue
          }
          let pair = UInt64(left) << 32 | UInt64(right)
          var number = Int(found.value(pair))
          if number == 0 {
            pairs.append((pair, 0, -1, 0, 0))
            number = pairs.count
            _ = found.add(pair, Int64(number))
          }
          number &-= 1
          places.append(UInt32(truncatingIfNeeded: number))
          pairs[number].count &+= weight
          if pairs[number].last != word {
            pairs[number].bytes &+= PostingPool.length(UInt64(word &- max(0, pairs[number].last)))
            pairs[number].last = word
            pairs[number].items &+= 1
          }
        }
        position &+= count
      }
    }
    var cursors = [UnsafeMutablePointer<UInt8>?](repeating: nil, count: pairs.count)
    let least = max(1, parameters.minFrequency)
    // Steps of later entries start at 4.
    for number in pairs.indices where pairs[number].count >= least {
      let entry = pairs[number]
      _ = counts.add(entry.pair, entry.count)
      if entry.items == 1 {
        queue.push(
          .init(count: entry.count, pair: entry.pair, step: 2 | Self.single, words: UInt32(entry.last)))
      } else {
        let list = try pool.allocate(entry.bytes)
        cursors[number] = pool.bytes(list).baseAddress
        queue.push(.init(count: entry.count, pair: entry.pair, step: 2, words: list))
      }
    }
    for number in pairs.indices { pairs[number].last = -1 }
    var place = 0
    for word in 0..<runs.count {
      for _ in 1..<max(1, runs.length(word) / width) {
        let number = places[place]
        place &+= 1
        guard number != .max, var cursor = cursors[Int(number)], pairs[Int(number)].last != word else {
          continue
        }
        Self.write(UInt64(word &- max(0, pairs[Int(number)].last)), &cursor)
        cursors[Int(number)] = cursor
        pairs[Int(number)].last = word
      }
    }
  }
}
