/// The work of ``DynamicBatchMerge`` on one batch.
///
/// Sequences are linked lists of places in one array. Each pair of symbols has a record: whether it may merge,
/// how often it stands somewhere now, and the places where it stood when it was made, of which some may have
/// gone. A queue of (count, tie) is brought up to date when a pair comes to its top; pairs that gained are
/// queued anew at once, so nothing better than the top is ever hidden. With ``DynamicTies/first`` the places of
/// a record are a heap, whose top gives the tie.
struct DynamicMergeLoop: ~Copyable {
  private struct Record {
    var pair: UInt64
    var allowed: Bool
    var count = 0
    var places: [UInt32] = []
    /// The step in which it was put on the list of those that gained.
    var step = -1
  }

  private static let gone = UInt32.max
  private static let none = UInt32.max

  private let options: DynamicBatchMerge.Options
  private let validity: PairValidity
  private var tokens: DynamicTokenTable
  private var symbols: [UInt32]
  private var next: [UInt32]
  private var previous: [UInt32]
  private var starts: [UInt32] = []
  private var records: [Record] = []
  private var recordOf: [UInt64: Int] = [:]
  private var queue = PairQueue(capacity: 1024)
  private var gained: [Int] = []
  private let before: Int
  private var now: Int
  private var merges: [DynamicMerge] = []
  private var lengths: [Int] = []

  /// - Parameters:
  ///   - sequences: of fewer than 2^31 ids in all, each below the surfaces' capacity.
  init(_ merging: DynamicBatchMerge, _ sequences: [[TokenID]]) {
    options = merging.options
    validity = PairValidity(merging.options.boundary, merging.plan)
    tokens = DynamicTokenTable(merging.surfaces)
    before = sequences.reduce(0) { $0 + $1.count }
    now = before
    symbols = Array(sequences.joined())
    next = []
    previous = []
    next.reserveCapacity(before)
    previous.reserveCapacity(before)
    for sequence in sequences {
      let start = next.count
      for index in sequence.indices {
        previous.append(index == 0 ? Self.none : UInt32(start + index - 1))
        next.append(index + 1 == sequence.count ? Self.none : UInt32(start + index + 1))
      }
      starts.append(sequence.isEmpty ? Self.none : UInt32(start))
    }
  }

  mutating func run() throws(ToklabError) {
    for place in symbols.indices where next[place] != Self.none { try gain(UInt32(place)) }
    flush()
    while queue.count > 0, !options.isDone(merges.count, before: before, now: now) {
      let entry = queue.top
      let record = Int(entry.words)
      let (count, tie) = state(record)
      if count == 0 {
        queue.pop()
      } else if count != Int(entry.count) || tie != entry.pair {
        queue.replaceTop(.init(count: Int64(count), pair: tie, step: 0, words: entry.words))
      } else {
        queue.pop()
        try merge(record)
      }
    }
  }

  consuming func result(_ count: Int) -> DynamicBatch {
    var sequences: [[TokenID]] = []
    sequences.reserveCapacity(count)
    for start in starts {
      var sequence: [TokenID] = []
      var place = start
      while place != Self.none {
        sequence.append(symbols[Int(place)])
        place = next[Int(place)]
      }
      sequences.append(sequence)
    }
    return DynamicBatch(
      tokensBefore: before, merges: merges, lengths: lengths, sequences: sequences, tokens: tokens)
  }

  // MARK: - Records

  private static func pack(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

  private func stands(_ pair: UInt64, at place: UInt32) -> Bool {
    guard symbols[Int(place)] == UInt32(truncatingIfNeeded: pair >> 32) else { return false }
    let right = next[Int(place)]
    return right != Self.none && symbols[Int(right)] == UInt32(truncatingIfNeeded: pair)
  }

  /// The count, and what decides between equal ones.
  private mutating func state(_ record: Int) -> (count: Int, tie: UInt64) {
    let pair = records[record].pair
    if options.ties == .id || records[record].count == 0 { return (records[record].count, pair) }
    while let place = records[record].places.first, !stands(pair, at: place) {
      PlaceHeap.pop(&records[record].places)
    }
    return (records[record].count, UInt64(records[record].places[0]))
  }

  /// The pair at `place` has come to be.
  private mutating func gain(_ place: UInt32) throws(ToklabError) {
    let (left, right) = (symbols[Int(place)], symbols[Int(next[Int(place)])])
    let pair = Self.pack(left, right)
    let record: Int
    if let known = recordOf[pair] {
      record = known
    } else {
      record = records.count
      recordOf[pair] = record
      records.append(Record(pair: pair, allowed: try tokens.allows(left, right, validity)))
    }
    guard records[record].allowed else { return }
    records[record].count += 1
    if options.ties == .first {
      PlaceHeap.push(place, &records[record].places)
    } else {
      records[record].places.append(place)
    }
    if records[record].step != merges.count {
      records[record].step = merges.count
      gained.append(record)
    }
  }

  private mutating func lose(_ left: UInt32, _ right: UInt32) {
    guard let record = recordOf[Self.pack(left, right)] else { return }
    records[record].count -= 1
  }

  /// Queues what gained in the step.
  private mutating func flush() {
    for record in gained {
      let (count, tie) = state(record)
      if count > 0 { queue.push(.init(count: Int64(count), pair: tie, step: 0, words: UInt32(record))) }
    }
    gained.removeAll(keepingCapacity: true)
  }

  // MARK: - One step

  private mutating func merge(_ record: Int) throws(ToklabError) {
    let pair = records[record].pair
    let left = UInt32(truncatingIfNeeded: pair >> 32)
    let right = UInt32(truncatingIfNeeded: pair)
    let joined = tokens.join(left, right)
    merges.append(DynamicMerge(left: left, right: right, id: joined, count: records[record].count))
    var places = records[record].places
    records[record].places = []
    places.sort()
    for place in places where stands(pair, at: place) {
      let dropped = next[Int(place)]
      let (front, back) = (previous[Int(place)], next[Int(dropped)])
      if front != Self.none { lose(symbols[Int(front)], left) }
      if back != Self.none { lose(right, symbols[Int(back)]) }
      lose(left, right)
      symbols[Int(place)] = joined
      symbols[Int(dropped)] = Self.gone
      next[Int(dropped)] = Self.none
      next[Int(place)] = back
      if back != Self.none { previous[Int(back)] = place }
      if front != Self.none { try gain(front) }
      if back != Self.none { try gain(place) }
      now -= 1
    }
    lengths.append(now)
    flush()
  }
}

/// A binary heap of places, smallest first.
private enum PlaceHeap {
  static func push(_ place: UInt32, _ heap: inout [UInt32]) {
    heap.append(place)
    var index = heap.count - 1
    while index > 0, heap[(index - 1) / 2] > place {
      heap[index] = heap[(index - 1) / 2]
      index = (index - 1) / 2
    }
    heap[index] = place
  }

  static func pop(_ heap: inout [UInt32]) {
    let place = heap.removeLast()
    guard !heap.isEmpty else { return }
    var index = 0
    while true {
      var child = index * 2 + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < place else { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = place
  }
}
