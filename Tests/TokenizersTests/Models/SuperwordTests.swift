import TestSupport
import Testing
import Tokenizers

/// Encoding in two levels against the definition, on random vocabularies that learn words first and phrases later.
@Suite struct SuperwordTests {
  private static func encode(_ text: [UInt8], _ encoder: any PieceEncoder) throws -> [TokenID] {
    try ModelPeer.encode(text, encoder).ids
  }

  /// All bytes, then `early` joins that put no space after anything, then `late` joins of any kind.
  private static func vocabulary(seed: UInt64, early: Int, late: Int) throws -> BytePairModel {
    var random = SplitMix64(seed: seed)
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var seen = Set(tokens)
    var active = Array("abc .".utf8).map { TokenID($0) }
    var list = MergeList()
    var attempts = 0
    while list.count < early + late, attempts < 40 * (early + late) {
      attempts += 1
      let left = active[random.below(active.count)]
      let right = active[random.below(active.count)]
      if list.count < early, tokens[Int(right)].first == 0x20 { continue }
      let joined = tokens[Int(left)] + tokens[Int(right)]
      guard joined.count <= 20 else { continue }
      if !seen.insert(joined).inserted {
        // Sometimes a second way to make a token.
        guard random.below(20) == 0 else { continue }
        let result = TokenID(tokens.firstIndex(of: joined)!)
        list.append(left: left, right: right, result: result)
        continue
      }
      list.append(left: left, right: right, result: TokenID(tokens.count))
      active.append(TokenID(tokens.count))
      tokens.append(joined)
    }
    return try BytePairModel(
      BytePairDefinition(vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList))
  }

  @Test func twoLevelsEqualTheDefinition() throws {
    var tables = 0
    for seed in 0..<250 {
      let model = try Self.vocabulary(
        seed: UInt64(seed), early: 3 + seed % 50, late: 2 + seed % 37)
      guard let table = SuperwordTable(model, minimum: 0) else { continue }
      tables += 1
      let encoder = try SuperwordEncoder(model, table)
      var random = RandomText(seed: UInt64(seed) &* 7)
      for round in 0..<40 {
        let text =
          round % 2 == 0
          ? random.soup(of: model.vocabulary, tokens: 1 + random.random.below(40))
          : random.string(of: Array("abc .\n".utf8), count: 1 + random.random.below(round == 39 ? 3000 : 150))
        let expected = try Self.encode(text, NaiveBytePair(model))
        let (ids, lengths) = try ModelPeer.encode(text, encoder, lengths: true)
        #expect(ids == expected, "seed \(seed) \(ByteEscape.string(text))")
        #expect(lengths.reduce(0, +) == UInt32(text.count))
      }
    }
    #expect(tables > 100, "too few vocabularies with two levels to say anything")
  }

  @Test func vocabulariesInsideWordsHaveNoTable() throws {
    var random = RandomText(seed: 1)
    let model = try BytePairModel(random.mergeList(letters: 5, merges: 2000, longest: 12))
    #expect(SuperwordTable(model) == nil)
  }

  /// A late merge that makes a part of an early one would let early merges happen after late ones.
  @Test func anEarlyMergeOfALatePartRulesTwoLevelsOut() throws {
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    tokens += ["ab", "a b", "abc"].map { Array($0.utf8) }
    var list = MergeList()
    list.append(left: 97, right: 98, result: 256)
    list.append(left: 257, right: 256, result: 258)
    list.append(left: 97, right: 32, result: 257)
    let model = try BytePairModel(
      BytePairDefinition(vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList))
    #expect(SuperwordTable(model, minimum: 0) == nil)
  }
}

/// Vocabularies that are not one token a byte, or whose symbols depend on their place.
@Suite struct PartialByteTests {
  @Test func aVocabularyWithoutSomeBytesIsEncodedByTheSameRules() throws {
    for seed in 0..<40 {
      var random = RandomText(seed: UInt64(seed))
      var definition = random.mergeList(letters: 3, merges: 40, longest: 12)
      var builder = VocabularyBuilder()
      let missing: Set<TokenID> = seed % 2 == 0 ? [0xC0, 0xFF] : [0x21, 0xC0]
      for id in 0..<TokenID(definition.vocabulary.capacity) where !missing.contains(id) {
        builder.append(id: id, definition.vocabulary[id])
      }
      definition.vocabulary = try builder.build()
      let model = try BytePairModel(definition)
      let encoder = try model.makePieceEncoder(EncodeOptions())
      for _ in 0..<60 {
        let text = random.string(
          of: Array("aabbcc!".utf8) + [0xC0], count: 1 + random.random.below(random.random.below(2) * 90 + 10)
        )
        #expect(
          try ModelPeer.encode(text, encoder).ids == ModelPeer.encode(text, NaiveBytePair(model)).ids)
        let clean = text.map { missing.contains(TokenID($0)) ? 97 : $0 }
        #expect(
          try ModelPeer.encode(clean, encoder).ids == ModelPeer.encode(clean, NaiveBytePair(model)).ids)
      }
    }
  }

  @Test func anEndOfWordSuffixHoldsOverBytesToo() throws {
    let tokens = (0...255).map { [UInt8($0)] } + ["a</w>", "b</w>", "ab</w>", "ab"].map { Array($0.utf8) }
    var list = MergeList()
    list.append(left: 97, right: 257, result: 258)
    list.append(left: 97, right: 98, result: 259)
    let model = try BytePairModel(
      BytePairDefinition(
        vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList, endOfWordSuffix: "</w>"))
    let encoder = try model.makePieceEncoder(EncodeOptions())
    #expect(try ModelPeer.encode(Array("abab".utf8), encoder).ids == [259, 258])
    #expect(try ModelPeer.encode(Array("ba".utf8), encoder).ids == [98, 256])
  }
}
