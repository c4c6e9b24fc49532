/// Random numbers that depend on (seed, stream) only: never on threads, time or earlier draws of others.
///
/// SplitMix64 (Steele, Lea, Flood 2014): a counter with a finalizer of full avalanche. Stream `k` of a
/// seed starts at the finalizer of `seed + (k + 1) · 0xD1342543DE82EF95`, so replicate 17 has the same
/// draws whoever computes it. The sequence is part of the contract: published intervals repeat.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64, stream: UInt64 = 0) {
    state = Self.finalize(seed &+ (stream &+ 1) &* 0xD134_2543_DE82_EF95)
  }

  private static func finalize(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.finalize(state)
  }

  /// Uniform in `0..<bound`, without bias (Lemire 2019: multiply, keep the high half, reject a sliver).
  @inline(__always)
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0)
    let size = UInt64(bound)
    var product = next().multipliedFullWidth(by: size)
    if product.low < size {
      let threshold = (0 &- size) % size
      while product.low < threshold { product = next().multipliedFullWidth(by: size) }
    }
    return Int(product.high)
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Shuffles in place (Fisher and Yates, from the end).
  package mutating func permute<T>(_ items: inout [T]) {
    var last = items.count - 1
    while last > 0 {
      items.swapAt(last, index(below: last + 1))
      last -= 1
    }
  }
}
