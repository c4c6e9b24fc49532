/// The strings of several bytes that occur most often inside pre-tokens.
///
/// Memory: all different strings at once; PathPiece from them takes 1.7 times the memory of PathPiece from byte pairs
/// on 93 MB of English.
enum FrequentStrings {
  /// - Parameters:
  ///   - length: strings of this many bytes are out.
  ///   - least: rarer ones are out too.
  /// - Returns: the `limit` most frequent; equal ones by length, longest first, then by bytes.
  /// - Throws: ``ToklabError`` when there is no text.
  static func of(
    _ counts: PreTokenCounts, below length: Int, least: Int64, limit: Int, _ run: TrainingRun
  ) throws(ToklabError) -> [[UInt8]] {
    guard counts.count > 0 else {
      throw ToklabError(
        "the corpus holds no text", expected: "at least one pre-token",
        advice: "check the input files and their format")
    }
    let stripes = max(1, min(run.threads, counts.count))
    var parts: [PreTokenShards] = []
    OrderedWork.inOrder(stripes, threads: run.threads) { stripe in
      let shards = PreTokenShards()
      for index in counts.count * stripe / stripes..<counts.count * (stripe + 1) / stripes {
        let weight = counts.occurrences(index)
        counts.withBytes(index) { text in
          for start in 0..<text.count {
            for size in 2..<max(2, min(length, text.count - start + 1)) {
              shards.add(text.baseAddress! + start, size, weight)
            }
          }
        }
      }
      return shards
    } take: {
      parts.append($0)
    }
    var found: [(bytes: [UInt8], count: Int64)] = []
    PreTokenShards.sum(parts, threads: run.threads).forEachKey { bytes, count in
      if count >= least { found.append((Array(bytes), count)) }
    }
    found.sort {
      if $0.count != $1.count { return $0.count > $1.count }
      if $0.bytes.count != $1.bytes.count { return $0.bytes.count > $1.bytes.count }
      return $0.bytes.lexicographicallyPrecedes($1.bytes)
    }
    return found.prefix(limit).map(\.bytes)
  }
}
