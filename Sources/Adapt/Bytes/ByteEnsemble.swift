import Glibc
import Tokenizers

/// Several byte models as one, whatever their vocabularies: all read the same bytes, and the end is one
/// symbol.
public final class ByteEnsemble: ByteSource {
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Weighted arithmetic mean of the next-byte distributions (Phan et al., arXiv 2410.09303).
    case mean
    /// Weighted geometric mean, normalized.
    case geometric
    /// The mixture of the models of whole strings: the mean with weights that follow each model's P(x).
    case mixture
  }

  public let mode: Mode
  public let members: [ByteState]
  private let logWeights: [Double]

  /// - Parameters:
  ///   - members: at the same place of the same text; for ``Mode/mixture`` they must track their totals.
  ///   - weights: one a member, not negative; nil means equal ones.
  /// - Throws: ``ToklabError`` for weights that do not fit, and where some models can end a text and others
  ///   cannot.
  public init(_ members: [ByteState], mode: Mode, weights: [Double]? = nil) throws(ToklabError) {
    precondition(!members.isEmpty)
    let weights = weights ?? [Double](repeating: 1, count: members.count)
    let total = weights.reduce(0, +)
    guard weights.count == members.count, weights.allSatisfy({ $0 >= 0 }), total > 0, total.isFinite else {
      throw ToklabError(
        "weights \(weights)", expected: "one a model, none negative and not all 0")
    }
    let endless = members.indices.filter { members[$0].endTokens.isEmpty }
    guard endless.isEmpty || endless.count == members.count else {
      throw ToklabError(
        "model \(endless[0] + 1) has no token that ends a text, others have",
        expected: "models that agree on the end", advice: "--end-token names one")
    }
    self.members = members
    self.mode = mode
    logWeights = weights.map { NaturalLogarithm.of($0 / total) }
  }

  public func append(_ byte: UInt8) throws(ToklabError) {
    for member in members { try member.append(byte) }
  }

  public func distribution() throws(ToklabError) -> ByteDistribution {
    var parts: [ByteDistribution] = []
    for member in members { parts.append(try member.distribution()) }
    return try combine(parts)
  }

  /// The distribution of the ensemble from those of its members.
  public func combine(_ parts: [ByteDistribution]) throws(ToklabError) -> ByteDistribution {
    var weights = logWeights
    if mode == .mixture {
      for (index, member) in members.enumerated() { weights[index] += try member.logProbability().log }
    }
    let exactness = parts.dropFirst().reduce(parts[0].exactness) { $0.combined(with: $1.exactness) }
    let slots = (0..<ByteDistribution.slotCount).map { slot -> Double in
      if mode == .geometric {
        var total = 0.0
        for (part, weight) in zip(parts, weights) where weight > -.infinity {
          total += exp(weight) * part.slots[slot]
        }
        return total
      }
      return LogProbabilities.sum(zip(parts, weights).map { $0.slots[slot] + $1 })
    }
    var result = ByteDistribution(slots: slots, exactness: exactness)
    guard result.normalize() else {
      throw ToklabError(
        "the models agree on no next byte", expected: "one that all of them can give",
        advice: "mode mean allows what any of them gives")
    }
    return result
  }
}
