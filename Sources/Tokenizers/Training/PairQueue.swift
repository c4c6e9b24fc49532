/// The trainer's queue: largest count first, then smallest (left, right), then oldest entry.
///
/// A 4-ary heap over raw memory whose counts may be stale (too large): the trainer refreshes the top when
/// it sees one.
struct PairQueue: ~Copyable {
  struct Entry {
    var count: Int64
    var pair: UInt64
    /// The merge that made the entry, from 1; 0 for pairs of the alphabet.
    var step: UInt32
    /// Where the entry's words are (see ``PostingPool``).
    var words: UInt32
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    entries = .allocate(capacity: self.capacity)
  }

  deinit { entries.deallocate() }

  @inline(__always)
  private static func before(_ x: Entry, _ y: Entry) -> Bool {
    if x.count != y.count { return x.count > y.count }
    if x.pair != y.pair { return x.pair < y.pair }
    return x.step < y.step
  }

  var top: Entry { entries[0] }

  mutating func push(_ entry: Entry) {
    if count == capacity {
      let bigger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity + capacity / 2)
      bigger.moveInitialize(from: entries, count: count)
      entries.deallocate()
      entries = bigger
      capacity += capacity / 2
    }
    var index = count
    count += 1
    let entries = self.entries
    while index > 0 {
      let parent = (index &- 1) >> 2
      guard Self.before(entry, entries[parent]) else { break }
      entries[index] = entries[parent]
      index = parent
    }
    entries[index] = entry
  }

  mutating func pop() {
    count -= 1
    if count > 0 { sink(entries[count]) }
  }

  mutating func replaceTop(_ entry: Entry) { sink(entry) }

  private mutating func sink(_ entry: Entry) {
    let entries = self.entries
    let count = self.count
    var index = 0
    while true {
      let first = index &* 4 &+ 1
      guard first < count else { break }
      var best = first
      var child = first &+ 1
      let end = min(first &+ 4, count)
      while child < end {
        if Self.before(entries[child], entries[best]) { best = child }
        child &+= 1
      }
      guard Self.before(entries[best], entry) else { break }
      entries[index] = entries[best]
      index = best
    }
    entries[index] = entry
  }
}
