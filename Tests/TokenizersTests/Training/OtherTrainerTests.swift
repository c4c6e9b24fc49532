import TestSupport
import Testing
import Tokenizers

@Suite struct BatchMergeTrainerTests {
  /// Counts by the definition: a run of one symbol holds its pair without overlap.
  private static func definition(_ words: [([UInt8], Int64)], size: Int, cap: Int) -> [[UInt8]] {
    var tokens: [[UInt8]] = ByteAlphabet.order.map { [$0] }
    var texts = words.map { $0.0.map { [$0] } }
    while tokens.count < size {
      var counts: [[[UInt8]]: Int64] = [:]
      for (index, word) in texts.enumerated() {
        var at = 0
        while at + 1 < word.count {
          counts[[word[at], word[at + 1]], default: 0] += words[index].1
          // The third of three equal symbols pairs with the fourth.
          at += word[at] == word[at + 1] && at + 2 < word.count && word[at + 2] == word[at] ? 2 : 1
        }
      }
      func id(_ token: [UInt8]) -> Int { tokens.firstIndex(of: token)! }
      let order = counts.sorted {
        $0.value != $1.value
          ? $0.value > $1.value : (id($0.key[0]), id($0.key[1])) < (id($1.key[0]), id($1.key[1]))
      }
      if order.isEmpty { break }
      var (firsts, lasts): (Set<[UInt8]>, Set<[UInt8]>) = ([], [])
      var chosen: Set<[[UInt8]]> = []
      for (pair, _) in order.prefix(max(1, min((size - tokens.count) / 2, cap))) {
        let isSafe = !lasts.contains(pair[0]) && !firsts.contains(pair[1])
        firsts.insert(pair[0])
        lasts.insert(pair[1])
        guard isSafe else { continue }
        chosen.insert(pair)
        if !tokens.contains(pair[0] + pair[1]) { tokens.append(pair[0] + pair[1]) }
      }
      for index in texts.indices {
        var (merged, at): ([[UInt8]], Int) = ([], 0)
        while at < texts[index].count {
          if at + 1 < texts[index].count, chosen.contains([texts[index][at], texts[index][at + 1]]) {
            merged.append(texts[index][at] + texts[index][at + 1])
            at += 2
          } else {
            merged.append(texts[index][at])
            at += 1
          }
        }
        texts[index] = merged
      }
    }
    return tokens
  }

  @Test(arguments: 0..<60)
  func equalsTheDefinition(seed: Int) throws {
    let words = BytePairTrainerTests.words(seed: UInt64(seed))
    let counts = PreTokenCounts(words.map { (bytes: $0.0, count: $0.1) })
    for cap in [Int.max, 3, 1] {
      let parameters = BytePairParameters(vocabularySize: 258 + seed)
      let (training, batches) = try BatchMergeTrainer(parameters, cap: cap == .max ? nil : cap).train(
        on: counts)
      let trained = try training.tokenizer(cutBy: .words)
      let vocabulary = trained.definition.model.vocabulary
      let tokens = (0..<vocabulary.capacity).map { vocabulary[TokenID($0)] }
      #expect(tokens == Self.definition(words, size: 258 + seed, cap: cap), "seed \(seed), cap \(cap)")
      #expect(batches <= training.merges.count)
      // With one merge a batch the order is that of sequential training, runs of one symbol apart.
      if cap == 1, !words.contains(where: { word in zip(word.0, word.0.dropFirst()).contains { $0 == $1 } }) {
        let sequential = try BytePairTrainer(parameters).train(on: counts)
        let same = training.firstDifference(from: sequential) ?? .max
        #expect(same > 0)
      }
    }
  }

  @Test func theFirstDifferenceIsFound() throws {
    let counts = PreTokenCounts(BytePairTrainerTests.words(seed: 4).map { (bytes: $0.0, count: $0.1) })
    let one = try BytePairTrainer(BytePairParameters(vocabularySize: 300)).train(on: counts)
    let two = try BytePairTrainer(BytePairParameters(vocabularySize: 280)).train(on: counts)
    #expect(one.firstDifference(from: one) == nil)
    #expect(one.firstDifference(from: two) == two.merges.count)
    #expect(two.sharedTokens(with: one) == 280)
  }
}

@Suite struct SupertokenTests {
  private static func chunks(_ text: String, _ chunker: SupertokenChunker) throws -> [String] {
    let bytes = Array(text.utf8)
    var start = 0
    return try chunker.ends(bytes).map { end in
      defer { start = end }
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
  }

  @Test func chunksAreOfTheTableAndOfTheSeed() throws {
    let text = String(repeating: "Sous le pont Mirabeau coule la Seine, déjà vu; 漢字かな交じり文。", count: 200)
    let chunks = try Self.chunks(text, SupertokenChunker(seed: 7))
    #expect(chunks.joined() == text)
    #expect(chunks.dropLast().allSatisfy { (4...23).contains($0.unicodeScalars.count) })
    #expect(try Self.chunks(text, SupertokenChunker(seed: 7)) == chunks)
    #expect(try Self.chunks(text, SupertokenChunker(seed: 8)) != chunks)
    // The bell's mean: Σ weight · middle of the range / 1.1 = 12.88.
    let mean = Double(text.unicodeScalars.count) / Double(chunks.count)
    #expect(abs(mean - 12.88) < 0.5)
  }

  @Test func tablesReadAndRefuse() throws {
    let table = try SupertokenChunker.Table(parsing: "3=1,5-6=2.5")
    #expect(table.rows.map(\.lengths) == [3...3, 5...6])
    #expect(try SupertokenChunker.Table(parsing: table.description) == table)
    #expect(
      try Self.chunks("abcdefgh", SupertokenChunker(SupertokenChunker.Table(parsing: "3=1"))) == [
        "abc", "def", "gh",
      ])
    for wrong in ["", "0-4=1", "5-4=1", "4-5", "4-5=x", "4-5=0", "a-b=1"] {
      #expect(throws: ToklabError.self) { try SupertokenChunker.Table(parsing: wrong) }
    }
  }

  @Test func tokensCrossWords() throws {
    let text =
      String(repeating: "the quick brown fox jumps over the lazy dog\n", count: 3)
      + String(repeating: "once upon a time in the west\n", count: 400)
    let trainer = SupertokenTrainer(BytePairParameters(vocabularySize: 400, maxTokenLength: 31))
    let trained = try trainer.train(on: Corpus(text: text), cutBy: .words)
    let vocabulary = trained.definition.model.vocabulary
    let tokens = (0..<vocabulary.capacity).map { vocabulary[TokenID($0)] }
    #expect(tokens.contains { $0.count > 10 && $0.dropFirst().contains(0x20) })
    #expect(tokens.allSatisfy { $0.count <= 30 })
    let tokenizer = try Tokenizer(trained.definition)
    #expect(try tokenizer.decode(tokenizer.encode(text).ids) == Array(text.utf8))
  }
}

@Suite struct WordPieceTrainerTests {
  @Test func learnsContinuingPieces() throws {
    // low ×5, lower ×2, newest ×6, widest ×3: est is the most frequent merge, inside words.
    let words = [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)]
    let text = words.map { String(repeating: $0.0 + " ", count: $0.1) }.joined()
    let trained = try WordPieceTrainer(WordPieceTrainer.Parameters(vocabularySize: 30)).trainWithDigest(
      on: Corpus(text: text)
    ).tokenizer
    let vocabulary = trained.definition.model.vocabulary
    let tokens = (0..<vocabulary.capacity).map { String(decoding: vocabulary[TokenID($0)], as: UTF8.self) }
    #expect(tokens.prefix(5) == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    // By code point: the 10 letters, the 8 that continue words, then merges: ##e ##s 9 times, ##es ##t 9 times.
    #expect(tokens[5..<15] == ["d", "e", "i", "l", "n", "o", "r", "s", "t", "w"])
    #expect(tokens[15..<23] == ["##d", "##e", "##i", "##o", "##r", "##s", "##t", "##w"])
    #expect(tokens[23...24] == ["##es", "##est"])
    #expect(tokens.count == 30)
  }

  @Test func theReferenceLibraryReadsTheFile() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"])
    var files: [[UInt8]] = []
    for threads in [1, 3] {
      let trained = try WordPieceTrainer(WordPieceTrainer.Parameters(vocabularySize: 4000)).trainWithDigest(
        on: corpus, run: TrainingRun(threads: threads)
      ).tokenizer
      files.append(try HuggingFaceJSON.write(trained.definition))
    }
    #expect(files[0] == files[1])
    try AtomicFile.write(scratch("wordpiece.json"), files[0])
    let text = try FileBytes.read(TestPaths.root + "/Corpora/sample/eng.txt")
    try AtomicFile.write(scratch("text.txt"), text)
    let ids = try ReferenceLibrary.run("encode_file.py", scratch("wordpiece.json"), scratch("text.txt"))
    let expected = String(decoding: ids, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let tokenizer = try Tokenizer(HuggingFaceJSON.read(files[0]))
    #expect(try tokenizer.encode(text).ids.map { "\($0)" } == expected.map(String.init))
  }

  @Test func refusesWhatCannotBe() throws {
    var parameters = WordPieceTrainer.Parameters(vocabularySize: 20)
    #expect(throws: ToklabError.self) {
      try WordPieceTrainer(parameters).trainWithDigest(on: Corpus(text: "the quick brown fox jumps"))
    }
    parameters.specialTokens = []
    #expect(throws: ToklabError.self) {
      try WordPieceTrainer(parameters).trainWithDigest(on: Corpus(text: "a b"))
    }
  }
}
