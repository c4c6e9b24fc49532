import TestSupport
import Testing
import Tokenizers

@Suite struct VocabularyTests {
  @Test func composedAndDecomposedSpellingsStayApart() throws {
    let composed = Array("\u{E9}".utf8)
    let decomposed = Array("e\u{301}".utf8)
    #expect("\u{E9}" == "e\u{301}")  // why keys are bytes
    let vocabulary = try Vocabulary([composed, decomposed])
    #expect(vocabulary.id(of: composed) == 0)
    #expect(vocabulary.id(of: decomposed) == 1)
    #expect(vocabulary[0] != vocabulary[1])
  }

  @Test func equalTokensAreRefusedByName() {
    let error = #expect(throws: ToklabError.self) { try Vocabulary([[1], [2, 3], [1]]) }
    #expect(error?.description.contains("ids 0 and 2") == true)
  }

  @Test func anIdUsedTwiceIsRefused() {
    var builder = VocabularyBuilder()
    builder.append(id: 3, [65])
    builder.append(id: 3, [66])
    let error = #expect(throws: ToklabError.self) { try builder.build() }
    #expect(error?.description.contains("id 3 is given to two tokens: \"A\" and \"B\"") == true)
  }

  @Test func hugeIdsAreRefused() {
    var builder = VocabularyBuilder()
    builder.append(id: .max, [65])
    #expect(throws: ToklabError.self) { try builder.build() }
  }

  @Test func idsMayComeInAnyOrderAndLeaveHoles() throws {
    var builder = VocabularyBuilder()
    builder.append(id: 5, Array("five".utf8))
    builder.append(id: 0, Array("zero".utf8))
    builder.append(id: 2, [])
    let vocabulary = try builder.build()
    #expect(vocabulary.capacity == 6)
    #expect(vocabulary.count == 3)
    #expect(vocabulary.holes == [1, 3, 4])
    #expect(vocabulary[5] == Array("five".utf8))
    #expect(vocabulary.contains(2) && !vocabulary.contains(1) && !vocabulary.contains(6))
    #expect(vocabulary.id(of: []) == 2)
  }

  @Test func literalsYieldToOrdinaryTokens() throws {
    var builder = VocabularyBuilder()
    builder.append(id: 0, Array("日".utf8), literal: true)
    builder.append(id: 1, Array("日".utf8))
    builder.append(id: 2, Array("月".utf8), literal: true)
    let vocabulary = try builder.build()
    #expect(vocabulary.id(of: "日") == 1)
    #expect(vocabulary.id(of: "月") == 2)
    #expect(vocabulary.isLiteral(0) && !vocabulary.isLiteral(1))
  }

  @Test(arguments: [
    ([0xE3, 0x81], "\\xe3\\x81", true), ([0x41, 0xFF], "A\\xff", true), ([0xC3, 0xA9], "é", false),
    ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80", true), ([], "", false),
  ])
  func bytesAreShownAsTextWhereTheyAreText(bytes: [UInt8], text: String, escaped: Bool) {
    let shown = ByteEscape.utf8(bytes)
    #expect(shown.text == text)
    #expect(shown.escaped == escaped)
  }

  @Test func firstInvalidByteIsFound() {
    func first(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer { UTF8Scalar.firstInvalid($0) } }
    #expect(first(Array("plain ascii text, long enough".utf8)) == nil)
    #expect(first(Array("日本語テキスト🎉".utf8)) == nil)
    #expect(first(Array("ok".utf8) + [0xC0, 0x80]) == 2)
    #expect(first(Array("日".utf8).dropLast()) == 0)
    #expect(first([0xF4, 0x90, 0x80, 0x80]) == 0)
    #expect(first([]) == nil)
  }
}
