/// Words of bytes: the first pairs are those of the alphabet, whose lists are built when they come up.
extension BytePairMergeLoop {
  /// - Throws: ``ToklabError`` when a single pre-token has 2²⁸ bytes or more.
  init(
    _ words: PreTokenCounts, tokens: TokenTable, byteIDs: [TokenID], parameters: BytePairParameters
  ) throws(ToklabError) {
    var symbolTotal = 0
    var wordTotal = 0
    for index in 0..<words.count {
      let length = words.length(index)
      guard length < 1 << 28 else {
        throw ToklabError(
          "a pre-token of \(length) bytes", expected: "less than 268435456",
          advice: "train with a pre-tokenizer that splits the text")
      }
      if length > 1 {
        symbolTotal += length
        wordTotal += 1
      }
    }
    self.init(words: wordTotal, symbols: symbolTotal, tokens: tokens, parameters: parameters)
    let (symbols, spans, weights) = (self.symbols, self.spans, self.weights)
    var byteCounts = [Int64](repeating: 0, count: 1 << 16)
    var byteOccurrences = [Int](repeating: 0, count: 1 << 16)
    var position = 0
    var word = 0
    var total: Int64 = 0
    for index in 0..<words.count {
      words.withBytes(index) { bytes in
        let weight = words.occurrences(index)
        total &+= weight &* Int64(bytes.count)
        guard bytes.count > 1 else { return }
        spans[word] = UInt64(position) << Self.spanShift | UInt64(bytes.count)
        weights[word] = weight
        word &+= 1
        var previous = -1
        for byte in bytes {
          symbols[position] = Symbol(truncatingIfNeeded: byteIDs[Int(byte)])
          position &+= 1
          if previous >= 0 {
            byteCounts[previous &<< 8 | Int(byte)] &+= weight
            byteOccurrences[previous &<< 8 | Int(byte)] &+= 1
          }
          previous = Int(byte)
        }
      }
    }
    self.total = total
    baseOccurrences = [Int](repeating: 0, count: Self.baseSide * Self.baseSide)
    baseList = [UInt32](repeating: .max, count: Self.baseSide * Self.baseSide)
    for byte in 0..<256 { byteOf[Int(byteIDs[byte])] = UInt16(byte) }
    for left in 0..<256 {
      for right in 0..<256 where byteCounts[left << 8 | right] > 0 {
        let (a, b) = (byteIDs[left], byteIDs[right])
        let pair = Self.pack(a, b)
        _ = counts.add(pair, byteCounts[left << 8 | right])
        baseOccurrences[left * Self.baseSide + right] = byteOccurrences[left << 8 | right]
        basePairs.append(pair)
        queue.push(.init(count: byteCounts[left << 8 | right], pair: pair, step: 0, words: 0))
      }
    }
  }

  /// Builds the lists of `wanted` and of the next most frequent alphabet pairs, and compacts the arena.
  mutating func listBasePairs(_ wanted: UInt64) throws(ToklabError) {
    var candidates: [(count: Int64, pair: UInt64)] = []
    for pair in basePairs where baseOccurrences[base(pair)] > 0 && baseList[base(pair)] == .max {
      candidates.append((pair == wanted ? .max : counts.value(pair), pair))
    }
    candidates.sort { $0.count != $1.count ? $0.count > $1.count : $0.pair < $1.pair }
    basePairs = candidates.map(\.pair)
    let budget = max(1 << 20, symbolCount / 6)
    var used = 0
    var chosen: [UInt64] = []
    for (_, pair) in candidates {
      used += baseOccurrences[base(pair)]
      if !chosen.isEmpty && used > budget { break }
      chosen.append(pair)
    }
    var slots = [UInt32](repeating: 0, count: Self.baseSide * Self.baseSide)
    for (index, pair) in chosen.enumerated() { slots[base(pair)] = UInt32(index + 1) }
    var last = [Int](repeating: -1, count: chosen.count + 1)
    var sizes = [Int](repeating: 0, count: chosen.count + 1)
    compact()
    scan(slots, &last) { slot, difference in sizes[slot] &+= PostingPool.length(difference) }
    var cursors = [UnsafeMutablePointer<UInt8>?](repeating: nil, count: chosen.count + 1)
    for (index, pair) in chosen.enumerated() {
      let list = try pool.allocate(sizes[index + 1])
      baseList[base(pair)] = list
      cursors[index + 1] = pool.bytes(list).baseAddress
    }
    for index in last.indices { last[index] = -1 }
    scan(slots, &last) { slot, difference in Self.write(difference, &cursors[slot]!) }
  }

  /// The index of an alphabet pair in the arrays of such pairs.
  func base(_ pair: UInt64) -> Int {
    Int(byteOf[Int(pair >> 32)]) * Self.baseSide + Int(byteOf[Int(pair & 0xFFFF_FFFF)])
  }

  /// 256 bytes, and one row and column for symbols that are none.
  static var baseSide: Int { 257 }

  /// Calls `visit` with the slot and the difference to the last word, once a word and slot.
  @inline(__always)
  private func scan(_ slots: [UInt32], _ last: inout [Int], _ visit: (Int, UInt64) -> Void) {
    let (byteOf, spans, symbols) = (self.byteOf, self.spans, self.symbols)
    slots.withUnsafeBufferPointer { slots in
      last.withUnsafeMutableBufferPointer { last in
        for word in 0..<wordCount {
          let span = spans[word]
          let text = symbols + Int(span >> Self.spanShift)
          let count = Int(span & (1 << Self.spanShift - 1))
          guard count > 1 else { continue }
          var row = Int(byteOf[Int(text[0])]) &* Self.baseSide
          for index in 1..<count {
            let byte = Int(byteOf[Int(text[index])])
            let slot = Int(slots[row &+ byte])
            row = byte &* Self.baseSide
            if slot != 0, last[slot] != word {
              visit(slot, UInt64(word &- max(0, last[slot])))
              last[slot] = word
            }
          }
        }
      }
    }
  }

  /// Closes the gaps merges left in the arena and gives its end back to the system.
  private mutating func compact() {
    var position = 0
    for word in 0..<wordCount {
      let start = Int(spans[word] >> Self.spanShift)
      let count = Int(spans[word] & (1 << Self.spanShift - 1))
      if start != position {
        for index in 0..<count { symbols[position &+ index] = symbols[start &+ index] }
        spans[word] = UInt64(position) << Self.spanShift | UInt64(count)
      }
      position += count
    }
    symbolCount = position
    RawPages.discard(symbols, from: position * MemoryLayout<Symbol>.stride, to: mappedBytes)
  }
}
