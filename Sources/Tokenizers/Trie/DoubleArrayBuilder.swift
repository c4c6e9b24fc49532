/// Builds a ``DoubleArrayTrie`` from sorted keys.
///
/// Depth first; each node looks for a place for its children in the newest blocks that still have room. A
/// block whose search failed often is closed, which bounds the work: building is linear in practice.
/// First fit over all blocks would be denser by a few per cent and slower by an order of magnitude.
package struct DoubleArrayBuilder {
  /// How often a search may fail in a block before the block is closed.
  private static let patience = 24
  /// How many of the newest open blocks a search looks at.
  private static let window = 24

  private var units: [UInt64] = []
  private var values: [UInt32] = []
  /// One bit an entry: set = taken. Four words a block.
  private var taken: [UInt64] = []
  private var failures: [Int] = []
  private var open: [Int] = []
  private var stateCount = 1
  private var lows: [UInt32] = []
  private var highs: [UInt32] = []
  private let keepsRanges: Bool

  private init(keepsRanges: Bool) {
    self.keepsRanges = keepsRanges
    addBlock()
    taken[0] |= 1
  }

  package struct Result {
    package let trie: DoubleArrayTrie
    /// For each state the keys below it, as a range of indices into the sorted keys; empty when not kept.
    package let lows: [UInt32]
    package let highs: [UInt32]
  }

  /// - Parameters:
  ///   - count: the number of keys.
  ///   - key: the bytes of key `i`; keys ascend bytewise and differ.
  ///   - value: the value of key `i`, not `UInt32.max`.
  package static func build(
    count: Int, keepsRanges: Bool = false, key: (Int) -> UnsafeBufferPointer<UInt8>, value: (Int) -> UInt32
  ) -> Result {
    var builder = DoubleArrayBuilder(keepsRanges: keepsRanges)
    builder.place(count: count, key: key, value: value)
    let capacity = builder.units.count
    let units = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
    units.initialize(from: builder.units, count: capacity)
    let values = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
    values.initialize(from: builder.values, count: capacity)
    let trie = DoubleArrayTrie(
      units: units, values: values, capacity: capacity, stateCount: builder.stateCount)
    return Result(trie: trie, lows: builder.lows, highs: builder.highs)
  }

  private struct Node {
    var state: UInt32
    var low: Int
    var high: Int
    var depth: Int
  }

  private mutating func place(
    count: Int, key: (Int) -> UnsafeBufferPointer<UInt8>, value: (Int) -> UInt32
  ) {
    var stack = [Node(state: 0, low: 0, high: count, depth: 0)]
    var bytes: [UInt8] = []
    var starts: [Int] = []
    while let node = stack.popLast() {
      if keepsRanges {
        lows[Int(node.state)] = UInt32(node.low)
        highs[Int(node.state)] = UInt32(node.high)
      }
      var low = node.low
      if low < node.high, key(low).count == node.depth {
        values[Int(node.state)] = value(low)
        low += 1
      }
      guard low < node.high else { continue }
      bytes.removeAll(keepingCapacity: true)
      starts.removeAll(keepingCapacity: true)
      var index = low
      while index < node.high {
        let byte = key(index)[node.depth]
        bytes.append(byte)
        starts.append(index)
        index = upperBound(of: byte, from: index, to: node.high, depth: node.depth, key: key)
      }
      starts.append(node.high)
      let base = findBase(bytes)
      units[Int(node.state)] = units[Int(node.state)] & 0xFFFF_FFFF_0000_0000 | UInt64(base)
      stateCount += bytes.count
      for position in stride(from: bytes.count - 1, through: 0, by: -1) {
        let child = base ^ UInt32(bytes[position])
        units[Int(child)] = UInt64(node.state) << 32
        taken[Int(child >> 6)] |= 1 << UInt64(child & 63)
        stack.append(
          Node(state: child, low: starts[position], high: starts[position + 1], depth: node.depth + 1))
      }
    }
  }

  /// The first index in `from..<to` whose key has another byte at `depth`; galloping, since most groups
  /// are short.
  private func upperBound(
    of byte: UInt8, from: Int, to: Int, depth: Int, key: (Int) -> UnsafeBufferPointer<UInt8>
  ) -> Int {
    var step = 1
    var low = from
    while low + step < to, key(low + step)[depth] == byte {
      low += step
      step *= 2
    }
    var high = min(low + step, to)
    low += 1
    while low < high {
      let middle = (low + high) / 2
      if key(middle)[depth] == byte { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func findBase(_ bytes: [UInt8]) -> UInt32 {
    var tried = 0
    var position = open.count - 1
    while position >= 0, tried < Self.window {
      let block = open[position]
      if let base = fit(block: block, bytes: bytes) { return base }
      failures[block] += 1
      if failures[block] > Self.patience { open.remove(at: position) }
      position -= 1
      tried += 1
    }
    addBlock()
    return fit(block: failures.count - 1, bytes: bytes)!
  }

  private func fit(block: Int, bytes: [UInt8]) -> UInt32? {
    let origin = UInt32(block) << 8
    let first = UInt32(bytes[0])
    let last = UInt32(bytes[bytes.count - 1])
    for word in 0..<4 {
      var free = ~taken[block * 4 + word]
      while free != 0 {
        let slot = UInt32(word * 64 + free.trailingZeroBitCount)
        free &= free &- 1
        let base = origin | (slot ^ first)
        if isTaken(base ^ last) { continue }
        if bytes.allSatisfy({ !isTaken(base ^ UInt32($0)) }) { return base }
      }
    }
    return nil
  }

  @inline(__always)
  private func isTaken(_ entry: UInt32) -> Bool {
    taken[Int(entry >> 6)] >> UInt64(entry & 63) & 1 != 0
  }

  private mutating func addBlock() {
    open.append(failures.count)
    failures.append(0)
    // No state has the index UInt32.max, so a free entry is nobody's child; nor is the root.
    units.append(contentsOf: repeatElement(UInt64(UInt32.max) << 32, count: 256))
    values.append(contentsOf: repeatElement(DoubleArrayTrie.noValue, count: 256))
    taken.append(contentsOf: repeatElement(0, count: 4))
    if keepsRanges {
      lows.append(contentsOf: repeatElement(0, count: 256))
      highs.append(contentsOf: repeatElement(0, count: 256))
    }
  }
}
