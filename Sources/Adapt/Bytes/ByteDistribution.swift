import Glibc
import Tokenizers

/// Which token sequences a byte probability is the sum of. Three different quantities; see ``ByteModel``.
public enum ByteQuantity: String, Sendable, Hashable, CaseIterable {
  /// Sequences the encoder makes, under the model renormalized to them token by token: a proper model of
  /// bytes.
  case canonical
  /// Sequences the encoder makes, with the model's own probabilities: what the Byte-Token Representation
  /// Lemma sums. Loses what the model gives to other sequences.
  case valid
  /// All sequences.
  case all
}

/// How near a result is to its definition.
public enum Exactness: Sendable, Hashable {
  case exact
  /// Total variation distance (of a distribution), or relative error (of a probability), at most this.
  case bounded(Double)
  /// A part of the sum, of unknown size.
  case lowerBound

  public var kind: String {
    switch self {
    case .exact: "exact"
    case .bounded: "bounded"
    case .lowerBound: "lower-bound"
    }
  }

  /// 0 for exact; nil where nothing is known.
  public var bound: Double? {
    switch self {
    case .exact: 0
    case .bounded(let bound): bound
    case .lowerBound: nil
    }
  }

  /// Of a result made of several.
  public func combined(with other: Exactness) -> Exactness {
    switch (self, other) {
    case (.lowerBound, _), (_, .lowerBound): .lowerBound
    case (.exact, .exact): .exact
    default: .bounded(min(1, (bound ?? 0) + (other.bound ?? 0)))
    }
  }
}

/// What comes next after a byte string: one of 256 bytes, the end, or a special token. Natural logarithms.
public struct ByteDistribution: Sendable, Equatable {
  /// Slots 0–255 are bytes, then the end, then special tokens.
  static let slotCount = 258
  static let endSlot = 256
  static let specialSlot = 257

  var slots: [Double]
  public var exactness: Exactness

  init(slots: [Double], exactness: Exactness) {
    self.slots = slots
    self.exactness = exactness
  }

  public func log(_ byte: UInt8) -> Double { slots[Int(byte)] }
  public var logEnd: Double { slots[Self.endSlot] }
  public var logSpecial: Double { slots[Self.specialSlot] }

  public func probability(_ byte: UInt8) -> Double { exp(log(byte)) }
  public var endProbability: Double { exp(logEnd) }
  public var specialProbability: Double { exp(logSpecial) }

  /// Entropy in bits, the end and special tokens included.
  public var entropyBits: Double {
    -slots.reduce(0) { $1 > -.infinity ? $0 + exp($1) * $1 : $0 } / M_LN2
  }

  /// The bytes from the most probable on, equal ones in ascending order.
  public var ranked: [UInt8] {
    (0...255).map { UInt8($0) }.sorted {
      slots[Int($0)] != slots[Int($1)] ? slots[Int($0)] > slots[Int($1)] : $0 < $1
    }
  }

  /// Makes the slots sum to 1, or with something beside them to less. False when they are all impossible.
  ///
  /// - Parameter rest: the logarithm of what stands beside.
  mutating func normalize(beside rest: Double = -.infinity) -> Bool {
    let known = LogProbabilities.sum(slots)
    guard known > -.infinity else { return false }
    let total = LogProbabilities.sum(known, rest)
    for index in slots.indices { slots[index] -= total }
    return true
  }

  /// Without special tokens, the rest made to sum to 1.
  public func withoutSpecial() -> ByteDistribution {
    var copy = self
    copy.slots[Self.specialSlot] = -.infinity
    return copy.normalize() ? copy : self
  }

  /// The Jensen–Shannon divergence in bits, 0 to 1.
  public func divergence(from other: ByteDistribution) -> Double {
    var total = 0.0
    for (a, b) in zip(slots, other.slots) {
      let middle = LogProbabilities.sum(a, b) - M_LN2
      if a > -.infinity { total += exp(a) * (a - middle) }
      if b > -.infinity { total += exp(b) * (b - middle) }
    }
    return max(0, total / 2 / M_LN2)
  }

  /// The total variation distance, 0 to 1.
  public func variation(from other: ByteDistribution) -> Double {
    zip(slots, other.slots).reduce(0) { $0 + abs(exp($1.0) - exp($1.1)) } / 2
  }
}
