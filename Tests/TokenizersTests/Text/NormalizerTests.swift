import TestSupport
import Testing
import Tokenizers

@Suite("Normalizers")
struct NormalizerTests {
  private func normalize(
    _ component: NormalizerComponent, _ text: String, alignment: Bool = false
  ) throws -> NormalizedText? {
    let normalizer = try Normalizers.make(component)
    return try Array(text.utf8).withUnsafeBufferPointer {
      try normalizer.normalize($0, alignment: alignment)
    }
  }

  @Test("text that is normalized already gives nil")
  func unchanged() throws {
    for component: NormalizerComponent in [.nfc, .nfkc, .sequence([]), .strip(left: true, right: true)] {
      #expect(try normalize(component, "plain text") == nil)
      #expect(try normalize(component, "") == nil)
      #expect(try normalize(component, "déjà vu 中文 한글") == nil)
    }
    #expect(try normalize(.nfd, "plain") == nil)
    #expect(try normalize(.lowercase, "plain ß") == nil)
  }

  @Test("a composite is aligned to the first character it joins")
  func composite() throws {
    let result = try #require(try normalize(.nfc, "ae\u{301}b", alignment: true))
    #expect(result.bytes == Array("aéb".utf8))
    #expect(result.starts == [0, 1, 1, 4])
    #expect(result.ends == [1, 2, 2, 5])
  }

  @Test("text that is not UTF-8 is refused, naming the byte")
  func notUTF8() throws {
    for component: NormalizerComponent in [
      .nfc, .nfkd, .lowercase, .nmt, .byteLevel, .prepend("x"), .stripAccents,
      .strip(left: true, right: false), .replace(pattern: .literal("a"), content: "b"),
      .bert(cleanText: true, handleChineseCharacters: true, stripAccents: nil, lowercase: true),
    ] {
      for (bytes, place): ([UInt8], Int) in [
        ([0x61, 0xFF], 1), ([0xE2, 0x82], 0), ([0x61, 0x62, 0xED, 0xA0, 0x80], 2), ([0xC0, 0xAF], 0),
        ([0xF4, 0x90, 0x80, 0x80], 0), ([0x80], 0),
      ] {
        let normalizer = try Normalizers.make(component)
        let error = #expect(throws: ToklabError.self) {
          try bytes.withUnsafeBufferPointer { _ = try normalizer.normalize($0, alignment: false) }
        }
        #expect(error?.position == .byte(place), "\(component)")
      }
    }
  }

  @Test("long text is normalized in chunks without a seam")
  func chunks() throws {
    // No ASCII at all, and the composing pair lies across every possible end of a chunk.
    let unit = Array("가\u{11A8}é\u{323}".utf8)
    let count = (1 << 24) / unit.count + 1000
    let text = Array(repeatElement(unit, count: count).joined())
    let normalizer = try Normalizers.make(.nfc)
    let result = try text.withUnsafeBufferPointer { try normalizer.normalize($0, alignment: false) }
    let expected = Array("각ẹ\u{301}".utf8)
    let bytes = try #require(result?.bytes)
    #expect(bytes.count == expected.count * count)
    #expect(
      stride(from: 0, to: bytes.count, by: expected.count).allSatisfy {
        bytes[$0..<$0 + expected.count].elementsEqual(expected)
      })
  }

  @Test("characters newer than the form's Unicode version stay")
  func version() throws {
    // U+11938 DIVES AKURU VOWEL SIGN O (Unicode 13) decomposes, but not for Unicode 9.
    #expect(try normalize(.nfd, "\u{11938}") == nil)
    // U+1AC0 (Unicode 13, class 220) is no combining character to Unicode 9.
    #expect(try normalize(.nfc, "a\u{301}\u{1AC0}")?.bytes == Array("á\u{1AC0}".utf8))
    #expect(try normalize(.nfc, "a\u{1AC0}\u{301}") == nil)
  }

  @Test("a Replace whose pattern cannot run names its place")
  func badPattern() {
    let component = NormalizerComponent.sequence([.nfc, .replace(pattern: .regex("(?~a)"), content: "")])
    let error = #expect(throws: ToklabError.self) { try Normalizers.make(component) }
    #expect(error?.position == .path("$.normalizer.normalizers[1]"))
  }
}
