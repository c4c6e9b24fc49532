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
    var low: UInt32
    var high: UInt32
    var length: UInt8
    var count: Int64
    var score: Int64 { count &* Int64(length) }
  }

  private(set) var nodes: [Node] = []
  /// Starts of suffixes in the words' text, sorted.
  let order: UnsafeMutablePointer<UInt32>
  let orderCount: Int

  deinit { order.deallocate() }

  /// - Parameter wordEndBranches: a string that ends its word goes on in another way each time.
  init(
    _ words: borrowing UnigramWords, longest: Int, wordEndBranches: Bool, limit: Int, threads: Int
  ) {
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
    let scripts = words.scripts()
    var found = [[Node]](repeating: [], count: symbolCount)
    let cursor = Atomic(0)
    let bounds = sizes
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
                  let symbol = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
                  guard symbol < symbolCount else { return }
                  guard bounds[symbol] < bounds[symbol + 1] else { continue }
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
    var all: [Node] = []
    all.reserveCapacity(found.reduce(0) { $0 + $1.count })
    for part in found { all += part }
    found = []
    // Highest score first, then the order of the suffix tree's nodes.
    var ranks = all.indices.map { (score: all[$0].score, index: UInt32($0)) }
    ranks.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    nodes = ranks.prefix(limit).map { all[Int($0.index)] }
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
          Node(low: UInt32(low), high: UInt32(high), length: UInt8(depth), count: count))
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
