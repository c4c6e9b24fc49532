/// Finds many strings in one pass: the leftmost match first, and of those the longest.
///
/// The automaton of Aho and Corasick (Communications of the ACM 18(6), 1975) over a ``DoubleArrayTrie``.
/// A state's failure link leads to its longest proper suffix that is also a prefix of some pattern; its
/// output is the longest pattern that ends there. A match is held until the automaton's path starts after
/// it, when no earlier or longer one can come any more. These are the semantics huggingface/tokenizers
/// uses for added tokens.
///
/// Cost: linear in the text, plus the length of one pattern for each match (the bytes read past a match
/// are read again). Bytes that start no pattern are skipped by a table.
public struct AhoCorasickAutomaton: Sendable {
  public struct Match: Sendable, Equatable {
    public let pattern: Int
    public let range: Range<Int>
    public init(pattern: Int, range: Range<Int>) {
      self.pattern = pattern
      self.range = range
    }
  }

  private let trie: DoubleArrayTrie
  private let failure: [UInt32]
  /// For each state the longest pattern that ends there, plus one; 0 = none.
  private let output: [UInt32]
  private let depth: [UInt32]
  private let lengths: [Int]
  private let startsPattern: [Bool]

  /// - Parameter patterns: non-empty and all different.
  public init(_ patterns: [[UInt8]]) {
    precondition(patterns.allSatisfy { !$0.isEmpty }, "a pattern is empty")
    lengths = patterns.map(\.count)
    var starts = [Bool](repeating: false, count: 256)
    for pattern in patterns { starts[Int(pattern[0])] = true }
    startsPattern = starts
    let order = patterns.indices.sorted { patterns[$0].lexicographicallyPrecedes(patterns[$1]) }
    var blob: [UInt8] = []
    var offsets = [0]
    for index in order {
      blob.append(contentsOf: patterns[index])
      offsets.append(blob.count)
    }
    trie = blob.withUnsafeBufferPointer { blob in
      DoubleArrayBuilder.build(
        count: order.count,
        key: { UnsafeBufferPointer(rebasing: blob[offsets[$0]..<offsets[$0 + 1]]) },
        value: { UInt32(order[$0]) }
      ).trie
    }
    (failure, output, depth) = Self.links(of: trie)
  }

  /// Breadth first, so that every failure link leads to a finished state.
  private static func links(of trie: DoubleArrayTrie) -> ([UInt32], [UInt32], [UInt32]) {
    var failure = [UInt32](repeating: 0, count: trie.capacity)
    var output = [UInt32](repeating: 0, count: trie.capacity)
    var depth = [UInt32](repeating: 0, count: trie.capacity)
    var queue: [UInt32] = [DoubleArrayTrie.root]
    var head = 0
    while head < queue.count {
      let state = queue[head]
      head += 1
      for (byte, child) in trie.children(of: state) {
        depth[Int(child)] = depth[Int(state)] + 1
        var link = DoubleArrayTrie.root
        if state != DoubleArrayTrie.root {
          var candidate = failure[Int(state)]
          while true {
            if let next = trie.step(candidate, byte) {
              link = next
              break
            }
            if candidate == DoubleArrayTrie.root { break }
            candidate = failure[Int(candidate)]
          }
        }
        failure[Int(child)] = link
        output[Int(child)] = trie.value(at: child).map { $0 + 1 } ?? output[Int(link)]
        queue.append(child)
      }
    }
    return (failure, output, depth)
  }

  /// The leftmost-longest match in `text[start...]`, or nil.
  public func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Match? {
    var state = DoubleArrayTrie.root
    var index = start
    var best: Match?
    while index < text.count {
      if state == DoubleArrayTrie.root {
        if best != nil { return best }
        while index < text.count, !startsPattern[Int(text[index])] { index &+= 1 }
        if index == text.count { break }
      }
      let byte = text[index]
      while true {
        if let next = trie.step(state, byte) {
          state = next
          break
        }
        if state == DoubleArrayTrie.root { break }
        state = failure[Int(state)]
      }
      index &+= 1
      if let match = best, index &- Int(depth[Int(state)]) > match.range.lowerBound { return match }
      let found = output[Int(state)]
      if found != 0 {
        let pattern = Int(found) - 1
        let range = (index - lengths[pattern])..<index
        if best == nil || range.lowerBound <= best!.range.lowerBound {
          best = Match(pattern: pattern, range: range)
        }
      }
    }
    return best
  }

  /// All matches, none overlapping, from left to right.
  public func matches(in text: [UInt8]) -> [Match] {
    text.withUnsafeBufferPointer { buffer in
      var result: [Match] = []
      var position = 0
      while let match = firstMatch(in: buffer, from: position) {
        result.append(match)
        position = match.range.upperBound
      }
      return result
    }
  }
}
