/// How often each pair of neighbours occurs: the trainer's table, open addressing over raw memory.
///
/// Unsafe: one look-up a changed pair and merge step. Keys are `left << 32 | right`, compared whole.
struct PairCounts: ~Copyable {
  /// No pair: both halves all ones, which no token id is.
  static let free = UInt64.max

  private var keys: UnsafeMutablePointer<UInt64>
  private var values: UnsafeMutablePointer<Int64>
  private var mask: Int
  private(set) var count = 0

  init(capacity: Int) {
    var size = 1024
    while size < capacity * 2 { size <<= 1 }
    keys = .allocate(capacity: size)
    keys.initialize(repeating: Self.free, count: size)
    values = .allocate(capacity: size)
    values.initialize(repeating: 0, count: size)
    mask = size - 1
  }

  deinit {
    keys.deallocate()
    values.deallocate()
  }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    let keys = self.keys
    var index = Int(truncatingIfNeeded: ByteHash.hash(key)) & mask
    while keys[index] != key && keys[index] != Self.free { index = (index &+ 1) & mask }
    return index
  }

  /// The count of a pair; 0 when it was never seen.
  @inline(__always)
  func value(_ key: UInt64) -> Int64 { values[slot(key)] }

  /// Adds to a pair, which it enters when new; returns the sum.
  @inline(__always)
  mutating func add(_ key: UInt64, _ delta: Int64) -> Int64 {
    let index = slot(key)
    if keys[index] == Self.free {
      keys[index] = key
      values[index] = delta
      count += 1
      if count &* 8 > mask &* 5 { grow() }
      return delta
    }
    values[index] &+= delta
    return values[index]
  }

  /// Adds to a pair that is present; does nothing for any other.
  @inline(__always)
  mutating func adjust(_ key: UInt64, _ delta: Int64) {
    let index = slot(key)
    if keys[index] == key { values[index] &+= delta }
  }

  /// Calls `body` with each pair and its count, in the table's order.
  func forEach(_ body: (_ pair: UInt64, _ count: Int64) -> Void) {
    for index in 0...mask where keys[index] != Self.free { body(keys[index], values[index]) }
  }

  private mutating func grow() {
    let oldKeys = keys
    let oldValues = values
    let size = mask + 1
    keys = .allocate(capacity: size * 2)
    keys.initialize(repeating: Self.free, count: size * 2)
    values = .allocate(capacity: size * 2)
    values.initialize(repeating: 0, count: size * 2)
    mask = size * 2 - 1
    for index in 0..<size where oldKeys[index] != Self.free {
      let slot = slot(oldKeys[index])
      keys[slot] = oldKeys[index]
      values[slot] = oldValues[index]
    }
    oldKeys.deallocate()
    oldValues.deallocate()
  }
}
