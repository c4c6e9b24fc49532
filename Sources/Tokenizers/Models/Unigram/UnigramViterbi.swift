/// Finds the best path of a unigram model through a text: exact sums, bounded memory.
///
/// One node a byte position: the best sum that leads there, where its last piece starts, and the trie state
/// of that piece (its id is looked up for the best path only). The search is run in windows: after about
/// `window` bytes the first position that no piece spans ends the window, since every path goes through it;
/// the sum there carries on into the next one, so windows change no comparison.
///
/// Cost: linear in the text times the mean number of trie steps a character.
///
/// Unsafe: raw nodes; a walk from a position reaches at most ``ScoredTrie/depth`` bytes ahead, for which there
/// is always room. One thread owns a search and nothing calls back into it, so exclusive access to its variables
/// is not checked while it runs.
package final class UnigramViterbi {
  package struct Node {
    var sum: Double
    var start: Int32
    var state: UInt32
  }

  private let model: UnigramModel
  private let window: Int
  @exclusivity(unchecked) private var nodes: UnsafeMutablePointer<Node>
  /// For each position the second best sum that leads there; kept only while a margin is asked for.
  @exclusivity(unchecked) private var seconds: UnsafeMutablePointer<Double>
  @exclusivity(unchecked) private var capacity: Int
  @exclusivity(unchecked) private var characters = 0
  @exclusivity(unchecked) private var widest = 0.0
  /// Ends of the pieces of the best path with their states, last piece first.
  @exclusivity(unchecked) private var path: UnsafeMutablePointer<UInt64>
  @exclusivity(unchecked) private var pathCapacity = 64

  /// A piece of the best path.
  package struct Step {
    /// The trie state of the piece, or ``ScoredTrie/noState`` for an unknown character.
    package let state: UInt32
    package let start: Int
    package let end: Int
  }

  package init(_ model: UnigramModel, window: Int = 4096) {
    self.model = model
    self.window = window
    capacity = 2 * window + model.trie.depth + 8
    nodes = .allocate(capacity: capacity)
    seconds = .allocate(capacity: capacity)
    path = .allocate(capacity: pathCapacity)
  }

  deinit {
    nodes.deallocate()
    seconds.deallocate()
    path.deallocate()
  }

  /// The length of a character by its first byte, as both reference libraries take it.
  @inline(__always)
  package static func characterLength(_ first: UInt8) -> Int {
    first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
  }

  /// Searches `text[start..<end]` and calls `body` for each piece of the best path from left to right.
  ///
  /// - Parameter sum: the sum of the path so far; on return that of the whole path.
  /// - Throws: ``ToklabError`` for an unknown character when the model has no unknown piece.
  @inline(__always)
  package func run(
    _ text: UnsafePointer<UInt8>, from start: Int, to end: Int, sum: inout Double, _ body: (Step) -> Void
  ) throws(ToklabError) {
    var position = start
    while position < end {
      let reached = search(WithoutMargin.self, text + position, end &- position, sum)
      if reached <= 0 { throw model.missingUnknown(at: position &- reached) }
      sum = nodes[reached].sum
      report(reached, position, body)
      position &+= reached
    }
  }

  /// The same for a segment of at most 255 bytes.
  ///
  /// - Returns: the magnitude that the sum before the segment must stay below for this path to be the best for
  ///   certain, negative when none will do.
  ///
  /// The reference libraries add up scores from the beginning of the text, so the rounding of a sum, and with
  /// it the winner of a close race, depends on everything before the segment. Let *m* be the smallest distance,
  /// over the positions on the best path, between the best and the second best candidate; *n* the characters
  /// of the segment; *w* a bound of the magnitude of any sum inside it counted from its beginning; *s* the sum
  /// before it; and *u* half a unit in the last place of 1 (2⁻²⁴ in single precision). A path through the
  /// segment has at most n additions, each of which rounds a number of magnitude at most |s| + w, so two
  /// candidates keep the order of their exact sums if those differ by more than 2nu(|s| + w). The distance
  /// measured here, from s₀, is that exact one but for 2nu(|s₀| + w). Hence
  /// |s| < m / 2nu − |s₀| − 2w; one per cent is left for this computation itself.
  @inline(__always)
  package func runWithMargin(
    _ text: UnsafePointer<UInt8>, from start: Int, to end: Int, sum: inout Double, _ body: (Step) -> Void
  ) throws(ToklabError) -> Float {
    let before = sum
    let reached = search(WithMargin.self, text + start, end &- start, sum)
    if reached <= 0 { throw model.missingUnknown(at: start &- reached) }
    sum = nodes[reached].sum
    var margin = Double.infinity
    var at = reached
    while at > 0 {
      margin = min(margin, nodes[at].sum - seconds[at])
      at = Int(nodes[at].start)
    }
    report(reached, start, body)
    let error = 2.02 * Double(characters) * (model.isSinglePrecision ? 0x1p-24 : 0x1p-53)
    // Nor may the sum be taken back on the way.
    let largest = model.release == .v023 ? 0.99 * UnigramModel.largestSum - 2 * widest : 1e30
    return Float(min(largest, margin / error - before.magnitude - 2 * widest)).nextDown
  }

  /// Calls `body` for the pieces of the best path to the node `reached`.
  @inline(__always)
  private func report(_ reached: Int, _ position: Int, _ body: (Step) -> Void) {
    var count = 0
    var at = reached
    while at > 0 {
      if count == pathCapacity { growPath() }
      path[count] = UInt64(nodes[at].state) << 32 | UInt64(at)
      count &+= 1
      at = Int(nodes[at].start)
    }
    var last = position
    while count > 0 {
      count &-= 1
      let next = position &+ Int(path[count] & 0xFFFF_FFFF)
      body(Step(state: UInt32(truncatingIfNeeded: path[count] >> 32), start: last, end: next))
      last = next
    }
  }

  @inline(__always)
  private func search<M: MarginMode>(
    _ mode: M.Type, _ text: UnsafePointer<UInt8>, _ count: Int, _ sum: Double
  ) -> Int {
    switch model.release {
    case nil: search(DoublePrecision.self, mode, text, count, sum)
    case .v020: search(SinglePrecision.self, mode, text, count, sum)
    case .v023: search(SingleComparisons.self, mode, text, count, sum)
    }
  }

  /// Fills the nodes up to the end of the text or of the window; returns how far it came, or minus the
  /// position of a character that cannot be encoded (0 for the first).
  private func search<P: SumPrecision, M: MarginMode>(
    _: P.Type, _: M.Type, _ text: UnsafePointer<UInt8>, _ count: Int, _ sum: Double
  ) -> Int {
    let entries = model.trie.entries
    let depth = model.trie.depth
    let unknownScore = model.unknownScore
    let hasUnknown = model.unknownID != nil
    let fresh = Node(sum: -.infinity, start: -1, state: ScoredTrie.noState)
    var ready = min(count, window &+ depth &+ 4)
    ensure(ready &+ 1)
    var nodes = self.nodes
    for index in 1..<(ready &+ 1) { nodes[index] = fresh }
    nodes[0] = Node(sum: sum, start: 0, state: 0)
    let seconds = self.seconds
    if M.isKept {
      for index in 1..<(ready &+ 1) { seconds[index] = -.infinity }
      characters = 0
      widest = 0
    }
    var reach = 0
    var position = 0
    let rootBase = entries[0].base
    while position < count {
      if position >= window, reach <= position { return position }
      if position &+ depth &+ 4 > ready, ready < count {
        let more = min(count, ready &+ window &+ depth)
        ensure(more &+ 1)
        nodes = self.nodes
        for index in (ready &+ 1)..<(more &+ 1) { nodes[index] = fresh }
        ready = more
      }
      var base = nodes[position].sum
      if P.takesBack, base.magnitude > UnigramModel.largestSum {
        takeBack(base, position, reach)
        base = 0
        // A margin that is no larger than the rounding of what was taken back says nothing.
        if M.isKept { widest = .infinity }
      }
      let character = min(Self.characterLength(text[position]), count &- position)
      var isKnown = false
      var index = position
      var state = rootBase ^ UInt32(text[index])
      var entry = entries[Int(state)]
      if entry.check == 0 {
        while true {
          index &+= 1
          if entry.score > -.infinity {
            let candidate = P.compared(entry.score + base)
            let best = nodes[index].sum
            let isBetter = candidate > best
            if M.isKept { seconds[index] = max(seconds[index], isBetter ? best : candidate) }
            if isBetter {
              nodes[index] = Node(
                sum: P.round(candidate), start: Int32(truncatingIfNeeded: position), state: state)
            }
            if index > reach { reach = index }
            if index &- position == character { isKnown = true }
          }
          if index == count { break }
          let next = entry.base ^ UInt32(text[index])
          entry = entries[Int(next)]
          if entry.check != state { break }
          state = next
        }
      }
      if !isKnown {
        let end = position &+ character
        let candidate = P.round(P.compared(unknownScore + base))
        if candidate > nodes[end].sum {
          if M.isKept { seconds[end] = nodes[end].sum }
          guard hasUnknown else { return -position }
          nodes[end] = Node(
            sum: candidate, start: Int32(truncatingIfNeeded: position), state: ScoredTrie.noState)
        } else if M.isKept {
          seconds[end] = max(seconds[end], candidate)
        }
        reach = max(reach, end)
      }
      position &+= character
      if M.isKept {
        characters &+= 1
        widest = max(widest, (base - sum).magnitude)
      }
    }
    // No candidate is further away than the position it starts from and the largest score.
    if M.isKept { widest += model.largestScoreMagnitude }
    return count
  }

  /// Takes a sum from the node it belongs to and from those that are open behind it.
  private func takeBack(_ sum: Double, _ position: Int, _ reach: Int) {
    for index in position...max(position, reach) where nodes[index].sum > -.infinity {
      nodes[index].sum = Double(Float(nodes[index].sum - sum))
    }
  }

  private func ensure(_ needed: Int) {
    if needed <= capacity { return }
    var size = capacity
    while size < needed { size *= 2 }
    let new = UnsafeMutablePointer<Node>.allocate(capacity: size)
    new.update(from: nodes, count: capacity)
    nodes.deallocate()
    nodes = new
    seconds.deallocate()
    seconds = .allocate(capacity: size)
    capacity = size
  }

  private func growPath() {
    let new = UnsafeMutablePointer<UInt64>.allocate(capacity: pathCapacity * 2)
    new.update(from: path, count: pathCapacity)
    path.deallocate()
    path = new
    pathCapacity *= 2
  }
}

/// The precision in which a path's sum is compared, and kept between two additions.
private protocol SumPrecision {
  static var takesBack: Bool { get }
  static func compared(_ sum: Double) -> Double
  static func round(_ sum: Double) -> Double
}

private enum SingleComparisons: SumPrecision {
  @inline(__always) static var takesBack: Bool { true }
  @inline(__always) static func compared(_ sum: Double) -> Double { Double(Float(sum)) }
  @inline(__always) static func round(_ sum: Double) -> Double { sum }
}

private enum SinglePrecision: SumPrecision {
  @inline(__always) static var takesBack: Bool { false }
  @inline(__always) static func compared(_ sum: Double) -> Double { sum }
  @inline(__always) static func round(_ sum: Double) -> Double { Double(Float(sum)) }
}

private enum DoublePrecision: SumPrecision {
  @inline(__always) static var takesBack: Bool { false }
  @inline(__always) static func compared(_ sum: Double) -> Double { sum }
  @inline(__always) static func round(_ sum: Double) -> Double { sum }
}

/// Whether the second best sums are kept.
private protocol MarginMode {
  static var isKept: Bool { get }
}

private enum WithMargin: MarginMode {
  @inline(__always) static var isKept: Bool { true }
}

private enum WithoutMargin: MarginMode {
  @inline(__always) static var isKept: Bool { false }
}
