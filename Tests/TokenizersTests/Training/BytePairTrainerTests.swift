import Testing
import TestSupport
import Tokenizers

@Suite struct BytePairTrainerTests {
  /// Words over a few letters: many runs, many equal counts, many second ways to one string.
  static func words(seed: UInt64) -> [([UInt8], Int64)] {
    var random = RandomText(seed: seed).random
    let letters = Array("abcdé€".utf8.prefix(Int.random(in: 1...9, using: &random)))
    var counts: [[UInt8]: Int64] = [:]
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let length = Int.random(in: 1...14, using: &random)
      let word = (0..<length).map { _ in letters.randomElement(using: &random)! }
      counts[word, default: 0] += Int64.random(in: 1...9, using: &random)
    }
    return counts.map { ($0.key, $0.value) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
  }

  @Test(arguments: 0..<400)
  func equalsTheDefinitionOnRandomWords(seed: Int) throws {
    let words = Self.words(seed: UInt64(seed))
    for (minFrequency, maxLength) in [(0, nil), (2, nil), (0, 4), (3, 7)] as [(Int64, Int?)] {
      let specials = seed % 3 == 0 ? ["<s>", "ab", "a"] : []
      let parameters = BytePairParameters(
        vocabularySize: 256 + specials.count + seed % 90, minFrequency: minFrequency,
        maxTokenLength: maxLength, specialTokens: specials.map { SpecialToken($0) })
      let fast = try BytePairTrainer(parameters).train(
        on: PreTokenCounts(words.map { (bytes: $0.0, count: $0.1) }))
      let slow = NaiveBytePairTrainer.merges(
        words: words, reserved: specials.map { Array($0.utf8) }, size: parameters.vocabularySize,
        minFrequency: minFrequency, maxTokenLength: maxLength ?? .max)
      #expect(fast.merges == slow, "seed \(seed), \(minFrequency), \(String(describing: maxLength))")
    }
  }

  @Test(arguments: 0..<40)
  func everySizeIsAPrefixOfALargerOne(seed: Int) throws {
    let words = Self.words(seed: UInt64(seed)).map { (bytes: $0.0, count: $0.1) }
    let counts = PreTokenCounts(words)
    let large = try BytePairTrainer(BytePairParameters(vocabularySize: 400)).train(on: counts)
    for size in [256, 257, 260, 271, 300] {
      let small = try BytePairTrainer(BytePairParameters(vocabularySize: size)).train(on: counts)
      #expect(large.merges.prefix(large.mergeCount(at: size)) == small.merges)
      let (one, other) = (
        try large.tokenizer(ofSize: size, cutBy: .words), try small.tokenizer(cutBy: .words)
      )
      #expect(one.statistics == other.statistics)
    }
  }

  @Test func learnsTheWorkedExample() throws {
    // "ab" ×3 and "aab" ×2: (a,b) 5, then (a,ab) 2.
    let result = try BytePairTrainer(BytePairParameters(vocabularySize: 258)).train(
      on: PreTokenCounts([
        (bytes: Array("ab".utf8), count: Int64(3)), (bytes: Array("aab".utf8), count: Int64(2)),
      ]))
    let id = { (byte: Character) in TokenID(byte.asciiValue! - 33) }
    #expect(result.merges.left == [id("a"), id("a")])
    #expect(result.merges.right == [id("b"), 256])
    #expect(result.merges.result == [256, 257])
    // 3 × ab = 3 tokens, 2 × aab = 2 tokens.
    #expect(result.textTokens == [7, 5])
    #expect(result.statistics.textBytes == 12)
  }

  @Test func keepsWideSymbolsApart() throws {
    // Over 2¹⁶ tokens: the arena's symbols are 32 bits wide.
    var random = RandomText(seed: 5).random
    let words = (0..<4000).map { _ in
      (bytes: (0..<24).map { _ in UInt8.random(in: 0...255, using: &random) }, count: Int64(1))
    }
    let counts = PreTokenCounts(words)
    let large = try BytePairTrainer(BytePairParameters(vocabularySize: 66_000)).train(on: counts)
    let small = try BytePairTrainer(BytePairParameters(vocabularySize: 65_536)).train(on: counts)
    #expect(large.vocabularySize == 66_000)
    #expect(large.merges.prefix(small.merges.count) == small.merges)
  }

  @Test func countsBeyond32Bits() throws {
    let result = try BytePairTrainer(BytePairParameters(vocabularySize: 257)).train(
      on: PreTokenCounts([
        (bytes: Array("xy".utf8), count: Int64(3_000_000_000)),
        (bytes: Array("ab".utf8), count: Int64(2_999_999_999)),
      ]))
    #expect(result.merges.left == [TokenID(UInt8(ascii: "x") - 33)])
    #expect(result.textTokens == [3_000_000_000 + 2 * 2_999_999_999])
  }

  @Test func putsSpecialTokensFirstAndAroundTheText() throws {
    let parameters = BytePairParameters(
      vocabularySize: 260,
      specialTokens: [
        SpecialToken(role: .bos, "<s>"), SpecialToken(role: .eos, "</s>"), SpecialToken("<｜x｜>"),
        SpecialToken(role: .bos, "<s>"),
      ], postProcessor: .bosEos)
    let trained = try BytePairTrainer(parameters).train(
      on: Corpus(text: "low lower lowest"), cutBy: .words)
    let definition = trained.definition
    #expect(definition.addedTokens.map(\.id) == [0, 1, 2])
    #expect(
      definition.addedTokens.map { String(decoding: $0.content, as: UTF8.self) } == ["<s>", "</s>", "<｜x｜>"])
    #expect(definition.model.vocabulary.id(of: "!") == 3)
    #expect(definition.model.vocabulary.literals == [2])
    #expect(definition.model.vocabulary.count == 260)
    #expect(
      definition.postProcessor
        == .template(
          single: [.special("<s>", typeID: 0), .sequence(.a, typeID: 0), .special("</s>", typeID: 0)],
          pair: [
            .special("<s>", typeID: 0), .sequence(.a, typeID: 0), .special("</s>", typeID: 0),
            .special("<s>", typeID: 1), .sequence(.b, typeID: 1), .special("</s>", typeID: 1),
          ],
          specials: [
            TemplateSpecial(id: "<s>", ids: [0], tokens: ["<s>"]),
            TemplateSpecial(id: "</s>", ids: [1], tokens: ["</s>"]),
          ]))
  }

  @Test func refusesWhatCannotBe() throws {
    func message(_ parameters: BytePairParameters, _ text: String = "a b") -> String {
      do {
        _ = try BytePairTrainer(parameters).train(on: Corpus(text: text), cutBy: .words)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message(BytePairParameters(vocabularySize: 255))
        == "a vocabulary size of 255; expected at least 256: 256 bytes; give a larger --vocab-size")
    #expect(
      message(BytePairParameters(vocabularySize: 256, specialTokens: [SpecialToken("<s>")]))
        == "a vocabulary size of 256; expected at least 257: 256 bytes and 1 special tokens; give a larger --vocab-size"
    )
    #expect(
      message(BytePairParameters(vocabularySize: 1 << 22)).hasPrefix(
        "a vocabulary size of 4194304; expected at most"))
    #expect(
      message(BytePairParameters(specialTokens: [SpecialToken("")])).hasPrefix("an empty special token"))
    #expect(message(BytePairParameters(maxTokenLength: 0)).hasPrefix("a maximum token length of 0"))
    #expect(
      message(BytePairParameters(postProcessor: .bos)).hasPrefix("post-processor bos without a bos token"))
    #expect(message(BytePairParameters(), "").hasPrefix("the corpus holds no text"))
  }
}
