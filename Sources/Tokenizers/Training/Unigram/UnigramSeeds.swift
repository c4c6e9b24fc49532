import Dispatch
import ICUShim
import Synchronization

/// The candidates of unigram training: strings inside words that occur twice and can go on in two ways, the
/// inner nodes of the suffix tree of the text, as far as they are valid pieces.
///
/// The suffixes of the distinct words are grouped by their next symbol, depth first, and only as deep as a
/// piece may be long: the strings, counts and order are those of a suffix array of the whole text, at the
/// cost of one of its distinct words. Linear in symbols times piece length at most. Unsafe: raw arrays.
///
/// Source: google/sentencepiece 0.2.0, `src/unigram_model_trainer.cc` (`MakeSeedSentencePiecesInternal`) and
/// `src/trainer_interface.cc` (`IsValidSentencePiece`).
final class UnigramSeeds: @unchecked Sendable {
  /// A string: the suffixes `order[low ..< high]` begin with it.
  struct Node {
    let low: UInt32
    let high: UInt32
    private let scoreAndLength: UInt64

    init(low: Int, high: Int, length: Int, count: Int64) {
      (self.low, self.high) = (UInt32(low), UInt32(high))
      // 55 bits: more than any text that fits 32 bits of suffixes gives, unless its counts come from a cluster.
      let score = UInt64(min(count, 1 << 47)) * UInt64(length)
      scoreAndLength = score << 8 | UInt64(length)
    }

    var length: Int { Int(scoreAndLength & 0xFF) }
    var score: Int64 { Int64(scoreAndLength >> 8) }

    /// Highest score first, then the order of the suffix tree: nodes after those below them, those to the left
    /// first.
    static func precedes(_ a: Node, _ b: Node) -> Bool {
      if a.scoreAndLength >> 8 != b.scoreAndLength >> 8 { return a.scoreAndLength > b.scoreAndLength }
      return a.high != b.high ? a.high < b.high : a.length > b.length
    }
  }

  private(set) var nodes: [Node] = []
  /// Starts of suffixes in the words' text, sorted.
  let order: UnsafeMutablePointer<UInt32>
  let orderCount: Int

  deinit { order.deallocate() }

  /// - Parameter single: as SentencePiece 0.2.0; else a string that ends its word goes on in another way each
  ///   time, and scripts are ICU's.
  init(_ words: borrowing UnigramWords, longest: Int, single: Bool, limit: Int, threads: Int) {
    let wordEndBranches = !single
    let text = words.text
    var owners = [UInt32](repeating: .max, count: text.count)
    for (index, start) in words.starts.enumerated() {
      var at = Int(start)
      while text[at] > UnigramWords.wordEnd {
        // Suffixes that begin no piece are left out.
        if text[at] != words.unknown { owners[at] = UInt32(index) }
        at += 1
      }
    }
    // Buckets by first symbol.
    let symbolCount = words.scalars.count
    var sizes = [Int](repeating: 0, count: symbolCount + 1)
    for at in text.indices where owners[at] != .max { sizes[Int(text[at]) + 1] += 1 }
    for symbol in 0..<symbolCount { sizes[symbol + 1] += sizes[symbol] }
    orderCount = sizes[symbolCount]
    order = .allocate(capacity: max(1, orderCount))
    var next = sizes
    for at in text.indices where owners[at] != .max {
      order[next[Int(text[at])]] = UInt32(at)
      next[Int(text[at])] += 1
    }
    let scripts = words.scripts(single: single)
    var found = [[Node]](repeating: [], count: symbolCount)
    let cursor = Atomic(0)
    let bounds = sizes
    // Large groups first, so that threads end together.
    let tasks = (0..<symbolCount).filter { sizes[$0] < sizes[$0 + 1] }.sorted {
      let (a, b) = (bounds[$0 + 1] - bounds[$0], bounds[$1 + 1] - bounds[$1])
      return a != b ? a > b : $0 < $1
    }
    let (space, unknown) = (words.space, words.unknown)
    text.withUnsafeBufferPointer { text in
      owners.withUnsafeBufferPointer { owners in
        words.followed.withUnsafeBufferPointer { weights in
          scripts.withUnsafeBufferPointer { classes in
            let grouping = Grouping(
              text: text.baseAddress!, owners: owners.baseAddress!, weights: weights.baseAddress!,
              scripts: classes.baseAddress!, order: order, unknown: unknown, longest: longest,
              wordEndBranches: wordEndBranches)
            found.withUnsafeMutableBufferPointer { found in
              let out = SendablePointer(found.baseAddress)
              DispatchQueue.concurrentPerform(iterations: threads) { _ in
                while true {
                  let task = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
                  guard task < tasks.count else { return }
                  let symbol = tasks[task]
                  let isFree = UInt32(symbol) == space || scripts[symbol] == Grouping.inherited
                  var nodes: [Node] = []
                  grouping.group(
                    bounds[symbol], bounds[symbol + 1], 1, isFree ? Grouping.anyScript : scripts[symbol],
                    into: &nodes)
                  out.pointer![symbol] = nodes
                }
              }
            }
          }
        }
      }
    }
    let least = Self.leastScore(found, limit)
    let all = found.reduce(0) { $0 + $1.count }
    nodes.reserveCapacity(all <= limit ? all : limit + limit / 8)
    for symbol in found.indices {
      for node in found[symbol] where node.score >= least { nodes.append(node) }
      found[symbol] = []
    }
    nodes.sort(by: Node.precedes)
    if nodes.count > limit { nodes.removeLast(nodes.count - limit) }
  }

  /// A score that at least `limit` nodes reach, as high as a table of counts by logarithm tells it; 0 when there
  /// are not so many.
  private static func leastScore(_ found: [[Node]], _ limit: Int) -> Int64 {
    guard found.reduce(0, { $0 + $1.count }) > limit else { return 0 }
    // Six bits behind the leading one.
    func bucket(_ score: Int64) -> Int {
      let bits = 63 - score.leadingZeroBitCount
      return bits << 6 | Int(bits > 6 ? score >> Int64(bits - 6) & 63 : score << Int64(6 - bits) & 63)
    }
    var sizes = [Int](repeating: 0, count: 64 << 6)
    for part in found { for node in part { sizes[bucket(node.score)] += 1 } }
    var (reached, last) = (0, sizes.count)
    while last > 0, reached < limit {
      last -= 1
      reached += sizes[last]
    }
    let (bits, rest) = (last >> 6, Int64(last & 63))
    return bits > 6 ? (64 | rest) << Int64(bits - 6) : (64 | rest) >> Int64(6 - bits)
  }

  /// The recursion over groups of suffixes that share their first symbols.
  private struct Grouping: @unchecked Sendable {
    /// Of no character: goes with every script.
    static let anyScript: Int32 = -1
    /// ICU's code of the script of combining marks.
    static let inherited: Int32 = 1

    let text: UnsafePointer<UInt32>
    /// Per place in the text its word, and per word its count.
    let owners: UnsafePointer<UInt32>
    let weights: UnsafePointer<Int64>
    let scripts: UnsafePointer<Int32>
    let order: UnsafeMutablePointer<UInt32>
    let unknown: UInt32
    let longest: Int
    let wordEndBranches: Bool

    /// Suffixes `low ..< high` share `depth` symbols, a valid piece when there are several.
    func group(_ low: Int, _ high: Int, _ depth: Int, _ script: Int32, into nodes: inout [Node]) {
      if high - low == 1, !wordEndBranches { return }
      var kinds = 0
      var wordEnds: Int64 = 0
      split(low, high, depth, script, &kinds, &wordEnds, into: &nodes)
      let branches = kinds > 1 || wordEndBranches && wordEnds > 1
      if branches, depth > 1 {
        var count: Int64 = 0
        for index in low..<high { count &+= weight(index) }
        nodes.append(
          Node(low: low, high: high, length: depth, count: count))
      }
    }

    @inline(__always)
    private func symbol(_ index: Int, _ depth: Int) -> UInt32 { text[Int(order[index]) &+ depth] }

    @inline(__always)
    private func weight(_ index: Int) -> Int64 { weights[Int(owners[Int(order[index])])] }

    /// Orders suffixes by the symbol at `depth` (three-way quicksort) and goes down into each group.
    private func split(
      _ low: Int, _ high: Int, _ depth: Int, _ script: Int32, _ kinds: inout Int, _ wordEnds: inout Int64,
      into nodes: inout [Node]
    ) {
      guard low < high else { return }
      let (a, b, c) = (symbol(low, depth), symbol((low + high) / 2, depth), symbol(high - 1, depth))
      let pivot = max(min(a, b), min(max(a, b), c))
      var (less, index, more) = (low, low, high)
      while index < more {
        let value = symbol(index, depth)
        if value < pivot {
          if less != index { swap(less, index) }
          less &+= 1
          index &+= 1
        } else if value > pivot {
          more &-= 1
          swap(index, more)
        } else {
          index &+= 1
        }
      }
      split(low, less, depth, script, &kinds, &wordEnds, into: &nodes)
      kinds += 1
      if pivot <= UnigramWords.wordEnd {
        for index in less..<more { wordEnds &+= weight(index) }
      } else if pivot != unknown, depth < longest {
        var next = scripts[Int(pivot)]
        if next == Self.inherited { next = script }
        if next == Self.anyScript || script == Self.anyScript || next == script {
          group(less, more, depth + 1, next, into: &nodes)
        }
      }
      split(more, high, depth, script, &kinds, &wordEnds, into: &nodes)
    }

    @inline(__always)
    private func swap(_ a: Int, _ b: Int) {
      let value = order[a]
      order[a] = order[b]
      order[b] = value
    }
  }
}
