/// A small seeded generator: the same numbers on every machine and in every version of toklab.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014), with the
/// constants of the public-domain reference.
///
/// A counter with a finalizer of full avalanche. Stream `k` of a seed starts at the finalizer of
/// `seed + (k + 1) · 0xD1342543DE82EF95`, so replicate 17 of a bootstrap has the same draws whoever computes
/// it. The sequence is part of the contract: published intervals repeat.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  @usableFromInline var state: UInt64

  public init(seed: UInt64) { state = seed }

  /// Numbers that depend on (seed, stream) only: never on threads, time or earlier draws of others.
  public init(seed: UInt64, stream: UInt64) {
    state = Self.finalize(seed &+ (stream &+ 1) &* 0xD134_2543_DE82_EF95)
  }

  /// The draws for one document of a text.
  package init(seed: UInt64, document number: Int) {
    self.init(seed: seed, stream: UInt64(bitPattern: Int64(number)))
  }

  @inlinable
  static func finalize(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inlinable
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.finalize(state)
  }

  /// A number in 0..<1 with 53 random bits.
  public mutating func unitInterval() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Shuffles in place (Fisher and Yates, from the end).
  package mutating func permute<T>(_ items: inout [T]) {
    var last = items.count - 1
    while last > 0 {
      items.swapAt(last, below(last + 1))
      last -= 1
    }
  }

  /// A number in 0..<bound without bias (Lemire 2019, by rejection).
  @inlinable
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }
}
