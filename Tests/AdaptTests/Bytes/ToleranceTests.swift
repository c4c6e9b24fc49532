import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// Deferred heads and beams: the stated bound always holds, and work shrinks.
@Suite struct ToleranceTests {
  @Test(arguments: [1e-4, 1e-2, 0.1, 0.4])
  func theBoundHolds(tolerance: Double) throws {
    for seed in 0..<UInt64(15) {
      let toy = try ToyTokenizer(.bytePair, seed: seed, letters: Array("ab".utf8), merges: 10)
      let exact = try toy.model(.canonical, seed: seed).bytes
      let lazy = try toy.model(
        .canonical, seed: seed, options: ByteModel.Options(tolerance: tolerance)
      ).bytes
      var random = RandomText(seed: seed)
      let (one, two) = (exact.state(), lazy.state())
      for byte in random.string(of: toy.letters, count: 24) {
        let (a, b) = (try one.distribution(), try two.distribution())
        let bound = b.exactness.bound!
        #expect(bound <= tolerance)
        #expect(a.variation(from: b) <= bound + 1e-12)
        try one.append(byte)
        try two.append(byte)
      }
      #expect(lazy.model.contextsEvaluated <= exact.model.contextsEvaluated)
    }
  }

  @Test func oneContextAByteAtTheMost() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 3, letters: Array("abc".utf8), merges: 30)
    let model = try toy.model(.canonical, seed: 3).bytes
    var random = RandomText(seed: 3)
    let state = model.state()
    for byte in random.string(of: toy.letters, count: 300) {
      _ = try state.distribution()
      try state.append(byte)
    }
    #expect(model.model.contextsEvaluated <= 302)
  }

  @Test(arguments: [1, 2, 4, 8])
  func aBeamStatesWhatItMayMiss(beam: Int) throws {
    for seed in 0..<UInt64(8) {
      let toy = try ToyTokenizer(.longestMatch, seed: seed, letters: Array("ab".utf8), merges: 6)
      let exact = try toy.model(.all, seed: seed).bytes
      let narrow = try toy.model(.all, seed: seed, options: ByteModel.Options(beam: beam)).bytes
      var random = RandomText(seed: seed)
      let text = random.string(of: toy.letters, count: 8)
      let (one, two) = (exact.state(tracksTotal: true), narrow.state(tracksTotal: true))
      try one.append(text)
      try two.append(text)
      #expect(two.headCount <= beam)
      let (a, b) = (try one.logProbability(), try two.logProbability())
      #expect(b.log <= a.log + 1e-12)
      #expect(1 - exp(b.log - a.log) <= b.exactness.bound! + 1e-12)
      let (c, d) = (try one.distribution(), try two.distribution())
      #expect(c.variation(from: d) <= d.exactness.bound! + 1e-12)
    }
  }

  /// No distribution of the deferred mass is farther off than the bound; one part alone reaches it.
  @Test func noRestIsFartherThanTheBound() {
    var random = SplitMix64(seed: 6)
    for _ in 0..<400 {
      let size = 2 + random.below(5)
      let known = (0..<size).map { _ in random.below(4) == 0 ? 0 : random.unitInterval() }
      let total = known.reduce(0, +)
      guard total > 0 else { continue }
      var parts: [VariationBound.Part] = []
      var slots: [[Int]] = []
      for _ in 0..<1 + random.below(4) {
        var allowed = (0..<size).filter { _ in random.below(2) == 0 }
        if allowed.isEmpty { allowed = [0] }
        slots.append(allowed)
        let least = allowed.map { known[$0] / total }.min()!
        parts.append(
          VariationBound.Part(weight: log(random.unitInterval() * 0.5 + 1e-9), reach: 1 - least))
      }
      let bound = VariationBound.of(known: log(total), parts)
      let plain = parts.reduce(0) { $0 + exp($1.weight) }
      #expect(bound <= plain / (total + plain) + 1e-12)
      func distance(_ masses: [(slot: Int, mass: Double)]) -> Double {
        var whole = known
        for (slot, mass) in masses { whole[slot] += mass }
        let sum = whole.reduce(0, +)
        return zip(whole, known).reduce(0) { $0 + abs($1.0 / sum - $1.1 / total) } / 2
      }
      for _ in 0..<40 {
        var masses: [(slot: Int, mass: Double)] = []
        for (part, allowed) in zip(parts, slots) {
          var left = exp(part.weight) * (random.below(2) == 0 ? 1 : random.unitInterval())
          while left > 1e-6 {
            let mass = random.below(2) == 0 ? left : left * random.unitInterval()
            masses.append((allowed[random.below(allowed.count)], mass))
            left -= mass
          }
        }
        #expect(distance(masses) <= bound + 1e-12)
      }
      if parts.count == 1 {
        let worst = slots[0].min { known[$0] < known[$1] }!
        #expect(abs(distance([(worst, exp(parts[0].weight))]) - bound) < 1e-12)
      }
    }
  }
}
