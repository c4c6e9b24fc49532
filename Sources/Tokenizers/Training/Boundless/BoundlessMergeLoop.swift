/// The supermerges of ``BoundlessTrainer``: runs of pre-tokens, of which more and more are single tokens.
///
/// A place of a run holds the token its pre-token becomes in the end; it counts from when that token is made
/// (``activate(_:)``). Counts are exact and kept up to date as in ``DynamicMergeLoop``, with the runs' weights.
struct BoundlessMergeLoop: ~Copyable {
  private struct Record {
    var pair: UInt64
    var allowed: Bool
    var count: Int64 = 0
    var places: [UInt32] = []
    var step = -1
  }

  private static let none = UInt32.max

  /// The id of the first token made here: after all ordinary ones.
  let firstMade: Int
  private(set) var merges = MergeList()
  /// What each merge saved.
  private(set) var savings: [Int64] = []
  private var tokens: TokenTable
  private var rules: SuperwordRules
  private var active: [Bool]
  private var symbols: [UInt32] = []
  private var next: [UInt32] = []
  private var previous: [UInt32] = []
  private var runOf: [UInt32] = []
  private var weights: [Int64] = []
  /// Places by token: those of token `t` are `placesOf[starts[t]..<starts[t + 1]]`.
  private var starts: [Int]
  private var placesOf: [UInt32]
  private var records: [Record] = []
  private var recordOf: [UInt64: Int] = [:]
  private var queue = PairQueue(capacity: 1024)
  private var gained: [Int] = []

  init(_ runs: PreTokenCounts, tokens: TokenTable, maxWords: Int) {
    self.tokens = tokens
    firstMade = tokens.count
    rules = SuperwordRules(maxWords: maxWords, tokens: tokens)
    active = [Bool](repeating: false, count: tokens.count)
    starts = [Int](repeating: 0, count: tokens.count + 1)
    for run in runs.indices {
      let (bytes, weight) = runs[run]
      let first = symbols.count
      var index = bytes.startIndex
      while index < bytes.endIndex {
        let id =
          UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
          | UInt32(bytes[index + 3]) << 24
        previous.append(symbols.count == first ? Self.none : UInt32(symbols.count - 1))
        next.append(index + 4 == bytes.endIndex ? Self.none : UInt32(symbols.count + 1))
        symbols.append(id)
        runOf.append(UInt32(run))
        starts[Int(id) + 1] += 1
        index += 4
      }
      weights.append(weight)
    }
    for id in 0..<tokens.count { starts[id + 1] += starts[id] }
    placesOf = [UInt32](repeating: 0, count: symbols.count)
    var cursor = starts
    for (place, id) in symbols.enumerated() {
      placesOf[cursor[Int(id)]] = UInt32(place)
      cursor[Int(id)] += 1
    }
  }

  /// The tokens made here, by id.
  var made: [[UInt8]] { (firstMade..<tokens.count).map { tokens[TokenID($0)] } }
  var madeCount: Int { tokens.count - firstMade }

  /// A token of the ordinary training has been made.
  mutating func activate(_ id: TokenID) {
    active[Int(id)] = true
    for index in starts[Int(id)]..<starts[Int(id) + 1] {
      let place = placesOf[index]
      let (front, back) = (previous[Int(place)], next[Int(place)])
      // A neighbour of the same token is met again at its own place.
      if front != Self.none, symbols[Int(front)] != id, active[Int(symbols[Int(front)])] { gain(front) }
      if back != Self.none, active[Int(symbols[Int(back)])] { gain(place) }
    }
    flush()
  }

  /// The count of the most frequent pair.
  mutating func best() -> Int64? {
    while queue.count > 0 {
      let entry = queue.top
      let count = records[Int(entry.words)].count
      if count == entry.count, count > 0 { return count }
      if count == 0 {
        queue.pop()
      } else {
        queue.replaceTop(.init(count: count, pair: entry.pair, step: 0, words: entry.words))
      }
    }
    return nil
  }

  /// Merges the pair that ``best()`` has found.
  mutating func mergeBest() {
    let record = Int(queue.top.words)
    queue.pop()
    let pair = records[record].pair
    let (left, right) = (UInt32(truncatingIfNeeded: pair >> 32), UInt32(truncatingIfNeeded: pair))
    let joined = tokens[left] + tokens[right]
    let made: TokenID
    if let known = tokens.id(of: joined) {
      made = known
    } else {
      made = TokenID(tokens.count)
      tokens.append(joined)
      rules.append(joined)
      active.append(true)
    }
    merges.append(left: left, right: right, result: made)
    var places = records[record].places
    records[record].places = []
    places.sort()
    var saved: Int64 = 0
    for place in places where stands(pair, at: place) {
      let dropped = next[Int(place)]
      let (front, back) = (previous[Int(place)], next[Int(dropped)])
      let weight = weights[Int(runOf[Int(place)])]
      if front != Self.none { lose(symbols[Int(front)], left, weight) }
      if back != Self.none { lose(right, symbols[Int(back)], weight) }
      lose(left, right, weight)
      symbols[Int(place)] = made
      symbols[Int(dropped)] = Self.none
      next[Int(place)] = back
      next[Int(dropped)] = Self.none
      if back != Self.none { previous[Int(back)] = place }
      if front != Self.none, active[Int(symbols[Int(front)])] { gain(front) }
      if back != Self.none, active[Int(symbols[Int(back)])] { gain(place) }
      saved += weight
    }
    savings.append(saved)
    flush()
  }

  private func stands(_ pair: UInt64, at place: UInt32) -> Bool {
    guard symbols[Int(place)] == UInt32(truncatingIfNeeded: pair >> 32) else { return false }
    let right = next[Int(place)]
    return right != Self.none && symbols[Int(right)] == UInt32(truncatingIfNeeded: pair)
  }

  /// The pair at `place`, both of it active, has come to be.
  private mutating func gain(_ place: UInt32) {
    let (left, right) = (symbols[Int(place)], symbols[Int(next[Int(place)])])
    let pair = UInt64(left) << 32 | UInt64(right)
    let record: Int
    if let known = recordOf[pair] {
      record = known
    } else {
      record = records.count
      recordOf[pair] = record
      records.append(Record(pair: pair, allowed: allows(left, right)))
    }
    guard records[record].allowed else { return }
    records[record].count += weights[Int(runOf[Int(place)])]
    records[record].places.append(place)
    if records[record].step != merges.count {
      records[record].step = merges.count
      gained.append(record)
    }
  }

  private func allows(_ left: TokenID, _ right: TokenID) -> Bool {
    guard rules.allow(Int(left), Int(right)) else { return false }
    return tokens.id(of: tokens[left] + tokens[right]).map { Int($0) >= firstMade } ?? true
  }

  private mutating func lose(_ left: UInt32, _ right: UInt32, _ weight: Int64) {
    guard let record = recordOf[UInt64(left) << 32 | UInt64(right)], records[record].allowed else { return }
    records[record].count -= weight
  }

  private mutating func flush() {
    for record in gained {
      records[record].step = -1
      let count = records[record].count
      if count > 0 {
        queue.push(.init(count: count, pair: records[record].pair, step: 0, words: UInt32(record)))
      }
    }
    gained.removeAll(keepingCapacity: true)
  }
}
