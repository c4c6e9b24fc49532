/// A byte trie in a double array: the structure every other part of toklab walks.
///
/// Representation (Aoe 1989; the exclusive-or addressing is that of darts-clone): each state is an index
/// into `units`, whose entry holds `base` in the low and `check` in the high 32 bits. The child of state
/// `s` by byte `b` is `base(s) ^ b` if `check` of that entry is `s`. Blocks are 256 entries and aligned,
/// so `base ^ b` never leaves the array and a walk needs no bounds check. A terminal state carries the
/// value its key was given.
///
/// Invariants (tested): `check(child) == parent` for every edge; the root is 0 and nobody's child; every
/// key is found with its value and nothing else is.
///
/// Cost: a step is one load and one comparison; memory 12 bytes an entry.
///
/// Unsafe: raw arrays, read once per byte by every engine. Checked arrays reached 0.84 of the speed.
public final class DoubleArrayTrie: @unchecked Sendable {
  /// A position in the trie.
  public typealias State = UInt32

  public static let root: State = 0
  package static let noValue = UInt32.max

  package let units: UnsafeMutablePointer<UInt64>
  package let values: UnsafeMutablePointer<UInt32>
  /// The number of entries, free ones included.
  public let capacity: Int
  /// The number of states in use.
  public let stateCount: Int

  package init(
    units: UnsafeMutablePointer<UInt64>, values: UnsafeMutablePointer<UInt32>, capacity: Int, stateCount: Int
  ) {
    self.units = units
    self.values = values
    self.capacity = capacity
    self.stateCount = stateCount
  }

  deinit {
    units.deallocate()
    values.deallocate()
  }

  /// The child of `state` by `byte`, or nil.
  @inline(__always)
  public func step(_ state: State, _ byte: UInt8) -> State? {
    let next = UInt32(truncatingIfNeeded: units[Int(state)]) ^ UInt32(byte)
    return UInt32(truncatingIfNeeded: units[Int(next)] >> 32) == state ? next : nil
  }

  /// The value of the key that ends at `state`, or nil.
  @inline(__always)
  public func value(at state: State) -> UInt32? {
    let value = values[Int(state)]
    return value == Self.noValue ? nil : value
  }

  /// The value of exactly this key.
  public func value(of key: some Sequence<UInt8>) -> UInt32? {
    guard let state = state(after: key) else { return nil }
    return value(at: state)
  }

  /// The state that a string leads to, or nil when no key starts with it.
  public func state(after prefix: some Sequence<UInt8>) -> State? {
    var state = Self.root
    for byte in prefix {
      guard let next = step(state, byte) else { return nil }
      state = next
    }
    return state
  }

  /// Calls `body` with (length, value) of every key that is a prefix of `text[start...]`, shortest first.
  @inline(__always)
  public func forEachPrefix(
    of text: UnsafeBufferPointer<UInt8>, from start: Int = 0, _ body: (_ length: Int, _ value: UInt32) -> Void
  ) {
    var state = Self.root
    var index = start
    if values[0] != Self.noValue { body(0, values[0]) }
    while index < text.count, let next = step(state, text[index]) {
      state = next
      index &+= 1
      let value = values[Int(state)]
      if value != Self.noValue { body(index &- start, value) }
    }
  }

  /// The longest key that is a prefix of `count` bytes at `pointer`, with its length; nil when none is.
  /// The empty key never matches here.
  @inline(__always)
  package func longestMatch(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> (length: Int, value: UInt32)? {
    var state: UInt32 = 0
    var length = 0
    var value = Self.noValue
    var index = 0
    let units = self.units
    let values = self.values
    while index < count {
      let next = UInt32(truncatingIfNeeded: units[Int(state)]) ^ UInt32(pointer[index])
      if UInt32(truncatingIfNeeded: units[Int(next)] >> 32) != state { break }
      state = next
      index &+= 1
      let found = values[Int(state)]
      if found != Self.noValue {
        value = found
        length = index
      }
    }
    return value == Self.noValue ? nil : (length, value)
  }

  /// The longest key that is a prefix of `text[start...]`, with its length.
  public func longestMatch(_ text: [UInt8], from start: Int = 0) -> (length: Int, value: UInt32)? {
    text.withUnsafeBufferPointer { buffer in
      guard start < buffer.count else { return nil }
      return longestMatch(buffer.baseAddress! + start, buffer.count - start)
    }
  }

  /// The bytes that lead on from `state`, ascending, with the states they lead to.
  public func children(of state: State) -> [(byte: UInt8, state: State)] {
    (0...255).compactMap { byte in step(state, UInt8(byte)).map { (UInt8(byte), $0) } }
  }
}
