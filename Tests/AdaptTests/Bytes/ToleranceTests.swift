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
}
