import Glibc

/// How far a distribution made of known mass may be from the whole, when of the rest only limits are known.
///
/// Let K be the known mass of each slot, k its sum and q = K / k what is given out. A deferred part j adds mass
/// m_j ≤ w_j, all of it in slots of a set S_j. The true distribution is (K + Σ M_j) / (k + Σ m_j), and since total
/// variation is convex,
///
///     TV ≤ Σ m_j r_j / (k + Σ m_j),   r_j = 1 − min of q over S_j,
///
/// r_j being the farthest from q that a distribution on S_j can be. The right side is a linear fraction on a box:
/// largest at a corner, where m_j = w_j for the parts with r_j above the value itself and m_j = 0 for the others.
/// With all r_j = 1 it is missing / (known + missing). A part whose tokens can only go on in the way that is most
/// probable anyway (one letter left in a word) counts for next to nothing.
package enum VariationBound {
  package struct Part: Sendable {
    /// log w_j.
    package var weight: Double
    /// r_j, 0 to 1.
    package var reach: Double

    package init(weight: Double, reach: Double) {
      self.weight = weight
      self.reach = reach
    }
  }

  /// - Parameter known: log k.
  /// - Returns: 0 without parts, 1 without anything known.
  package static func of(known: Double, _ parts: [Part]) -> Double {
    guard known > -.infinity else { return parts.contains { $0.weight > -.infinity } ? 1 : 0 }
    let sorted = parts.filter { $0.weight > -.infinity && $0.reach > 0 }.sorted {
      $0.reach != $1.reach ? $0.reach > $1.reach : $0.weight > $1.weight
    }
    var best = 0.0
    // Shares of k; what is beyond all bounds makes the fraction 1.
    var (above, below) = (0.0, 1.0)
    for part in sorted {
      let share = exp(part.weight - known)
      guard share.isFinite else { return 1 }
      above += share * part.reach
      below += share
      best = max(best, above / below)
    }
    return min(1, best)
  }
}
