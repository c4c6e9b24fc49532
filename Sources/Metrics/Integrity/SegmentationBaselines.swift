/// Yardsticks for scores of segmentations: what cutting without knowledge gets.
public enum SegmentationBaselines {
  /// Every Unicode scalar is a token.
  public static func characters(_ lines: [SegmentedLine]) -> [SegmentedLine] {
    lines.map { line in
      let starts = scalarStarts(line.text)
      return SegmentedLine(
        line.text,
        tokens: zip(starts, starts.dropFirst()).map { SegmentedLine.Token($0..<$1) })
    }
  }

  /// Each line cut at random into tokens of the same lengths in scalars as its own, in shuffled order, so
  /// that the histogram of token lengths is that of the tokenizer.
  ///
  /// The shuffle depends on the seed and on the line's text only: line order leaves no trace.
  public static func random(_ lines: [SegmentedLine], seed: UInt64) -> [SegmentedLine] {
    lines.map { line in
      let starts = scalarStarts(line.text)
      // Tokens that begin inside a scalar are joined to the one before: a scalar is the smallest piece here.
      var cuts: [Int] = [0]
      for token in line.tokens {
        let index = lowerBound(starts, token.range.upperBound)
        if index > cuts.last! { cuts.append(index) }
      }
      if cuts.last! < starts.count - 1 { cuts.append(starts.count - 1) }
      var lengths = zip(cuts, cuts.dropFirst()).map { $1 - $0 }
      var random = SplitMix64(seed: seed, stream: line.text.withUnsafeBufferPointer { digest($0) })
      // Sorted first: two tokenizations with one histogram get one random cut.
      lengths.sort()
      random.permute(&lengths)
      var tokens: [SegmentedLine.Token] = []
      var position = 0
      for length in lengths {
        tokens.append(SegmentedLine.Token(starts[position]..<starts[position + length]))
        position += length
      }
      return SegmentedLine(line.text, tokens: tokens)
    }
  }

  /// Offsets of the scalars and of the end.
  private static func scalarStarts(_ text: [UInt8]) -> [Int] {
    text.indices.filter { text[$0] & 0xC0 != 0x80 } + [text.count]
  }

  /// Index of the first start at or after `offset`.
  private static func lowerBound(_ starts: [Int], _ offset: Int) -> Int {
    var low = 0
    var high = starts.count - 1
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// FNV-1a, 64 bits.
  private static func digest(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }
}
