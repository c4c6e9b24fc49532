import Glibc
import TestSupport
import Testing
import Tokenizers

/// The trained files beside what `tokenizers` trains itself: same vocabulary, same merges in order.
@Suite struct BytePairParityTests {
  /// Trains every combination of pattern, minimum frequency and length limit and asks the library for its.
  static func compare(
    _ inputs: [String], sizes: [Int], specials: [String] = [],
    patterns: [String] = ["gpt2", "llama3", "o200k"], minFrequencies: [Int] = [0, 2],
    maxLengths: [Int?] = [nil, 16]
  ) throws -> [String] {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let corpus = try Corpus(inputs: inputs)
    var runs: [String] = []
    for pattern in patterns {
      let named = try PreTokenizers.named(pattern)
      let cut = PreTokenization(
        preTokenizer: named.preTokenizer, named: pattern, component: named.component)
      let counts = try PreTokenCounts(corpus, cutBy: cut, run: TrainingRun(threads: 2))
      for minFrequency in minFrequencies {
        for maxLength in maxLengths {
          let training = try BytePairTrainer(
            BytePairParameters(
              vocabularySize: sizes.max()!, minFrequency: Int64(minFrequency), maxTokenLength: maxLength,
              specialTokens: specials.map { SpecialToken($0) })
          ).train(on: counts)
          for size in sizes {
            let file = scratch("\(runs.count).json")
            let trained = try training.tokenizer(ofSize: size, cutBy: cut)
            try AtomicFile.write(file, try HuggingFaceJSON.write(trained.definition))
            let length = maxLength.map(String.init) ?? "null"
            let names = specials.map { "\"\($0)\"" }.joined(separator: ", ")
            runs.append(
              """
              {"tokenizer": "\(file)", "vocab_size": \(size), "min_frequency": \(minFrequency), \
              "max_token_length": \(length), "special_tokens": [\(names)]}
              """)
          }
        }
      }
    }
    let files = corpus.sources.flatMap(\.files).map { "\"\($0.path)\"" }.joined(separator: ", ")
    let spec = "{\"files\": [\(files)], \"runs\": [\(runs.joined(separator: ", "))]}"
    try AtomicFile.write(scratch("spec.json"), Array(spec.utf8))
    let answer = try ReferenceLibrary.run("train_bpe.py", scratch("spec.json"))
    let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.count == runs.count)
    return lines.enumerated().filter { !$1.hasPrefix("equal ") }.map { "\(runs[$0]): \($1)" }
  }

  @Test func equalOnTheSample() throws {
    let folder = TestPaths.root + "/Corpora"
    #expect(
      try Self.compare(
        [folder], sizes: [300, 2500], specials: ["<|endoftext|>", "<s>", "the", "<｜end▁of｜>", "é"]) == [])
  }

  /// Runs and periodic words, whose pairs overlap, and special tokens spelled like what merges make: such
  /// a merge gives an id that exists already. (Nothing else can: what lies between two token boundaries is
  /// merged in the same way wherever it stands, so that two pairs never make one string.)
  @Test func equalWhereMergesReuseIDs() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    var random = RandomText(seed: 3)
    var text: [UInt8] = []
    let units = ["a", "ab", "aab", "abc", "é", "  ", "==", "-"].map { Array($0.utf8) }
    for _ in 0..<1500 {
      for _ in 0..<1 + random.random.below(6) {
        let unit = units[random.random.below(units.count)]
        for _ in 0..<1 + random.random.below(24) { text += unit }
        text += Array(" ".utf8)
      }
      text += Array("\n".utf8)
    }
    let file = scratch("runs.txt")
    try AtomicFile.write(file, text)
    let counts = try PreTokenCounts(
      Corpus(inputs: [file]),
      cutBy: PreTokenization(
        preTokenizer: PreTokenizers.named("gpt2").preTokenizer, named: "gpt2", component: nil))
    let specials = ["ab", "==", "<s>", "aabaab", "a", "aaaa"]
    let training = try BytePairTrainer(
      BytePairParameters(vocabularySize: 700, specialTokens: specials.map { SpecialToken($0) })
    ).train(on: counts)
    #expect(training.merges.result.filter { $0 < 6 }.count >= 3, "too few merges make an old token")
    #expect(try Self.compare([file], sizes: [280, 420, 700], specials: specials) == [])
  }

  /// Generated text in many scripts, with numbers, contractions, white space of all kinds, CRLF.
  @Test func equalOnGeneratedText() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    var random = RandomText(seed: 9)
    let scripts: [[UInt32]] = [
      Array(0x61...0x7A), Array(0x41...0x5A), Array(0xE0...0xFF), Array(0x430...0x44F), Array(0x3B1...0x3C9),
      Array(0x5D0...0x5EA), Array(0x621...0x64A), Array(0x905...0x94D), Array(0xE01...0xE39),
      Array(0x4E00...0x4E60), Array(0xAC00...0xAC60), Array(0x3041...0x3096), Array(0x1F600...0x1F640),
      Array(0x30...0x39), [0x300, 0x301, 0x308], Array(0x10D50...0x10D60),
    ]
    let joints = [
      " ", " ", " ", "  ", ", ", ". ", "\n", "\r\n", "\n\n", "\t", "'s ", "'LL ", "-", "\u{A0}", "\u{3000}",
      "!?\n",
    ]
    let words = (0..<1500).map { index in
      let script = scripts[index % scripts.count]
      return String(
        String.UnicodeScalarView(
          (0..<1 + random.random.below(9)).map { _ in
            Unicode.Scalar(script[random.random.below(script.count)])!
          }))
    }
    var text = ""
    for _ in 0..<40_000 {
      // Rare words are rare: the square of an even number leans to 0.
      let draw = random.random.below(1000)
      text += words[draw * draw * words.count / 1_000_000] + joints[random.random.below(joints.count)]
    }
    let file = scratch("generated.txt")
    try AtomicFile.write(file, Array(text.utf8))
    #expect(try Self.compare([file], sizes: [1000, 4000]) == [])
  }

  @Test func equalOnSharedBooksAndNews() throws {
    let books = TestPaths.shared + "/data/text/english-books-2mb.txt"
    #expect(
      try Self.compare([books], sizes: [8000], patterns: ["o200k"], minFrequencies: [2], maxLengths: [nil])
        == [])
    let news = ["eng", "tur", "arb", "hin", "tha", "jpn", "kor"].map {
      TestPaths.shared + "/data/parallel/ntrex/\($0).txt"
    }
    #expect(try Self.compare(news, sizes: [5000], patterns: ["llama3"], minFrequencies: [0]) == [])
  }
}
