import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite struct UnigramLatticeTests {
  private static let pieces: [(String, Double)] = [
    ("<unk>", 0), ("a", -2), ("b", -2.5), ("ab", -3), ("ba", -3.25), ("aba", -4), ("bb", -5.5), ("é", -4),
    ("aé", -4.5),
  ]

  private static func model(_ flavor: UnigramDefinition.Flavor, byteFallback: Bool = false) throws
    -> UnigramModel
  {
    var definition = UnigramDefinition(
      vocabulary: try Vocabulary(pieces.map { Array($0.0.utf8) }), scores: pieces.map(\.1), unknownID: 0,
      byteFallback: byteFallback)
    definition.flavor = flavor
    return try UnigramModel(definition)
  }

  /// Every way to cut the text, by recursion over its first piece.
  private static func enumerate(_ model: UnigramModel, _ text: [UInt8], from start: Int = 0) -> [(
    ends: [Int], score: Double
  )] {
    if start == text.count { return [([], 0)] }
    var result: [(ends: [Int], score: Double)] = []
    let first = UnigramViterbi.characterLength(text[start])
    var isKnown = false
    for end in start + 1...text.count {
      guard let id = model.vocabulary.id(of: Array(text[start..<end])), id != 0 else { continue }
      isKnown = isKnown || end - start == first
      for rest in enumerate(model, text, from: end) {
        result.append(([end] + rest.ends, model.scores[Int(id)] + rest.score))
      }
    }
    if !isKnown {
      for rest in enumerate(model, text, from: start + first) {
        result.append(([start + first] + rest.ends, model.unknownScore + rest.score))
      }
    }
    return result
  }

  private static let texts = ["a", "abab", "abaé", "bbabab", "xabé", "ababababa", "zz"]

  @Test(arguments: texts) func nBestListsEveryPathInOrder(text: String) throws {
    let model = try Self.model(.huggingFace)
    let bytes = Array(text.utf8)
    let all = Self.enumerate(model, bytes).sorted { $0.score > $1.score }
    let found = try UnigramLattice(model, bytes).nBest(1024)
    #expect(found.count == all.count)
    #expect(Set(found.map { $0.nodes.map(\.range.upperBound) }) == Set(all.map(\.ends)))
    for (path, expected) in zip(found, all) { #expect(abs(path.score - expected.score) < 1e-9) }
    let best = try ModelPeer.encode(bytes, model.makePieceEncoder(EncodeOptions())).ids
    #expect(try UnigramLattice(model, bytes).tokens(of: found[0]) == best)
    #expect(try UnigramLattice(model, bytes).nBest(3) == Array(found.prefix(3)))
  }

  @Test(arguments: texts) func marginalsEqualEnumeration(text: String) throws {
    let model = try Self.model(.sentencePiece)
    let bytes = Array(text.utf8)
    let all = Self.enumerate(model, bytes)
    let sum = all.reduce(0) { $0 + exp($1.score) }
    let lattice = try UnigramLattice(model, bytes)
    let (logSum, probabilities) = lattice.marginals()
    #expect(abs(logSum - log(sum)) < 1e-9)
    for (node, probability) in zip(lattice.nodes, probabilities) {
      let through = all.filter { path in
        let starts = [0] + path.ends.dropLast()
        return zip(starts, path.ends).contains { $0 == node.range.lowerBound && $1 == node.range.upperBound }
      }
      #expect(abs(probability - through.reduce(0) { $0 + exp($1.score) } / sum) < 1e-9)
    }
  }

  @Test func samplesFollowTheirProbabilities() throws {
    let model = try Self.model(.huggingFace)
    let bytes = Array("abab".utf8)
    let lattice = try UnigramLattice(model, bytes)
    for theta in [0, 0.5, 1] {
      let all = Self.enumerate(model, bytes)
      let sum = all.reduce(0) { $0 + exp(theta * $1.score) }
      var random = SplitMix64(seed: 11)
      var counts: [[Int]: Int] = [:]
      for _ in 0..<20_000 {
        counts[lattice.sample(theta: theta, using: &random).nodes.map(\.range.upperBound), default: 0] += 1
      }
      for path in all {
        let expected = 20_000 * exp(theta * path.score) / sum
        // Four standard deviations of a count.
        #expect(abs(Double(counts[path.ends] ?? 0) - expected) < 4 * expected.squareRoot() + 1)
      }
    }
    var (one, two) = (SplitMix64(seed: 3), SplitMix64(seed: 3))
    #expect(lattice.sample(using: &one) == lattice.sample(using: &two))
  }

  @Test func emptyTextHasTheEmptyPath() throws {
    let lattice = try UnigramLattice(try Self.model(.huggingFace), [])
    var random = SplitMix64(seed: 1)
    #expect(lattice.nBest(5).isEmpty)
    #expect(lattice.sample(using: &random).nodes.isEmpty)
    #expect(lattice.marginals().logSum == 0)
  }
}
