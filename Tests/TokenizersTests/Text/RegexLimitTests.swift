import Testing
import Tokenizers

/// Expressions without a scanner on text that would blow them up.
@Suite("Regex fallback limits")
struct RegexLimitTests {
  private func splitter(_ expression: String) throws -> any PreTokenizer {
    try PreTokenizers.named("regex:" + expression).preTokenizer
  }

  @Test("a possessive run of four million characters is one piece")
  func longRun() throws {
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 4_000_000)
    #expect(try splitter(#"\p{L}++| ?[0-9]+"#).ends(text) == [text.count])
  }

  @Test("endless backtracking ends in an error that names the byte", arguments: [40, 5_000])
  func backtracking(_ count: Int) throws {
    let text = Array("b".utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: count)
    let error = #expect(throws: ToklabError.self) { _ = try splitter("^b|(a+)+b").ends(text) }
    #expect(error?.position == .byte(1))
    #expect(error?.found.contains("U_REGEX_TIME_OUT") == true)
  }

  @Test("many pieces of one text are found in one pass, whatever the blocks")
  func manyPieces() throws {
    let text = (0..<2_000_000).map { $0 % 6 == 5 ? UInt8(ascii: " ") : UInt8(ascii: "a") }
    let splitter = try splitter(#"\w+|[^\w\s]+|\s"#)
    let ends = try splitter.ends(text)
    #expect(ends.count == 666_667)
    #expect(try splitter.ends(text, capacity: 7) == ends)
  }
}
