import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// Every quantity against the enumeration of all token sequences, on vocabularies small enough for it.
@Suite struct ByteQuantityTests {
  static func relative(_ a: Double, _ b: Double) -> Double { a == b ? 0 : abs(a - b) / max(abs(a), abs(b)) }

  @Test(arguments: ToyTokenizer.Family.allCases, ByteQuantity.allCases)
  func equalsBruteForce(family: ToyTokenizer.Family, quantity: ByteQuantity) throws {
    // Five families, 200 models a quantity; longer texts for the first ones.
    for seed in 0..<UInt64(40) {
      let letters = Array("abc".utf8.prefix(2 + Int(seed % 2)))
      let toy = try ToyTokenizer(family, seed: seed, letters: letters, merges: 3 + Int(seed % 8))
      let (model, source, special) = try toy.model(quantity, seed: seed &* 77 &+ 5)
      let brute = BruteForce(
        toy.vocabulary, model: source, quantity: quantity, special: [special], probes: toy.strings(upTo: 2),
        encode: toy.encode)
      for text in toy.strings(upTo: seed < 8 ? 3 : 2) {
        let state = model.state(tracksTotal: true)
        try state.append(text)
        let (log, exactness) = try state.logProbability()
        #expect(exactness == .exact)
        #expect(Self.relative(exp(log), try brute.prefix(text)) <= 1e-12, "seed \(seed) text \(text)")
        let next = try state.distribution()
        let sum = (0...255).reduce(0) { $0 + next.probability(UInt8($1)) }
        #expect(abs(sum + next.endProbability + next.specialProbability - 1) <= 1e-12)
        // Conditionals up to the common factor, which quantity valid needs to sum to 1.
        let factor = try brute.meetingSpecial(text) / next.specialProbability
        guard factor.isFinite else { continue }
        #expect(Self.relative(next.endProbability * factor, try brute.ending(text)) <= 1e-12)
        for byte in letters {
          #expect(Self.relative(next.probability(byte) * factor, try brute.prefix(text + [byte])) <= 1e-12)
        }
      }
    }
  }

  /// The product of conditionals is P(x) for the quantities that are models, and is not for *valid*, which
  /// loses what the model gives to sequences the encoder never makes.
  @Test(arguments: ByteQuantity.allCases)
  func chainRule(quantity: ByteQuantity) throws {
    var worst = 0.0
    for seed in 0..<UInt64(10) {
      let toy = try ToyTokenizer(.bytePair, seed: seed, letters: Array("ab".utf8), merges: 6)
      let (model, _, _) = try toy.model(quantity, seed: seed)
      var random = RandomText(seed: seed)
      let text = random.string(of: toy.letters, count: 7)
      let state = model.state(tracksTotal: true)
      var product = 0.0
      var before = 0.0
      for byte in text {
        product += try state.distribution().log(byte)
        try state.append(byte)
        let after = try state.logProbability().log
        #expect(after <= before + 1e-12)
        before = after
      }
      worst = max(worst, abs(product - before))
    }
    if quantity == .valid { #expect(worst > 0.01) } else { #expect(worst < 1e-10) }
  }

  @Test func validIsNeverMoreThanTheOthers() throws {
    for seed in 0..<UInt64(20) {
      let toy = try ToyTokenizer(.bytePair, seed: seed, letters: Array("ab".utf8), merges: 6)
      var random = RandomText(seed: seed)
      let text = random.string(of: toy.letters, count: 6)
      var logs: [ByteQuantity: Double] = [:]
      for quantity in ByteQuantity.allCases {
        let state = try toy.model(quantity, seed: seed).bytes.state(tracksTotal: true)
        try state.append(text)
        logs[quantity] = try state.logProbability().log
      }
      #expect(logs[.valid]! <= logs[.all]! + 1e-12)
      #expect(logs[.valid]! <= logs[.canonical]! + 1e-12)
    }
  }

  /// Asking on the way, or not, or going on from another cut changes nothing.
  @Test(arguments: ByteQuantity.allCases)
  func askingOnTheWayChangesNothing(quantity: ByteQuantity) throws {
    for seed in 0..<UInt64(6) {
      let toy = try ToyTokenizer(
        .bytePair, seed: seed, letters: Array("ab ".utf8), merges: 12, pattern: "gpt2")
      var random = RandomText(seed: seed)
      let text = random.string(of: toy.letters, count: 8)
      let quiet = try toy.model(quantity, seed: seed).bytes.state()
      try quiet.append(text)
      let asking = try toy.model(quantity, seed: seed).bytes.state(tracksTotal: true)
      for byte in text {
        _ = try asking.distribution()
        try asking.append(byte)
      }
      #expect(try quiet.distribution().variation(from: asking.distribution()) < 1e-12)
    }
  }

  @Test func aByteThatNoTokenGivesIsAnError() throws {
    let toy = try ToyTokenizer(.longestMatch, seed: 1, letters: Array("ab".utf8), merges: 3)
    let model = try toy.model(.canonical, seed: 1).bytes
    let error = #expect(throws: ToklabError.self) {
      try model.state(after: BytePrompt(text: Array("abXb".utf8)))
    }
    #expect(error?.position == .byte(2))
    #expect(error?.description.contains("byte \\x58 that no token can give here") == true)
    #expect(model.vocabulary.missingBytes.count == 254)
  }

  @Test func optionsOutOfRangeAreErrors() throws {
    let toy = try ToyTokenizer(.longestMatch, seed: 1, letters: Array("ab".utf8), merges: 3)
    for options in [
      ByteModel.Options(tolerance: 1), ByteModel.Options(tolerance: -0.1), ByteModel.Options(beam: 3),
    ] {
      #expect(throws: ToklabError.self) { try toy.model(.canonical, seed: 1, options: options) }
    }
    #expect(throws: ToklabError.self) {
      try toy.model(.all, seed: 1, options: ByteModel.Options(beam: 0))
    }
    #expect(throws: ToklabError.self) { try ByteSampler(seed: 0, temperature: 0) }
  }

  @Test func aTokenWithoutBytesIsAnError() throws {
    let vocabulary = try Vocabulary([[], [0x61]])
    #expect(throws: ToklabError.self) { try ByteVocabulary(vocabulary) }
  }
}
