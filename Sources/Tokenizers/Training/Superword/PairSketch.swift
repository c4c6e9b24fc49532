/// How often pairs of neighbours occur, never too low: each pair adds to one counter of a fixed table, which
/// it may share with others.
///
/// Unsafe: raw counters; one random access a token of the text. Counters of 16 bits stop at their largest value,
/// which then says nothing; of 32 they were slower, lying in memory rather than in the cache. A table of exact counts would take 16 bytes a
/// distinct pair and be the largest part of the training's memory.
struct PairSketch: ~Copyable {
  private let counters: UnsafeMutablePointer<UInt16>
  private static let bits: UInt64 = 22

  init() {
    counters = .allocate(capacity: 1 << Self.bits)
    counters.initialize(repeating: 0, count: 1 << Self.bits)
  }

  deinit { counters.deallocate() }

  @inline(__always)
  private static func slot(_ left: UInt32, _ right: UInt32) -> Int {
    let key = UInt64(left) << 32 | UInt64(right)
    return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> (64 &- bits))
  }

  @inline(__always)
  func add(_ left: UInt32, _ right: UInt32) {
    let counter = counters + Self.slot(left, right)
    if counter.pointee != .max { counter.pointee &+= 1 }
  }

  func add(_ left: UInt32, _ right: UInt32, times: Int64) {
    let counter = counters + Self.slot(left, right)
    counter.pointee = UInt16(clamping: Int64(counter.pointee) + min(times, Int64(UInt16.max)))
  }

  /// An upper bound on the occurrences of the pair.
  @inline(__always)
  func bound(_ left: UInt32, _ right: UInt32) -> Int64 {
    let value = counters[Self.slot(left, right)]
    return value == .max ? .max : Int64(value)
  }

  func add(_ other: borrowing PairSketch) {
    for slot in 0..<1 << Int(Self.bits) {
      let (sum, overflow) = counters[slot].addingReportingOverflow(other.counters[slot])
      counters[slot] = overflow ? .max : sum
    }
  }

  /// The largest value that at least `number` counters reach; 0 when fewer have anything.
  func value(reachedBy number: Int) -> Int64 {
    var histogram = [Int](repeating: 0, count: 1 << 16)
    for slot in 0..<1 << Int(Self.bits) { histogram[Int(min(counters[slot], 0xFFFF))] += 1 }
    var reached = 0
    for value in stride(from: 0xFFFF, through: 1, by: -1) {
      reached += histogram[value]
      if reached >= number { return Int64(value) }
    }
    return 0
  }
}
