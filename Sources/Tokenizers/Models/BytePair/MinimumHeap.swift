/// A binary heap of 64-bit keys, smallest first, over raw memory that is kept between uses.
///
/// Used by the merge engine with keys `rank << 40 | position`; the generic heap of swift-collections took
/// 1.5 times as long there.
package struct MinimumHeap: ~Copyable {
  private var base: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  package private(set) var count = 0

  package init() {
    capacity = 256
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  package mutating func removeAll() { count = 0 }

  package mutating func insert(_ key: UInt64) {
    if count == capacity {
      let new = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity * 2)
      new.update(from: base, count: count)
      base.deallocate()
      base = new
      capacity *= 2
    }
    var index = count
    count &+= 1
    while index > 0 {
      let parent = (index &- 1) >> 1
      if base[parent] <= key { break }
      base[index] = base[parent]
      index = parent
    }
    base[index] = key
  }

  package mutating func popMinimum() -> UInt64? {
    guard count > 0 else { return nil }
    let result = base[0]
    count &-= 1
    let key = base[count]
    var index = 0
    while true {
      var child = index &* 2 &+ 1
      if child >= count { break }
      if child &+ 1 < count, base[child &+ 1] < base[child] { child &+= 1 }
      if base[child] >= key { break }
      base[index] = base[child]
      index = child
    }
    base[index] = key
    return result
  }
}
