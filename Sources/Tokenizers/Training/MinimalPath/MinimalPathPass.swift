/// The passes of ``MinimalPaths`` over one pre-token after another, with their scratch memory.
struct MinimalPathPass {
  private struct Match {
    var end: Int32
    var piece: UInt32
  }

  private let trie: DoubleArrayTrie
  private let costs: [Int64]
  private let longest: Int
  /// Room for pre-tokens of so many bytes.
  private var room = 0
  /// The least cost of the bytes before a place, and of those from it on.
  private var before = UnsafeMutablePointer<Int64>.allocate(capacity: 0)
  private var behind = UnsafeMutablePointer<Int64>.allocate(capacity: 0)
  /// The match that the best path to a place ends with, and where that match begins.
  private var last = UnsafeMutablePointer<UInt32>.allocate(capacity: 0)
  private var from = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
  /// Matches by the place where they begin, shortest first; those of place p end before `limits[p + 1]`.
  private var matches: [Match] = []
  private var limits = UnsafeMutablePointer<Int>.allocate(capacity: 0)

  init(_ trie: DoubleArrayTrie, _ costs: [Int64], longest: Int) {
    self.trie = trie
    self.costs = costs
    self.longest = longest
  }

  func free() {
    before.deallocate()
    behind.deallocate()
    last.deallocate()
    from.deallocate()
    limits.deallocate()
  }

  private mutating func reserve(_ count: Int) {
    guard count + 2 > room else { return }
    free()
    room = 2 * count + 64
    before = .allocate(capacity: room)
    behind = .allocate(capacity: room)
    last = .allocate(capacity: room)
    from = .allocate(capacity: room)
    limits = .allocate(capacity: room)
  }

  /// Adds the pieces of the best path.
  mutating func count(_ text: UnsafeBufferPointer<UInt8>, _ weight: Int64, into uses: inout MinimalPaths.Uses)
  {
    reserve(text.count)
    search(text, keepsMatches: false)
    var end = text.count
    while end > 0 {
      uses.counts[Int(last[end])] &+= weight
      uses.tokens &+= weight
      end = Int(from[end])
    }
  }

  /// Adds the pieces of the best path, and what each of its places would cost to do without.
  mutating func countWithout(
    _ text: UnsafeBufferPointer<UInt8>, _ weight: Int64, into uses: inout MinimalPaths.Uses
  ) {
    reserve(text.count)
    matches.removeAll(keepingCapacity: true)
    search(text, keepsMatches: true)
    behind[text.count] = 0
    for place in stride(from: text.count - 1, through: 0, by: -1) {
      var least = Int64.max
      for match in limits[place]..<limits[place + 1] {
        least = min(least, costs[Int(matches[match].piece)] &+ behind[Int(matches[match].end)])
      }
      behind[place] = least
    }
    let best = before[text.count]
    var end = text.count
    while end > 0 {
      let start = Int(from[end])
      let piece = Int(last[end])
      uses.counts[piece] &+= weight
      uses.tokens &+= weight
      if end - start > 1 {
        uses.omissions[piece] &+= weight &* (without(start, end) &- best)
      }
      end = start
    }
  }

  /// The least cost of the whole pre-token when no piece stands at exactly these bytes.
  private func without(_ start: Int, _ end: Int) -> Int64 {
    var least = Int64.max
    for cut in start + 1..<end { least = min(least, before[cut] &+ behind[cut]) }
    for place in max(0, end - longest)...start {
      for match in limits[place]..<limits[place + 1] {
        let stop = Int(matches[match].end)
        guard stop >= end, stop - place > end - start else { continue }
        least = min(least, before[place] &+ costs[Int(matches[match].piece)] &+ behind[stop])
      }
    }
    return least
  }

  private mutating func search(_ text: UnsafeBufferPointer<UInt8>, keepsMatches: Bool) {
    for place in 0...text.count { before[place] = .max }
    before[0] = 0
    for start in 0..<text.count {
      limits[start] = matches.count
      var state = DoubleArrayTrie.root
      var end = start
      // Single bytes are pieces, so every place is reached.
      let sum = before[start]
      while end < text.count, let next = trie.step(state, text[end]) {
        state = next
        end &+= 1
        guard let piece = trie.value(at: state) else { continue }
        if keepsMatches { matches.append(Match(end: Int32(truncatingIfNeeded: end), piece: piece)) }
        let cost = sum &+ costs[Int(piece)]
        if cost < before[end] {
          before[end] = cost
          last[end] = piece
          from[end] = Int32(truncatingIfNeeded: start)
        }
      }
    }
    limits[text.count] = matches.count
  }
}
