import TestSupport
import Testing
import Tokenizers

/// The map compiled here against the one in SentencePiece 0.2.0.
@Suite struct CharsMapWriterTests {
  /// What the map alone makes of a text.
  private static func replace(_ text: [UInt8], _ normalizer: SentencePieceNormalizer) throws -> [UInt8] {
    let normalized = try text.withUnsafeBufferPointer { bytes in
      try normalizer.normalize(bytes, alignment: false)
    }
    return normalized?.bytes ?? text
  }

  private static func normalizer() throws -> SentencePieceNormalizer {
    try SentencePieceNormalizer(
      .init(
        name: "nmt_nfkc", charsmap: SentencePieceRules.nmtNFKC, addDummyPrefix: false,
        removeExtraWhitespaces: false, escapeWhitespaces: false))
  }

  @Test func nmtNFKCEqualsTheLibraryOnEveryScalar() throws {
    let normalizer = try Self.normalizer()
    let answer = try ReferenceLibrary.run("nmt_nfkc.py")
    var lines = answer.split(separator: 0x0A, omittingEmptySubsequences: false).makeIterator()
    let digits = Array("0123456789abcdef".utf8)
    var different: [String] = []
    for value in UInt32(1)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let found = try Self.replace(Array(String(Character(scalar)).utf8), normalizer)
      let hex = found.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
      if !hex.elementsEqual(lines.next() ?? []) { different.append("\(value)") }
    }
    #expect(different.isEmpty, "\(different.count): \(different.prefix(8))")
  }

  /// Release 0.2.3 refuses a map whose first unit is its own base, which 0.2.0 took.
  @Test func theNewestReleaseTakesTheMap() throws {
    let texts = ["ﬁne e\u{301}", "½ ｶﾞ ①", "\u{FF21}b"]
    let answer = try ReferenceLibrary.run("take_charsmap.py", texts, input: SentencePieceRules.nmtNFKC)
    let expected = try texts.map { text in
      String(decoding: try Self.replace(Array(text.utf8), Self.normalizer()), as: UTF8.self)
    }
    #expect(String(decoding: answer, as: UTF8.self).split(separator: "\n").map(String.init) == expected)
  }

  /// Sequences that stand for a composed character become it.
  @Test(arguments: [
    ("e\u{301}", "\u{E9}"), ("\u{FF71}", "ア"), ("\u{1100}\u{1161}", "\u{AC00}"),
    ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{FF5E}", "\u{FF5E}"), ("\u{200B}", " "), ("\u{7}", ""),
    ("A\u{302}\u{300}", "\u{1EA6}"), ("ﬁ", "fi"), ("a\u{0}b", "a\u{0}b"),
  ])
  func sequencesCompose(text: String, expected: String) throws {
    #expect(try Self.replace(Array(text.utf8), Self.normalizer()) == Array(expected.utf8))
  }
}
