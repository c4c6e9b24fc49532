import TestSupport
import Testing
import Tokenizers

/// Text that is normalized eight bytes at a time against the same text character by character, which is what
/// happens when an alignment is asked for.
@Suite struct SentencePieceNormalizerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var charsmap: [UInt8] = []
    var addDummyPrefix = true
    var removes = true
    var escapes = true
    var isSuffix = false
    var userDefined: [String] = []
  }

  static let cases = [
    Case(testDescription: "nmt_nfkc", charsmap: SentencePieceRules.nmtNFKC),
    Case(
      testDescription: "nmt_nfkc, spaces kept", charsmap: SentencePieceRules.nmtNFKC, addDummyPrefix: false,
      removes: false),
    Case(
      testDescription: "nmt_nfkc, spaces not escaped", charsmap: SentencePieceRules.nmtNFKC, escapes: false),
    Case(testDescription: "nmt_nfkc, suffix", charsmap: SentencePieceRules.nmtNFKC, isSuffix: true),
    Case(
      testDescription: "nmt_nfkc, user-defined", charsmap: SentencePieceRules.nmtNFKC,
      userDefined: ["e", "\u{A0}", "иж", "中文", "\u{FF21}", " x"]),
    Case(testDescription: "identity"),
    Case(testDescription: "identity, user-defined", userDefined: ["語", "q"]),
    Case(testDescription: "letters", charsmap: CharsMapTests.small),
    Case(testDescription: "spaces", charsmap: CharsMapTests.rule(" ", "_")),
    Case(testDescription: "space and mark", charsmap: CharsMapTests.rule(" \u{301}", "x")),
    Case(testDescription: "Cyrillic", charsmap: CharsMapTests.rule("жи", "ши")),
  ]

  private static let parts: [[UInt8]] =
    [
      "the quick brown fox", "a", "zed", "e", " ", "  ", "   ", "\n", "\t", "\u{7F}", "\u{0}", "~!",
      "A\u{300}",
      "\u{301}", "\u{344}", "ижица", "и\u{306}", "жи", "αβγ", "क\u{93C}", "नमस्ते", "한글", "\u{1100}\u{1161}",
      "中文", "語", "豈", "\u{3000}", "ｱ\u{FF9E}", "Ａ", "①", "ﷺ", "\u{2581}", "\u{A0}", "\u{200B}", "\u{FEFF}",
      "😀", "👩‍👩", "🄰", "\u{10FFFF}", "\u{FFFD}", "ß", "é", "e\u{301}", "i\u{307}", " \u{301}",
    ].map { Array($0.utf8) } + [
      [0xFF], [0xC3], [0xE2, 0x96], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x9F],
    ]

  @Test(arguments: cases) func fastAndAlignedAreTheSame(_ test: Case) throws {
    let normalizer = try SentencePieceNormalizer(
      SentencePieceSettings.Normalization(
        charsmap: test.charsmap, addDummyPrefix: test.addDummyPrefix, removeExtraWhitespaces: test.removes,
        escapeWhitespaces: test.escapes), spaceAsSuffix: test.isSuffix,
      userDefined: test.userDefined.map { Array($0.utf8) })
    var random = SplitMix64(seed: 77)
    for _ in 0..<1500 {
      var text: [UInt8] = []
      let favourite = random.below(Self.parts.count)
      for _ in 0..<random.below(24) {
        text += Self.parts[random.below(3) == 0 ? favourite : random.below(Self.parts.count)]
      }
      let aligned = try text.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: true) }
      let fast = try text.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: false) }
      #expect(fast?.bytes ?? text == aligned?.bytes ?? text, "\(text)")
    }
  }
}
