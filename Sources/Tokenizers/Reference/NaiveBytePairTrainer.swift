/// Byte-pair training as its definition reads: the slow twin of ``BytePairTrainer`` and its test oracle.
///
/// The order and the rules are those of huggingface/tokenizers (`models/bpe/trainer.rs`, `word.rs`,
/// 0.23.3), with Int64 counts. Where that library's order is random (two queue entries of one pair with
/// one count) the older entry goes first.
package struct NaiveBytePairTrainer {
  package struct Entry {
    package var pair: [TokenID]
    package var count: Int64
    package var words: Set<Int>
    package var step: Int
  }

  /// - Parameters:
  ///   - words: pre-tokens and their counts, in any order.
  ///   - reserved: tokens that exist before the alphabet, ids from 0 (special tokens).
  ///   - size: number of tokens at which to stop; a token spelled like a reserved one is that one.
  /// - Returns: all merges in order, a pair merged twice standing twice.
  package static func merges(
    words: [([UInt8], Int64)], reserved: [[UInt8]] = [], size: Int, minFrequency: Int64 = 0,
    maxTokenLength: Int = .max
  ) -> MergeList {
    var tokens = reserved
    var ids: [[UInt8]: TokenID] = [:]
    for (id, token) in reserved.enumerated() where ids[token] == nil { ids[token] = TokenID(id) }
    for byte in ByteAlphabet.order where ids[[byte]] == nil {
      ids[[byte]] = TokenID(tokens.count)
      tokens.append([byte])
    }
    return merges(
      symbols: words.map { word in word.0.map { ids[[$0]]! } }, weights: words.map(\.1), tokens: tokens,
      size: size, minFrequency: minFrequency, maxTokenLength: maxTokenLength)
  }

  /// The same over words of any tokens there are.
  ///
  /// - Parameter allow: whether two tokens, given by their bytes, may be joined at all.
  package static func merges(
    symbols: [[TokenID]], weights: [Int64], tokens: [[UInt8]], size: Int, minFrequency: Int64 = 0,
    maxTokenLength: Int = .max, allow: ([UInt8], [UInt8]) -> Bool = { _, _ in true }
  ) -> MergeList {
    var tokens = tokens
    var symbols = symbols
    var ids: [[UInt8]: TokenID] = [:]
    for (id, token) in tokens.enumerated() where ids[token] == nil { ids[token] = TokenID(id) }
    var counts: [[TokenID]: Int64] = [:]
    var places: [[TokenID]: Set<Int>] = [:]
    for (index, word) in symbols.enumerated() {
      for i in word.indices.dropLast() {
        counts[[word[i], word[i + 1]], default: 0] += weights[index]
        places[[word[i], word[i + 1]], default: []].insert(index)
      }
    }
    var queue = places.filter { allow(tokens[Int($0.key[0])], tokens[Int($0.key[1])]) }.map {
      Entry(pair: $0.key, count: counts[$0.key]!, words: $0.value, step: 0)
    }
    var merges = MergeList()
    while tokens.count < size, let top = queue.indices.max(by: { precedes(queue[$1], queue[$0]) }) {
      var entry = queue.remove(at: top)
      if entry.count != counts[entry.pair]! {
        entry.count = counts[entry.pair]!
        queue.append(entry)
        continue
      }
      if entry.count < max(1, minFrequency) { break }
      let (a, b) = (entry.pair[0], entry.pair[1])
      let joined = tokens[Int(a)] + tokens[Int(b)]
      let c = ids[joined] ?? TokenID(tokens.count)
      if ids[joined] == nil {
        ids[joined] = c
        tokens.append(joined)
      }
      merges.append(left: a, right: b, result: c)
      var fresh: [[TokenID]: Set<Int>] = [:]
      func change(_ pair: [TokenID], _ sign: Int64, _ word: Int) {
        counts[pair, default: 0] += sign * weights[word]
        if sign > 0 { fresh[pair, default: []].insert(word) }
      }
      func short(_ x: TokenID) -> Bool { tokens[Int(x)].count + joined.count < maxTokenLength }
      for index in entry.words {
        var i = 0
        while i + 1 < symbols[index].count {
          if symbols[index][i] == a && symbols[index][i + 1] == b {
            symbols[index].replaceSubrange(i...i + 1, with: [c])
            if i > 0 {
              let left = symbols[index][i - 1]
              change([left, a], -1, index)
              if short(left) { change([left, c], 1, index) }
            }
            if i + 1 < symbols[index].count {
              let right = symbols[index][i + 1]
              change([b, right], -1, index)
              if short(right) { change([c, right], 1, index) }
            }
          }
          i += 1
        }
      }
      for (pair, set) in fresh
      where counts[pair]! > 0 && allow(tokens[Int(pair[0])], tokens[Int(pair[1])]) {
        queue.append(Entry(pair: pair, count: counts[pair]!, words: set, step: merges.count))
      }
    }
    return merges
  }

  /// Larger count, then smaller pair, then older entry.
  static func precedes(_ x: Entry, _ y: Entry) -> Bool {
    if x.count != y.count { return x.count > y.count }
    if x.pair != y.pair { return x.pair.lexicographicallyPrecedes(y.pair) }
    return x.step < y.step
  }
}
