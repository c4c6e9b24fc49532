import TestSupport
import Testing
import Tokenizers

@Suite struct WordModelTests {
  private static let words = ["[UNK]", "un", "##aff", "##able", "##a", "a", "##b", "漢", "##漢", "##"]

  private static func wordPiece(longest: Int = 100, words: [String] = words) throws -> WordPieceModel {
    try WordPieceModel(
      WordPieceDefinition(
        vocabulary: try Vocabulary(words.map { Array($0.utf8) }), maxInputCharactersPerWord: longest))
  }

  @Test(arguments: [
    ("unaffable", [1, 2, 3]), ("unaffablex", [0]), ("a漢b", [5, 8, 6]), ("x", [0]), ("##aff", [2]),
    ("漢漢漢漢漢漢漢漢", [7, 8, 8, 8, 8, 8, 8, 8]),
  ])
  func wordPieceTakesTheLongestPiece(text: String, ids: [TokenID]) throws {
    let model = try Self.wordPiece()
    for algorithm in EncodeOptions.Algorithm.allCases {
      let encoder = try model.makePieceEncoder(EncodeOptions(algorithm: algorithm))
      let result = try ModelPeer.encode(Array(text.utf8), encoder, lengths: true)
      #expect(result.ids == ids)
      #expect(result.lengths.reduce(0, +) == UInt32(text.utf8.count))
    }
  }

  @Test func wordPieceCountsCharactersNotBytes() throws {
    let encoder = try Self.wordPiece(longest: 3).makePieceEncoder(EncodeOptions())
    #expect(try ModelPeer.encode(Array("漢漢漢".utf8), encoder).ids == [7, 8, 8])
    #expect(try ModelPeer.encode(Array("漢漢漢漢".utf8), encoder).ids == [0])
  }

  @Test func aWordOutsideTheVocabularyWithoutAnUnknownTokenIsAnError() throws {
    let encoder = try Self.wordPiece(words: ["a", "##a"]).makePieceEncoder(EncodeOptions())
    #expect(try ModelPeer.encode(Array("aaa".utf8), encoder).ids == [0, 1, 1])
    #expect(throws: ToklabError.self) { try ModelPeer.encode(Array("ab".utf8), encoder) }
    let level = try WordLevelModel(WordLevelDefinition(vocabulary: try Vocabulary([[97]])))
    #expect(throws: ToklabError.self) {
      try ModelPeer.encode(Array("b".utf8), level.makePieceEncoder(EncodeOptions()))
    }
  }

  /// A word of one letter whose every start walks 30 letters ahead in vain: bounded by the longest entry.
  @Test func hostileWordsTakeTimeLinearInTheirLength() throws {
    let trap = "##" + String(repeating: "a", count: 30) + "b"
    let model = try Self.wordPiece(longest: 1 << 22, words: ["[UNK]", "a", "##a", trap])
    let word = [UInt8](repeating: 97, count: 1 << 20)
    let ids = try ModelPeer.encode(word, model.makePieceEncoder(EncodeOptions())).ids
    #expect(ids.count == word.count && ids[0] == 1 && ids[1...].allSatisfy { $0 == 2 })
  }

  @Test func longestMatchTakesBytes() throws {
    let tokens = (0...255).map { [UInt8($0)] } + ["ab", "abc", "bcd", "漢"].map { Array($0.utf8) }
    let model = try LongestMatchModel(LongestMatchDefinition(vocabulary: try Vocabulary(tokens)))
    #expect(model.isByteComplete)
    let encoder = try model.makePieceEncoder(EncodeOptions())
    #expect(try ModelPeer.encode(Array("abcd漢".utf8) + [0xFF], encoder).ids == [257, 100, 259, 255])
    let partial = try LongestMatchModel(
      LongestMatchDefinition(vocabulary: try Vocabulary([[97], [97, 98]])))
    #expect(!partial.isByteComplete)
    do {
      _ = try ModelPeer.encode(Array("aabb".utf8), partial.makePieceEncoder(EncodeOptions()))
      Issue.record("no error")
    } catch let error as ToklabError {
      #expect(error.position == .byte(3))
    }
  }

  @Test func charactersMayMergeThatAreNoPiecesThemselves() throws {
    let pieces = ["<unk>", "ab", "▁", "▁ab", "xy"]
    var definition = BytePairDefinition(
      vocabulary: try Vocabulary(pieces.map { Array($0.utf8) }), semantics: .scores, alphabet: .characters,
      unknownToken: "<unk>")
    definition.scores = [0, -1, -5, -2, -3]
    let model = try BytePairModel(definition)
    for algorithm in EncodeOptions.Algorithm.allCases {
      let encoder = try model.makePieceEncoder(EncodeOptions(algorithm: algorithm))
      let result = try ModelPeer.encode(Array("▁abaxyxab▁zzq".utf8), encoder, lengths: true)
      #expect(result.ids == [3, 0, 4, 0, 1, 2, 0])
      #expect(result.lengths == [5, 1, 2, 1, 2, 3, 3])
    }
    let dropped = try model.makePieceEncoder(EncodeOptions(dropout: 1))
    #expect(try ModelPeer.encode(Array("▁ab".utf8), dropped).ids == [2, 0])
  }
}
