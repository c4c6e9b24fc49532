import Glibc
import Tokenizers

/// Anything that says what comes next, byte by byte: one model, or several together.
public protocol ByteSource: AnyObject {
  func distribution() throws(ToklabError) -> ByteDistribution
  func append(_ byte: UInt8) throws(ToklabError)
}

extension ByteState: ByteSource {}

/// Draws bytes, one after another, from what a ``ByteSource`` says comes next.
public struct ByteSampler: Sendable {
  /// Probabilities are taken to the power 1/temperature; above 0.
  public var temperature: Double
  private var random: SplitMix64

  /// - Throws: ``ToklabError`` for a temperature that is not a positive number.
  public init(seed: UInt64, temperature: Double = 1) throws(ToklabError) {
    guard temperature > 0, temperature.isFinite else {
      throw ToklabError("a temperature of \(temperature)", expected: "a number above 0")
    }
    self.temperature = temperature
    random = SplitMix64(seed: seed)
  }

  /// A byte, or nil for the end. Special tokens are left out.
  public mutating func draw(_ distribution: ByteDistribution) -> UInt8? {
    let logs = distribution.slots[...ByteDistribution.endSlot].map { $0 / temperature }
    let total = LogProbabilities.sum(logs)
    guard total > -.infinity else { return nil }
    var rest = random.unitInterval()
    var last: Int?
    for (slot, value) in logs.enumerated() where value > -.infinity {
      last = slot
      rest -= exp(value - total)
      if rest < 0 { break }
    }
    return last.flatMap { $0 < ByteDistribution.endSlot ? UInt8($0) : nil }
  }

  /// Up to `count` bytes, fewer when the text ends.
  public mutating func sample(
    _ count: Int, from source: any ByteSource, each: (UInt8) throws(ToklabError) -> Void = { _ in }
  ) throws(ToklabError) -> (bytes: [UInt8], ended: Bool, exactness: Exactness) {
    var bytes: [UInt8] = []
    var exactness = Exactness.exact
    while bytes.count < count {
      let distribution = try source.distribution()
      exactness = exactness.worst(distribution.exactness)
      guard let byte = draw(distribution) else { return (bytes, true, exactness) }
      try source.append(byte)
      bytes.append(byte)
      try each(byte)
    }
    return (bytes, false, exactness)
  }
}
