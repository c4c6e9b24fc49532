import Foundation
import TestSupport
import Testing
import Tokenizers

/// Normalizers against `tokenizers`: text and alignment.
@Suite("Normalizers against tokenizers", .serialized)
struct NormalizerPeerTests {
  static let normalizers: [(String, NormalizerComponent)] = [
    ("NFC()", .nfc), ("NFD()", .nfd), ("NFKC()", .nfkc), ("NFKD()", .nfkd), ("Lowercase()", .lowercase),
    ("StripAccents()", .stripAccents), ("Nmt()", .nmt), ("Prepend('▁x')", .prepend("▁x")),
    ("ByteLevel()", .byteLevel), ("Strip(True, True)", .strip(left: true, right: true)),
    ("Strip(True, False)", .strip(left: true, right: false)),
    ("Strip(False, True)", .strip(left: false, right: true)),
    ("Replace(' ', '▁')", .replace(pattern: .literal(" "), content: "▁")),
    ("Replace(Regex(r'\\s+'), ' ')", .replace(pattern: .regex(#"\s+"#), content: " ")),
    ("Replace(Regex('a*'), '-=')", .replace(pattern: .regex("a*"), content: "-=")),
    (
      "BertNormalizer(True, True, None, True)",
      .bert(cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: true)
    ),
    (
      "BertNormalizer(True, True, False, False)",
      .bert(cleanText: true, handleChineseCharacters: true, stripAccents: false, lowercase: false)
    ),
    (
      "BertNormalizer(False, False, True, False)",
      .bert(cleanText: false, handleChineseCharacters: false, stripAccents: true, lowercase: false)
    ),
    (
      "Sequence([NFKD(), StripAccents(), Lowercase(), Strip(True, True), Prepend('▁')])",
      .sequence([.nfkd, .stripAccents, .lowercase, .strip(left: true, right: true), .prepend("▁")])
    ),
    (
      "Sequence([NFD(), NFC(), Replace(Regex(r'\\s+'), ' '), NFKC()])",
      .sequence([.nfd, .nfc, .replace(pattern: .regex(#"\s+"#), content: " "), .nfkc])
    ),
  ]

  private struct Request: Encodable {
    var normalizer: String
    var texts: [String]
    var offsets: Bool
  }

  private struct Answer: Decodable {
    var texts: [String]
    var offsets: [[Int]]
  }

  private func compare(
    _ texts: [String], offsets: Bool, _ chosen: [(String, NormalizerComponent)] = Self.normalizers
  ) throws {
    let requests = chosen.map { Request(normalizer: $0.0, texts: texts, offsets: offsets) }
    let data = try ReferenceLibrary.run("normalize.py", [], input: Array(JSONEncoder().encode(requests)))
    let answers = try JSONDecoder().decode([Answer].self, from: Data(data))
    for ((name, component), answer) in zip(chosen, answers) {
      let normalizer = try Normalizers.make(component)
      for (index, text) in texts.enumerated() {
        let bytes = Array(text.utf8)
        let found = try bytes.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: false) }
        let expected = Array(answer.texts[index].utf8)
        if let difference = difference(found?.bytes ?? bytes, expected) {
          Issue.record("\(name): \(difference)")
          break
        }
        guard offsets else { continue }
        let aligned = try bytes.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: true) }
        #expect(aligned?.bytes == found?.bytes)
        let pairs = characterPairs(aligned, of: bytes)
        if pairs != answer.offsets[index] {
          Issue.record("\(name): \(text.debugDescription) \(pairs) instead of \(answer.offsets[index])")
          break
        }
      }
    }
  }

  private func difference(_ found: [UInt8], _ expected: [UInt8]) -> String? {
    guard found != expected else { return nil }
    let place = zip(found, expected).prefix { $0 == $1 }.count
    func around(_ bytes: [UInt8]) -> [String] {
      String(decoding: bytes[max(0, place - 6)..<min(bytes.count, place + 8)], as: UTF8.self).unicodeScalars
        .map { String($0.value, radix: 16) }
    }
    return "\(around(found)) instead of \(around(expected))"
  }

  /// For each character of the result, the characters of the original it is aligned to.
  private func characterPairs(_ result: NormalizedText?, of original: [UInt8]) -> [Int] {
    var characterAt: [Int] = []
    var characters = 0
    for byte in original {
      if byte & 0xC0 != 0x80 { characters += 1 }
      characterAt.append(characters - 1)
    }
    characterAt.append(characters)
    guard let result else { return (0..<characters).flatMap { [$0, $0 + 1] } }
    return result.bytes.indices.filter { result.bytes[$0] & 0xC0 != 0x80 }.flatMap {
      [characterAt[Int(result.starts[$0])], characterAt[Int(result.ends[$0])]]
    }
  }

  /// SentencePiece's own charsmaps as `tokenizers` applies them, to clusters of fewer than six bytes and then to
  /// characters: every scalar after and before a letter (with the folding maps, which hold the others' rules),
  /// and edge cases with alignment.
  @Test("Precompiled", arguments: ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"])
  func precompiled(name: String) throws {
    let charsmap = try Peer.run("charsmap.py", [name], input: Data())
    let chosen = [
      ("Precompiled(charsmap('\(name)'))", NormalizerComponent.precompiled(charsmap: [UInt8](charsmap)))
    ]
    if name.hasSuffix("_cf") {
      try compare(
        [EdgeText.everyScalar("a", "b"), EdgeText.everyScalar("\u{600}", "\u{301}")], offsets: false, chosen)
    }
    var random = EdgeText(seed: 0xC4A5, recent: true)
    let marks = [
      "\u{301}", "\u{323}", "\u{FE0F}", "\u{94D}", "\u{200D}", "ﬁ", "½", "e", "क", "\r\n", "\u{FF9E}",
    ]
    var generator = SplitMix64(seed: 0xC4A6)
    let texts = (0..<2_000).map { _ in
      random.next(upTo: 6) + marks[generator.below(marks.count)] + random.next()
    }
    try compare(texts, offsets: true, chosen)
  }

  @Test("equal on every scalar")
  func everyScalar() throws {
    try compare([EdgeText.everyScalar("a", "b"), EdgeText.everyScalar("\u{301}", "\u{31B}")], offsets: false)
  }

  /// Two neighbours out of those that compose or reorder, three deep.
  @Test("equal on combining sequences, with alignment")
  func combining() throws {
    var random = SplitMix64(seed: 0xC0B)
    let parts: [String] = [
      "a", "e", "O", " ", "\u{301}", "\u{300}", "\u{323}", "\u{31B}", "\u{327}", "\u{345}", "\u{308}", "é",
      "ǭ",
      "ộ", "ﬁ", "Å", "Ω", "½", "ﾊ", "ﾞ", "カ", "゙", "각", "가", "ᄀ", "ᅡ", "ᆨ", "ᆩ", "क", "़", "ो", "े", "ா", "ெ",
      "\u{1D15E}",
      "\u{1D165}", "\u{1E08}", "ﷺ", "שּׁ", "ּ", "ׁ", "㎢", "…", "İ", "ß", "Σ", "中", "\u{FEFF}", "\u{9}",
      "\u{1AC0}",
      "\u{1DF6}", "\u{11938}", "\u{F73}", "\u{F71}", "\u{F72}", "①", "\u{2126}", "\u{FB1D}", "\u{0}",
      "\u{200D}",
    ]
    var texts = [""]
    for _ in 0..<4_000 {
      texts.append((0...random.below(6)).map { _ in parts[random.below(parts.count)] }.joined())
    }
    try compare(texts, offsets: true)
  }

  @Test("equal on all pairs of Hangul jamo and syllables, with alignment")
  func hangul() throws {
    var texts: [String] = []
    let parts = [
      0x1100, 0x1112, 0x1113, 0x1161, 0x1175, 0x1176, 0x11A7, 0x11A8, 0x11C2, 0x11C3, 0xAC00, 0xAC01, 0xD7A3,
    ]
    for first in parts {
      for second in parts {
        for third in parts {
          texts.append(String(String.UnicodeScalarView([first, second, third].map { Unicode.Scalar($0)! })))
        }
      }
    }
    try compare(texts, offsets: true, Array(Self.normalizers.prefix(4)))
  }

  @Test("equal on random edge cases, with alignment")
  func edgeCases() throws {
    var random = EdgeText(seed: 0xED6E, recent: true)
    try compare((0..<3_000).map { _ in random.next() }, offsets: true)
  }
}
