import TestSupport
import Testing
import Tokenizers

@Suite("Scanners")
struct ScannerTests {
  static let patterns = PreTokenizerPattern.allCases

  /// The published expressions themselves, run by ICU.
  private func oracle(_ pattern: PreTokenizerPattern) throws -> any PreTokenizer {
    try PreTokenizers.icuSplits(pattern.expressions)
  }

  @Test("equal ICU on random edge cases", arguments: patterns)
  func edgeCases(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    let oracle = try oracle(pattern)
    var texts = EdgeText(seed: 0x7E57)
    for _ in 0..<20_000 {
      let text = texts.next()
      let bytes = Array(text.utf8)
      let expected = try oracle.ends(bytes)
      let found = try scanner.ends(bytes)
      try #require(found == expected, "\(pattern.rawValue): \(text.debugDescription)")
    }
  }

  @Test("equal ICU on all white space up to six long", arguments: patterns)
  func whiteSpace(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    let oracle = try oracle(pattern)
    let spaces = [" ", "\n", "\r", "\t", "\u{A0}"]
    for length in 1...6 {
      for number in 0..<power(spaces.count, length) {
        var run = ""
        var rest = number
        for _ in 0..<length {
          run.unicodeScalars.append(contentsOf: spaces[rest % spaces.count].unicodeScalars)
          rest /= spaces.count
        }
        // All six contexts of short runs, one of long ones.
        let contexts = [("", ""), ("a", "b"), ("a", "1"), ("!", "!"), ("a", ""), ("", "b")]
        for index in length <= 4 ? 0..<6 : number % 6..<number % 6 + 1 {
          let bytes = Array(contexts[index].0.utf8) + Array(run.utf8) + Array(contexts[index].1.utf8)
          try #require(
            try scanner.ends(bytes) == oracle.ends(bytes), "\(pattern.rawValue): \(run.debugDescription)")
        }
      }
    }
  }

  private func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  /// A byte that begins no sequence is one unit without a class. ICU reads U+FFFD, which is a symbol, so
  /// the pattern that asks for symbols is left out.
  @Test("equal ICU on bytes that are no UTF-8", arguments: patterns.filter { $0 != .deepSeekV3 })
  func invalidBytes(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    let oracle = try oracle(pattern)
    var texts = EdgeText(seed: 0xBAD)
    var generator = SplitMix64(seed: 0xBAD)
    for _ in 0..<10_000 {
      var bytes: [UInt8] = []
      for _ in 0...generator.below(4) {
        bytes += Array(texts.next(upTo: 3).utf8)
        bytes += [[0xFF], [0xC0], [0x80], [0xFE, 0x80], [0xF5], [0xBF]][generator.below(6)]
      }
      try #require(try scanner.ends(bytes) == oracle.ends(bytes), "\(pattern.rawValue): \(bytes)")
    }
  }

  @Test("truncated, overlong and surrogate sequences are single bytes", arguments: patterns)
  func illFormed(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    // The byte before the letter joins it, as punctuation would; the ones before stay together.
    let joins = pattern != .gpt2 && pattern != .smollm
    for bytes: [UInt8] in [
      [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xED, 0xA0, 0x80], [0xE0, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] {
      #expect(try scanner.ends(bytes) == [bytes.count])
      #expect(try scanner.ends([0x61] + bytes) == [1, 1 + bytes.count])
      let tail = try scanner.ends(bytes + [0x61])
      if pattern == .deepSeekV3 {
        #expect(tail == [bytes.count - 1, bytes.count + 1])
      } else {
        #expect(tail == [bytes.count, bytes.count + 1])
      }
    }
    #expect(try scanner.ends([0xFF, 0x61]) == (joins ? [2] : [1, 2]))
  }

  @Test("do not depend on the size of blocks", arguments: patterns, [1, 2, 7])
  func blocks(_ pattern: PreTokenizerPattern, _ capacity: Int) throws {
    let scanner = pattern.preTokenizer
    var texts = EdgeText(seed: 0xB10C, recent: true)
    for _ in 0..<200 {
      let bytes = Array(texts.next(upTo: 60).utf8)
      #expect(try scanner.ends(bytes, capacity: capacity) == scanner.ends(bytes))
    }
  }

  @Test("cut where both sides give the pieces of the whole", arguments: patterns)
  func cuts(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    var texts = EdgeText(seed: 0xC07, recent: true)
    var tried = 0
    for _ in 0..<20_000 {
      let bytes = Array(texts.next(upTo: 16).utf8)
      let whole = try scanner.ends(bytes)
      var from = 0
      while let cut = bytes.withUnsafeBufferPointer({ scanner.cut($0, from: from, to: bytes.count) }) {
        #expect(cut >= from && cut < bytes.count)
        let left = try scanner.ends(Array(bytes[..<cut]))
        let right = try scanner.ends(Array(bytes[cut...]))
        try #require(left + right.map { $0 + cut } == whole, "\(pattern.rawValue) \(bytes) at \(cut)")
        from = cut + 1
        tried += 1
      }
    }
    #expect(tried > 500)
  }

  @Test("take a megabyte of one character in linear time", arguments: patterns)
  func longRuns(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer
    for unit in ["a", "A", " ", "\n", "!", "\u{301}", "中", "あ", "\u{0}"] {
      let bytes = Array(repeatElement(Array(unit.utf8), count: 1_000_000).joined())
      let ends = try scanner.ends(bytes)
      #expect(ends.count == 1 && ends.last == bytes.count, "\(pattern.rawValue) \(unit.debugDescription)")
    }
    let digits = try scanner.ends(Array(repeating: 0x31, count: 999_999))
    #expect(digits.last == 999_999)
  }

  @Test("reuse of a scanner starts afresh", arguments: patterns)
  func reuse(_ pattern: PreTokenizerPattern) throws {
    let scanner = pattern.preTokenizer.makeScanner()
    let texts = ["hello world", "", "x", "one two 345"]
    for text in texts + texts {
      var found: [Int] = []
      try Array(text.utf8).withUnsafeBufferPointer { buffer in
        try scanner.begin(buffer)
        var block = [Int](repeating: 0, count: 3)
        while case let count = try block.withUnsafeMutableBufferPointer({ try scanner.fill($0) }), count > 0 {
          found += block[0..<count]
        }
      }
      #expect(try found == pattern.preTokenizer.ends(Array(text.utf8)))
    }
  }

  @Test("worked examples")
  func examples() throws {
    func pieces(_ pattern: PreTokenizerPattern, _ text: String) throws -> [String] {
      try pattern.preTokenizer.pieces(text)
    }
    #expect(try pieces(.gpt2, "I'll  go 12345!\n") == ["I", "'ll", " ", " go", " 12345", "!", "\n"])
    #expect(try pieces(.gpt2, "I'LL") == ["I", "'", "LL"])
    #expect(try pieces(.llama3, "I'LL  go 12345!\n") == ["I", "'LL", " ", " go", " ", "123", "45", "!\n"])
    #expect(try pieces(.qwen2, "123") == ["1", "2", "3"])
    #expect(try pieces(.cl100k, "a \n ") == ["a", " \n", " "])
    #expect(try pieces(.cl100kTiktoken, "a \n ") == ["a", " \n "])
    #expect(try pieces(.o200k, "camelCase'S XMLs") == ["camel", "Case'S", " XMLs"])
    #expect(try pieces(.tekken, "don't") == ["don", "'t"])
    #expect(try pieces(.o200k, "中AB") == ["中", "AB"])
    #expect(try pieces(.kimi, "abc中文def") == ["abc", "中文", "def"])
    #expect(
      try pieces(.deepSeekV3, "日本語は12345 #x#tagé")
        == ["日本語は", "123", "45", " #", "x", "#tag", "é"])
  }
}
