import TestSupport
import Testing
import Tokenizers

@Suite struct BytePairEngineTests {
  private static func naive(_ model: BytePairModel, _ text: [UInt8]) -> [TokenID] {
    let output = TokenBuffer()
    text.withUnsafeBufferPointer { buffer in
      [text.count].withUnsafeBufferPointer { ends in
        try! NaiveBytePair(model).encode(buffer, from: 0, ends: ends, into: output, lengths: nil)
      }
    }
    return output.ids
  }

  private static func run(_ merger: PieceMerger, _ text: [UInt8], _ engine: PieceMerger.Engine) -> [TokenID]?
  {
    let output = TokenBuffer(capacity: 16)
    let done = text.withUnsafeBufferPointer {
      merger.encode($0.baseAddress!, $0.count, by: engine, into: output)
    }
    return done ? output.ids : nil
  }

  /// Small alphabets and random merges: full of ambiguous and unreachable tokens.
  @Test(arguments: [BytePairDefinition.Semantics.mergeList, .rankByBytes])
  func enginesAgreeOnRandomVocabularies(semantics: BytePairDefinition.Semantics) throws {
    var passed = 0
    for seed in 0..<150 {
      var random = RandomText(seed: UInt64(seed))
      var definition = random.mergeList(
        letters: 1 + seed % 4, merges: 4 + seed % 60, longest: 3 + seed % 14)
      definition.semantics = semantics
      let model = try BytePairModel(definition)
      let merger = PieceMerger(model)
      if model.backtrackingTable != nil { passed += 1 }
      let letters = (0..<1 + seed % 4).map { UInt8(97 + $0) }
      for round in 0..<60 {
        let text =
          round % 3 == 0
          ? random.soup(of: definition.vocabulary, tokens: 1 + random.random.below(30))
          : random.string(of: letters, count: 1 + random.random.below(round % 3 == 1 ? 32 : 200))
        let expected = Self.naive(model, text)
        for engine in PieceMerger.Engine.allCases {
          if let ids = Self.run(merger, text, engine) {
            #expect(ids == expected, "seed \(seed) engine \(engine) text \(ByteEscape.string(text))")
          }
        }
      }
    }
    #expect(passed > 10, "too few vocabularies passed the gate to say anything")
  }

  /// Many pieces side by side, some of them twice, as a block of new text has them.
  @Test(arguments: [BytePairDefinition.Semantics.mergeList, .rankByBytes], [false, true])
  func blocksOfNewPiecesEqualTheDefinition(semantics: BytePairDefinition.Semantics, shortcut: Bool) throws {
    for seed in 0..<100 {
      var random = RandomText(seed: UInt64(1000 + seed))
      var definition = random.mergeList(
        letters: 2 + seed % 5, merges: 10 + seed % 80, longest: 3 + seed % 20)
      definition.semantics = semantics
      definition.wholePieceShortcut = shortcut
      let model = try BytePairModel(definition)
      let letters = (0..<2 + seed % 5).map { UInt8(97 + $0) }
      var text: [UInt8] = []
      var ends: [Int] = []
      var expected: [TokenID] = []
      for index in 0..<200 {
        let piece =
          index % 4 == 0
          ? random.soup(of: definition.vocabulary, tokens: 1 + random.random.below(6))
          : random.string(of: letters, count: 1 + random.random.below(index % 4 == 1 ? 5 : 36))
        if piece.isEmpty { continue }
        for _ in 0...index % 2 {
          text += piece
          ends.append(text.count)
          expected += Self.naive(model, piece)
        }
      }
      let output = TokenBuffer(capacity: 16)
      let counting = try model.makePieceEncoder(EncodeOptions())
      var unknown = 0
      let count = try text.withUnsafeBufferPointer { buffer in
        try ends.withUnsafeBufferPointer { ends in
          try model.makePieceEncoder(EncodeOptions()).encode(
            buffer, from: 0, ends: ends, into: output, lengths: nil)
          return try counting.count(buffer, from: 0, ends: ends, unknown: &unknown)
        }
      }
      #expect(output.ids == expected, "seed \(seed)")
      #expect(count == expected.count, "seed \(seed)")
    }
  }

  @Test func theLastRankOfADuplicateMergeWins() throws {
    var list = MergeList()
    list.append(left: 97, right: 98, result: 256)
    list.append(left: 98, right: 99, result: 257)
    list.append(left: 97, right: 98, result: 256)
    let tokens = (0...255).map { [UInt8($0)] } + [Array("ab".utf8), Array("bc".utf8)]
    let model = try BytePairModel(
      BytePairDefinition(vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList))
    for engine in PieceMerger.Engine.allCases {
      #expect(Self.run(PieceMerger(model), Array("abc".utf8), engine) ?? [97, 257] == [97, 257])
    }
    #expect(Self.naive(model, Array("abc".utf8)) == [97, 257])
  }

  /// Merge list and rank-by-bytes are different definitions: here "bc" may merge into "abc" only by bytes.
  @Test func theTwoSemanticsAreKeptApart() throws {
    let tokens = (0...255).map { [UInt8($0)] } + ["bc", "abc"].map { Array($0.utf8) }
    let vocabulary = try Vocabulary(tokens)
    var list = MergeList()
    list.append(left: 98, right: 99, result: 256)
    let merges = try BytePairModel(
      BytePairDefinition(vocabulary: vocabulary, merges: list, semantics: .mergeList))
    let ranks = try BytePairModel(BytePairDefinition(vocabulary: vocabulary, semantics: .rankByBytes))
    #expect(Self.naive(merges, Array("abc".utf8)) == [97, 256])
    #expect(Self.naive(ranks, Array("abc".utf8)) == [257])
    var shortcut = merges.definition
    shortcut.wholePieceShortcut = true
    #expect(Self.naive(try BytePairModel(shortcut), Array("abc".utf8)) == [257])
  }

  @Test func cachedEncodingEqualsTheDefinitionColdWarmAndForAnyPieceLength() throws {
    var random = RandomText(seed: 99)
    let definition = random.mergeList(letters: 12, merges: 900, longest: 24)
    let model = try BytePairModel(definition)
    let encoder = try model.makePieceEncoder(EncodeOptions())
    for round in 0..<3 {
      var again = RandomText(seed: 5)
      for _ in 0..<200 {
        var text: [UInt8] = []
        var ends: [Int] = []
        for _ in 0..<1 + again.random.below(40) {
          text += again.string(of: Array(97..<109), count: 1 + again.random.below(40))
          ends.append(text.count)
        }
        let output = TokenBuffer(capacity: 16)
        let lengths = TokenBuffer(capacity: 16)
        var unknown = 0
        let count = text.withUnsafeBufferPointer { buffer in
          ends.withUnsafeBufferPointer { ends in
            try! encoder.encode(buffer, from: 0, ends: ends, into: output, lengths: lengths)
            return try! encoder.count(buffer, from: 0, ends: ends, unknown: &unknown)
          }
        }
        var expected: [TokenID] = []
        var start = 0
        for end in ends {
          expected += Self.naive(model, Array(text[start..<end]))
          start = end
        }
        #expect(output.ids == expected, "round \(round)")
        #expect(count == expected.count)
        #expect(lengths.ids.reduce(0, +) == UInt32(text.count))
      }
    }
  }

  @Test func oneMegabyteOfOneCharacterIsQuickAndExact() throws {
    var list = MergeList()
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var last = TokenID(97)
    for _ in 0..<6 {
      list.append(left: last, right: last, result: TokenID(tokens.count))
      tokens.append(tokens[Int(last)] + tokens[Int(last)])
      last = TokenID(tokens.count - 1)
    }
    let model = try BytePairModel(
      BytePairDefinition(vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList))
    let text = [UInt8](repeating: 97, count: 1 << 20)
    let expected = [TokenID](repeating: last, count: (1 << 20) / 64)
    #expect(Self.run(PieceMerger(model), text, .heap) == expected)
    #expect(Self.run(PieceMerger(model), text, .backtracking) == expected)
  }

  @Test func dropoutIsSeededAndKeepsTheBytes() throws {
    var random = RandomText(seed: 3)
    let definition = random.mergeList(letters: 4, merges: 60, longest: 12)
    let model = try BytePairModel(definition)
    let text = random.string(of: Array(97..<101), count: 400)
    // Short pieces: a merge set aside comes back after the next accepted one, so in long pieces little changes.
    let ends = Array(stride(from: 5, through: 400, by: 5))
    func encode(_ dropout: Double, seed: UInt64) throws -> [TokenID] {
      let encoder = try model.makePieceEncoder(EncodeOptions(dropout: dropout, seed: seed))
      let output = TokenBuffer()
      try text.withUnsafeBufferPointer { buffer in
        try ends.withUnsafeBufferPointer {
          try encoder.encode(buffer, from: 0, ends: $0, into: output, lengths: nil)
        }
      }
      return output.ids
    }
    #expect(try encode(0.3, seed: 1) == encode(0.3, seed: 1))
    #expect(try encode(0.3, seed: 1) != encode(0.3, seed: 2))
    #expect(
      try encode(0, seed: 1)
        == stride(from: 0, to: 400, by: 5).flatMap { Self.naive(model, Array(text[$0..<$0 + 5])) })
    #expect(try encode(1, seed: 1).count == text.count)
    #expect(try encode(0.5, seed: 9).flatMap { definition.vocabulary[$0] } == text)
  }
}
