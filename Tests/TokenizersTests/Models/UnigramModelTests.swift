import TestSupport
import Testing
import Tokenizers

/// What the random peers do not reach: windows of the search, sums far from 0, and input that is refused.
@Suite struct UnigramModelTests {
  private static func definition(_ pieces: [(String, Double)], _ flavor: UnigramDefinition.Flavor) throws
    -> UnigramDefinition
  {
    var definition = UnigramDefinition(
      vocabulary: try Vocabulary(pieces.map { Array($0.0.utf8) }), scores: pieces.map(\.1), unknownID: 0)
    definition.flavor = flavor
    return definition
  }

  private static let pieces: [(String, Double)] = [
    ("<unk>", 0), ("▁", -3.1), ("a", -2.2), ("b", -2.7), ("ab", -4.9), ("ba", -4.9), ("aa", -4.4),
    ("▁a", -5.3),
    ("▁ab", -8), ("bb", -5.4), ("aab", -7.1), ("▁b", -5.8),
  ]

  /// Near ties everywhere: "a"+"a" scores as "aa" does, and rounding decides by what came before.
  @Test(arguments: [UnigramDefinition.Flavor.sentencePiece, .huggingFace])
  func cutsWindowsAndCachesChangeNothingOnLongTexts(flavor: UnigramDefinition.Flavor) throws {
    let model = try UnigramModel(Self.definition(Self.pieces, flavor))
    let fast = try model.makePieceEncoder(EncodeOptions())
    let naive = try model.makePieceEncoder(EncodeOptions(algorithm: .reference))
    var random = RandomText(seed: 4)
    for count in [10, 200, 3000, 20_000] {
      for _ in 0..<4 {
        var text: [UInt8] = []
        for _ in 0..<count {
          text += Array(["a", "b", "▁", "ab", "▁a", "aa", "x"][random.random.below(7)].utf8)
        }
        let expected = try ModelPeer.encode(text, naive).ids
        #expect(try ModelPeer.encode(text, fast).ids == expected)
        #expect(try ModelPeer.encode(text, fast).ids == expected)
        for window in [1, 7, 64] {
          let viterbi = UnigramViterbi(model, window: window)
          var ends: [Int] = []
          var whole: [Int] = []
          try text.withUnsafeBufferPointer { text in
            var sum = 0.0
            try viterbi.run(text.baseAddress!, from: 0, to: text.count, sum: &sum) { ends.append($0.end) }
            var other = 0.0
            try UnigramViterbi(model, window: 1 << 20)
              .run(text.baseAddress!, from: 0, to: text.count, sum: &other) { whole.append($0.end) }
            #expect(sum == other)
          }
          #expect(ends == whole)
        }
      }
    }
  }

  /// The references take only UTF-8. Here every byte gets into a token, and remembering changes nothing.
  @Test(arguments: [UnigramDefinition.Flavor.sentencePiece, .huggingFace])
  func invalidUTF8IsEncodedWithoutATrap(flavor: UnigramDefinition.Flavor) throws {
    var random = RandomText(seed: 8)
    let model = try UnigramModel(Self.definition(Self.pieces, flavor))
    let encoder = try model.makePieceEncoder(EncodeOptions())
    for _ in 0..<4000 {
      let text =
        random.random.below(2) == 0
        ? random.bytes(count: 1 + random.random.below(40))
        : random.string(of: [0xE2, 0x96, 0x81, 97, 98], count: 1 + random.random.below(40))
      let result = try ModelPeer.encode(text, encoder, lengths: true)
      #expect(result.lengths.reduce(0, +) == UInt32(text.count))
      #expect(try ModelPeer.encode(text, encoder).ids == result.ids)
    }
  }

  @Test func aModelThatCannotRunIsRefused() throws {
    var definition = try Self.definition(Self.pieces, .huggingFace)
    definition.scores.removeLast()
    #expect(throws: ToklabError.self) { try UnigramModel(definition) }
    for score in [Double.nan, .infinity, -.infinity, 1e30] {
      var definition = try Self.definition(Self.pieces, .huggingFace)
      definition.scores[3] = score
      #expect(throws: ToklabError.self) { try UnigramModel(definition) }
    }
    definition = try Self.definition(Self.pieces, .huggingFace)
    definition.unknownID = 12
    #expect(throws: ToklabError.self) { try UnigramModel(definition) }
    definition = try Self.definition(Self.pieces, .sentencePiece)
    definition.kinds = [.unknown]
    #expect(throws: ToklabError.self) { try UnigramModel(definition) }
    definition = UnigramDefinition(vocabulary: try Vocabulary([]), scores: [])
    #expect(throws: ToklabError.self) { try UnigramModel(definition) }
  }

  @Test func anUnknownCharacterWithoutAnUnknownPieceNamesItsByte() throws {
    var definition = try Self.definition(Self.pieces, .huggingFace)
    definition.unknownID = nil
    let encoder = try UnigramModel(definition).makePieceEncoder(EncodeOptions())
    do {
      _ = try ModelPeer.encode(Array("abx".utf8), encoder)
      Issue.record("no error")
    } catch let error as ToklabError {
      #expect(error.position == .byte(2))
    }
  }
}
