import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

@Suite struct SamplingTests {
  /// Bytes drawn one after another follow the brute-force probabilities of whole strings (G-test; the 99.9 %
  /// point of χ² with 14 degrees of freedom is 36.1).
  @Test func bytesFollowTheModelOfStrings() throws {
    let toy = try ToyTokenizer(.longestMatch, seed: 8, letters: Array("ab".utf8), merges: 4)
    let (model, source, special) = try toy.model(.canonical, seed: 21)
    let brute = BruteForce(
      toy.vocabulary, model: source, quantity: .canonical, special: [special], probes: toy.strings(upTo: 2),
      encode: toy.encode)
    // Strings that end before three bytes, and those of three bytes with whatever follows.
    var expected: [[UInt8]: Double] = [:]
    for text in toy.strings(upTo: 3) {
      expected[text] = try text.count < 3 ? brute.ending(text) : brute.prefix(text)
    }
    var sampler = try ByteSampler(seed: 5)
    var counts: [[UInt8]: Double] = [:]
    var weight = 0.0
    let draws = 20_000
    // The sampler leaves special tokens out; what that does to a string is the product of the rest's shares.
    var adjusted: [[UInt8]: Double] = [:]
    for text in toy.strings(upTo: 3) {
      let state = model.state()
      var log = 0.0
      for byte in text {
        let next = try state.distribution().withoutSpecial()
        log += next.log(byte)
        try state.append(byte)
      }
      if text.count < 3 { log += try state.distribution().withoutSpecial().logEnd }
      adjusted[text] = exp(log)
      weight += exp(log)
      #expect(expected[text]! <= exp(log) + 1e-12)
    }
    #expect(abs(weight - 1) < 1e-9)
    for _ in 0..<draws {
      counts[try sampler.sample(3, from: model.state()).bytes, default: 0] += 1
    }
    var statistic = 0.0
    for (text, count) in counts { statistic += 2 * count * log(count / (adjusted[text]! * Double(draws))) }
    #expect(statistic < 36.1)
  }

  @Test func theSameSeedDrawsTheSame() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 8, letters: Array("ab".utf8), merges: 4)
    let model = try toy.model(.canonical, seed: 3).bytes
    var (one, two) = (try ByteSampler(seed: 1, temperature: 0.5), try ByteSampler(seed: 1, temperature: 0.5))
    #expect(try one.sample(40, from: model.state()).bytes == two.sample(40, from: model.state()).bytes)
  }
}

@Suite struct ByteEnsembleTests {
  private static func models() throws -> [ByteModel] {
    // Two vocabularies, neither of which is the other's.
    try [UInt64(1), 2].map { seed in
      let toy = try ToyTokenizer(.bytePair, seed: seed, letters: Array("abc".utf8), merges: 9)
      return try toy.model(.canonical, seed: seed &* 31).bytes
    }
  }

  @Test(arguments: ByteEnsemble.Mode.allCases)
  func aModelWithItselfIsItself(mode: ByteEnsemble.Mode) throws {
    let model = try Self.models()[0]
    let states = (0..<2).map { _ in model.state(tracksTotal: true) }
    let ensemble = try ByteEnsemble(states, mode: mode, weights: [1, 3])
    for byte in Array("abcab".utf8) {
      #expect(try ensemble.distribution().variation(from: states[0].distribution()) < 1e-12)
      try ensemble.append(byte)
    }
  }

  @Test(arguments: ByteEnsemble.Mode.allCases)
  func sumsToOne(mode: ByteEnsemble.Mode) throws {
    let ensemble = try ByteEnsemble(try Self.models().map { $0.state(tracksTotal: true) }, mode: mode)
    for byte in Array("abcabca".utf8) {
      let next = try ensemble.distribution()
      let sum = (0...255).reduce(0) { $0 + next.probability(UInt8($1)) }
      #expect(abs(sum + next.endProbability + next.specialProbability - 1) < 1e-12)
      try ensemble.append(byte)
    }
  }

  /// The product of a mixture's conditionals is the weighted mean of the members' P(x).
  @Test func aMixtureIsOneOfStrings() throws {
    let models = try Self.models()
    let states = models.map { $0.state(tracksTotal: true) }
    let ensemble = try ByteEnsemble(states, mode: .mixture, weights: [1, 3])
    var log = 0.0
    for byte in Array("abcab".utf8) {
      log += try ensemble.distribution().log(byte)
      try ensemble.append(byte)
    }
    let (a, b) = (try states[0].logProbability().log, try states[1].logProbability().log)
    #expect(abs(exp(log) / (0.25 * exp(a) + 0.75 * exp(b)) - 1) < 1e-10)
  }
}
