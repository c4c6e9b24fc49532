/// Words encoded one by one.
public enum WordEncoding {
  /// For each word the stretches of it that the tokens stand for.
  ///
  /// - Parameter leadingSpace: puts a space before the word, as in running text; the space is no part of it.
  public static func encode(
    _ words: [[UInt8]], with tokenizer: Tokenizer, leadingSpace: Bool = true, threads: Int = 0
  ) throws(ToklabError) -> [[Range<Int>]] {
    let shift = leadingSpace ? 1 : 0
    let results = SharedResults<[Range<Int>]>(words.count, repeating: [])
    try Parallel.forEach(words.count, threads: threads) { () throws(ToklabError) in
      try DocumentEncoder(tokenizer)
    } _: { (encoder, item) throws(ToklabError) in
      let text = (leadingSpace ? [0x20] : []) + words[item]
      let encoding = try text.withBytes { buffer throws(ToklabError) in try encoder.encodeWithOffsets(buffer)
      }
      results[item] = encoding.offsets.compactMap { range in
        let start = max(0, range.lowerBound - shift)
        let end = range.upperBound - shift
        return end > start ? start..<end : nil
      }
    }
    return results.array
  }
}
