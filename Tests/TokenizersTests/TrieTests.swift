import TestSupport
import Testing
import Tokenizers

@Suite struct TrieTests {
  private static func vocabulary(seed: UInt64, count: Int, letters: Int) -> Vocabulary {
    var random = RandomText(seed: seed)
    let alphabet = (0..<letters).map { UInt8(truncatingIfNeeded: 250 + $0 * 7) }
    var seen = Set<[UInt8]>()
    var tokens: [[UInt8]] = []
    while tokens.count < count {
      let token = random.string(of: alphabet, count: 1 + random.random.below(12))
      if seen.insert(token).inserted { tokens.append(token) }
    }
    return try! Vocabulary(tokens)
  }

  @Test(arguments: [(1, 10, 3), (2, 400, 4), (3, 5000, 16), (4, 2000, 256)])
  func findsEveryKeyAndNothingElse(seed: Int, count: Int, letters: Int) {
    let vocabulary = Self.vocabulary(seed: UInt64(seed), count: count, letters: letters)
    let ranges = TokenRanges(vocabulary)
    for id in 0..<TokenID(count) {
      #expect(ranges.trie.value(of: vocabulary[id]) == id)
      #expect(vocabulary.id(of: vocabulary[id]) == id)
    }
    var random = RandomText(seed: UInt64(seed) + 100)
    for _ in 0..<2000 {
      let text = random.bytes(count: 1 + random.random.below(8))
      #expect(ranges.trie.value(of: text) == vocabulary.id(of: text))
    }
  }

  @Test func everyStateOwnsTheRangeOfItsSubtree() {
    let vocabulary = Self.vocabulary(seed: 5, count: 3000, letters: 9)
    let ranges = TokenRanges(vocabulary)
    let sorted = ranges.tokenAtRank
    #expect(Set(sorted).count == vocabulary.count)
    for rank in 1..<sorted.count {
      #expect(vocabulary[sorted[rank - 1]].lexicographicallyPrecedes(vocabulary[sorted[rank]]))
    }
    var stack: [(state: DoubleArrayTrie.State, prefix: [UInt8])] = [(DoubleArrayTrie.root, [])]
    var states = 0
    while let (state, prefix) = stack.popLast() {
      states += 1
      let range = ranges.range(of: state)
      let expected = sorted.indices.filter { vocabulary[sorted[$0]].starts(with: prefix) }
      #expect(Array(range) == expected)
      var position = range.lowerBound + (ranges.trie.value(at: state) == nil ? 0 : 1)
      for (byte, child) in ranges.trie.children(of: state) {
        #expect(ranges.range(of: child).lowerBound == position)
        position = ranges.range(of: child).upperBound
        stack.append((child, prefix + [byte]))
      }
      #expect(position == range.upperBound)
    }
    #expect(states == ranges.trie.stateCount)
  }

  @Test func longestMatchAndPrefixesAgreeWithSearch() {
    let vocabulary = Self.vocabulary(seed: 6, count: 300, letters: 3)
    let trie = TokenRanges(vocabulary).trie
    var random = RandomText(seed: 7)
    for _ in 0..<500 {
      let text = random.string(of: [250, 1, 8], count: 1 + random.random.below(20))
      let prefixes = (1...text.count).compactMap { length in
        vocabulary.id(of: Array(text.prefix(length))).map { (length, $0) }
      }
      let longest = trie.longestMatch(text)
      #expect(longest?.length == prefixes.last?.0)
      #expect(longest?.value == prefixes.last?.1)
      var found: [(Int, UInt32)] = []
      text.withUnsafeBufferPointer { buffer in trie.forEachPrefix(of: buffer) { found.append(($0, $1)) } }
      #expect(found.map(\.0) == prefixes.map(\.0))
    }
  }

  @Test func anEmptyTrieMatchesNothing() {
    let trie = TokenRanges(try! Vocabulary([])).trie
    #expect(trie.longestMatch([1, 2, 3]) == nil)
    #expect(trie.children(of: DoubleArrayTrie.root).isEmpty)
  }
}

@Suite struct AhoCorasickTests {
  /// The definition: at each position the longest pattern, positions from left to right.
  private static func search(_ patterns: [[UInt8]], _ text: [UInt8]) -> [AhoCorasickAutomaton.Match] {
    var result: [AhoCorasickAutomaton.Match] = []
    var position = 0
    while position < text.count {
      let found = patterns.indices.filter { text[position...].starts(with: patterns[$0]) }
      if let best = found.max(by: { patterns[$0].count < patterns[$1].count }) {
        result.append(.init(pattern: best, range: position..<position + patterns[best].count))
        position += patterns[best].count
      } else {
        position += 1
      }
    }
    return result
  }

  @Test(arguments: [
    (["he", "she", "his", "hers"], "ushers and his she"),
    (["a", "ab", "abc", "abcd"], "abcabdabcdab"),
    (["bc", "abcd"], "abcabcd"),
    (["aab", "aaaab"], "aaaaaaab"),
    (["<|end|>", "<|endoftext|>", "|>"], "x<|endoftext|>|><|end"),
    (["é", "e\u{301}"], "éle\u{301}ve"),
  ])
  func findsLeftmostLongest(patterns: [String], text: String) {
    let patterns = patterns.map { Array($0.utf8) }
    let text = Array(text.utf8)
    #expect(AhoCorasickAutomaton(patterns).matches(in: text) == Self.search(patterns, text))
  }

  @Test func agreesWithTheDefinitionOnRandomPatterns() {
    var random = RandomText(seed: 11)
    for _ in 0..<400 {
      var patterns = Set<[UInt8]>()
      for _ in 0..<1 + random.random.below(8) {
        patterns.insert(random.string(of: [97, 98], count: 1 + random.random.below(6)))
      }
      let list = patterns.sorted { $0.lexicographicallyPrecedes($1) }
      let text = random.string(of: [97, 98, 99], count: 60)
      #expect(AhoCorasickAutomaton(list).matches(in: text) == Self.search(list, text))
    }
  }
}
