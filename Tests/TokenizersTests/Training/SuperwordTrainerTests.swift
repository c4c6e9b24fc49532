import TestSupport
import Testing
import Tokenizers

/// Two-stage training against its definition, its published rules, and the reference library on its files.
@Suite struct SuperwordTrainerTests {
  static let words: PreTokenization = {
    let pattern = PreTokenizerPattern.o200kPlain
    return PreTokenization(
      preTokenizer: pattern.preTokenizer, named: pattern.rawValue, component: pattern.component)
  }()

  /// Lines of few words, so that phrases repeat, with colons, digits, punctuation and runs of spaces.
  static func text(seed: UInt64, lines: Int) -> String {
    var random = SplitMix64(seed: seed)
    let stems = ["of", "the", "a", "in", "to", "be", "aaa", "x", "end", "Über", "naïve", "don't"]
    let joints = [" ", " ", " ", " ", " ", ", ", ": ", ". ", "  ", " 12 ", " 1995", " -- ", "...", "\t"]
    var text = ""
    for _ in 0..<lines {
      for _ in 0..<1 + random.below(12) {
        text += stems[min(random.below(stems.count), random.below(stems.count))]
        text += joints[random.below(joints.count)]
      }
      text += "\n"
    }
    return text
  }

  static func parameters(_ size: Int, _ transition: Int, maxWords: Int = 4, minFrequency: Int64 = 0) throws
    -> SuperwordTrainer.Parameters
  {
    try SuperwordTrainer.Parameters(
      bytePair: BytePairParameters(vocabularySize: size, minFrequency: minFrequency), transition: transition,
      maxWords: maxWords)
  }

  static func train(
    _ text: String, _ parameters: SuperwordTrainer.Parameters, threads: Int = 1
  ) throws -> BytePairTraining {
    let corpus = Corpus(text: text)
    return try SuperwordTrainer(parameters).train(
      on: PreTokenCounts(corpus, cutBy: words), of: corpus, cutBy: words, run: TrainingRun(threads: threads))
  }

  /// The second stage over whole lines, nothing cut and nothing counted together.
  static func definition(_ text: String, _ parameters: SuperwordTrainer.Parameters) throws -> MergeList {
    var first = parameters.bytePair
    first.vocabularySize = parameters.transition
    let trained = try BytePairTrainer(first).train(on: PreTokenCounts(Corpus(text: text), cutBy: words))
    guard case .bytePair(let model) = try trained.tokenizer(cutBy: words).definition.model else {
      throw ToklabError("no byte-pair model")
    }
    let encoder = NaiveBytePair(try BytePairModel(model))
    var pieces: [[TokenID]] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let bytes = Array(line.utf8) + [0x0A]
      var start = 0
      for end in try PreTokenizerPattern.superbpe.preTokenizer.ends(bytes) {
        pieces.append(try ModelPeer.encode(Array(bytes[start..<end]), encoder).ids)
        start = end
      }
    }
    let tokens = (0..<trained.vocabularySize).map { model.vocabulary[TokenID($0)] }
    let second = NaiveBytePairTrainer.merges(
      symbols: pieces, weights: pieces.map { _ in 1 }, tokens: tokens,
      size: parameters.bytePair.vocabularySize, minFrequency: parameters.bytePair.minFrequency
    ) { left, right in
      let joined = left + right
      let hasColon = zip(joined, joined.dropFirst()).contains { $0 == 0x3A && $1 == 0x20 }
      return !hasColon && joined.split(separator: 0x20).count <= parameters.maxWords
    }
    var all = trained.merges
    for index in 0..<second.count {
      all.append(left: second.left[index], right: second.right[index], result: second.result[index])
    }
    return all
  }

  @Test(arguments: 0..<30)
  func equalsTheDefinition(seed: Int) throws {
    let text = Self.text(seed: UInt64(seed), lines: 20 + seed * 3)
    for (maxWords, minFrequency) in [(4, 0), (2, 0), (4, 3)] as [(Int, Int64)] {
      var parameters = try Self.parameters(
        300 + seed * 4, 270 + seed, maxWords: maxWords, minFrequency: minFrequency)
      let expected = try Self.definition(text, parameters)
      // The guess decides how much is cut, never what is learned.
      for (guess, threads) in [(nil, 1), (1, 2), (4, 3), (1000, 1)] as [(Int64?, Int)] {
        parameters.guess = guess
        let found = try Self.train(text, parameters, threads: threads)
        #expect(found.merges == expected, "seed \(seed), \(maxWords) words, guess \(guess ?? -1)")
      }
    }
  }

  @Test func keepsTheRules() throws {
    let text = String(
      repeating: "note: the cat sat on the mat, in 1995 or 12 -- see below: the end of the day is near\n",
      count: 50)
    let training = try Self.train(text, Self.parameters(700, 300))
    let trained = try training.tokenizer(
      cutBy: SuperwordTrainer(Self.parameters(700, 300)).secondStage(after: Self.words))
    let tokens = (0..<training.vocabularySize).map {
      String(decoding: trained.definition.model.vocabulary[TokenID($0)], as: UTF8.self)
    }
    let longest = tokens.map { $0.split(separator: " ").count }.max()
    #expect(longest == 4)
    #expect(!tokens.contains { $0.contains(": ") })
    #expect(!tokens.contains { $0.count > 3 && $0.contains("1995") })
    #expect(!tokens.contains { $0.contains("12 ") || $0.contains("5 ") })
    #expect(tokens.contains(" sat on the mat"))
    let tokenizer = try Tokenizer(trained.definition)
    #expect(try tokenizer.decode(tokenizer.encode(text).ids) == Array(text.utf8))
  }

  @Test func theFirstMergesAreThoseOfWords() throws {
    let text = Self.text(seed: 77, lines: 400)
    let words = try BytePairTrainer(BytePairParameters(vocabularySize: 290)).train(
      on: PreTokenCounts(Corpus(text: text), cutBy: Self.words))
    let both = try Self.train(text, Self.parameters(400, 290))
    #expect(both.merges.prefix(words.merges.count) == words.merges)
    #expect(both.textTokens.last! < words.textTokens.last!)
    // The statistic is what the finished tokenizer needs for the text, lines apart.
    let parameters = try Self.parameters(400, 290)
    let trained = try both.tokenizer(cutBy: SuperwordTrainer(parameters).secondStage(after: Self.words))
    let tokenizer = try Tokenizer(trained.definition)
    var tokens = 0
    for line in text.split(separator: "\n") { tokens += try tokenizer.encode(line + "\n").ids.count }
    #expect(trained.statistics.textTokens == Int64(tokens))
  }

  /// What a sweep shares between sizes: one list of word merges serves as the first stage of every size.
  @Test(arguments: [(400, 290), (330, 300), (2000, 1600), (280, 280)])
  func aLongerFirstStageServesEverySize(size: Int, transition: Int) throws {
    let text = Self.text(seed: 5, lines: 400)
    let trainer = SuperwordTrainer(try Self.parameters(size, transition))
    let counts = try PreTokenCounts(Corpus(text: text), cutBy: Self.words)
    let words = try BytePairTrainer(BytePairParameters(vocabularySize: 1700)).train(on: counts)
    let pieces = try PreTokenCounts(Corpus(text: text), cutBy: trainer.secondStage(after: Self.words))
    let whole = try trainer.train(on: counts, pieces: pieces, cutBy: Self.words)
    let after = try trainer.train(after: words, pieces: pieces, cutBy: Self.words)
    #expect(after.merges == whole.merges)
    #expect(after.tokenCounts == whole.tokenCounts && after.textTokens == whole.textTokens)
    let second = trainer.secondStage(after: Self.words)
    let (one, other) = (try after.tokenizer(cutBy: second), try whole.tokenizer(cutBy: second))
    #expect(try HuggingFaceJSON.write(one.definition) == HuggingFaceJSON.write(other.definition))
    #expect(one.statistics == other.statistics)
    #expect(throws: ToklabError.self) {
      let short = try BytePairTrainer(BytePairParameters(vocabularySize: transition - 1)).train(on: counts)
      _ = try trainer.train(after: short, pieces: pieces, cutBy: Self.words)
    }
  }

  @Test func weightedSourcesCountAsRepeatedText() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let (one, two) = (Self.text(seed: 1, lines: 40), Self.text(seed: 2, lines: 60))
    try AtomicFile.write(scratch("one.txt"), Array(one.utf8))
    try AtomicFile.write(scratch("two.txt"), Array(two.utf8))
    let weights = try SourceWeights(
      parsing: Array("\(scratch("one.txt"))\t3\n\(scratch("two.txt"))\t1\n".utf8), file: "w.tsv")
    let corpus = try Corpus(
      inputs: [scratch("one.txt"), scratch("two.txt")], options: .init(weights: weights))
    let parameters = try Self.parameters(380, 300)
    let weighed = try SuperwordTrainer(parameters).train(
      on: PreTokenCounts(corpus, cutBy: Self.words), of: corpus, cutBy: Self.words)
    let repeated = try Self.train(one + one + one + two, parameters)
    #expect(weighed.merges == repeated.merges)
    #expect(weighed.statistics == repeated.statistics)
  }

  @Test func refusesWhatCannotBe() throws {
    func message(_ parameters: SuperwordTrainer.Parameters) -> String {
      do {
        _ = try Self.train("a b", parameters)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(try message(Self.parameters(300, 301)).hasPrefix("a transition at 301; expected a size from 256"))
    #expect(try message(Self.parameters(300, 255)).hasPrefix("a transition at 255"))
    #expect(try message(Self.parameters(300, 280, maxWords: 0)).hasPrefix("at most 0 words a token"))
    #expect(throws: ToklabError.self) { try SuperwordTrainer.Parameters(secondStage: "regex:(") }
  }

  /// A vocabulary large enough for encoding in two levels, in the reference library.
  @Test func theReferenceLibraryReadsTheFile() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"])
    let parameters = try Self.parameters(2600, 2000)
    let trainer = SuperwordTrainer(parameters)
    let trained = try trainer.train(on: corpus, cutBy: Self.words)
    try AtomicFile.write(scratch("superword.json"), try HuggingFaceJSON.write(trained.definition))
    let tokenizer = try Tokenizer(trained.definition)
    guard case .bytePair(let model) = trained.definition.model else {
      throw ToklabError("no byte-pair model")
    }
    #expect(try SuperwordTable(BytePairModel(model)) != nil)
    let text =
      try FileBytes.read(corpus.sources[0].files[0].path) + Array(Self.text(seed: 5, lines: 300).utf8)
    try AtomicFile.write(scratch("text.txt"), text)
    let ids = try ReferenceLibrary.run("encode_file.py", scratch("superword.json"), scratch("text.txt"))
    let expected = String(decoding: ids, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    #expect(try tokenizer.encode(text).ids.map { "\($0)" } == expected.map(String.init))
  }
}

/// Supermerges in competition against their definition, and in the reference library.
@Suite struct BoundlessTrainerTests {
  private typealias Merge = NaiveBoundlessTrainer.Merge

  /// Lines as pre-tokens that know whether the second pattern parts them.
  private static func pieces(_ text: String, _ second: any PreTokenizer) throws -> [[NaiveBoundlessTrainer
    .Piece]]
  {
    try text.split(separator: "\n").map { line in
      let line = Array(line.utf8) + [0x0A]
      let cuts = Set(try second.ends(line))
      var start = 0
      return try SuperwordTrainerTests.words.preTokenizer.ends(line).map { end in
        defer { start = end }
        return .init(Array(line[start..<end]), joinsNext: !cuts.contains(end))
      }
    }
  }

  @Test(arguments: 0..<16)
  func equalsTheDefinition(seed: Int) throws {
    let text = SuperwordTrainerTests.text(seed: UInt64(seed), lines: 15 + seed * 3)
    for (maxWords, minFrequency) in [(4, 0), (2, 3)] as [(Int, Int64)] {
      let parameters = try SuperwordTrainerTests.parameters(
        290 + seed * 3, 290, maxWords: maxWords, minFrequency: minFrequency)
      let corpus = Corpus(text: text)
      let counts = try PreTokenCounts(corpus, cutBy: SuperwordTrainerTests.words)
      let full = try BytePairTrainer(parameters.bytePair).train(on: counts)
      let vocabulary = try full.tokenizer(ofSize: full.vocabularySize, cutBy: SuperwordTrainerTests.words)
        .definition.model.vocabulary
      let (ordinary, supermerges) = NaiveBoundlessTrainer.merges(
        lines: try Self.pieces(text, parameters.secondStage.preTokenizer),
        size: parameters.bytePair.vocabularySize, maxWords: maxWords, minFrequency: minFrequency,
        forbidden: Set((0..<TokenID(vocabulary.capacity)).map { vocabulary[$0] }))
      let found = try BoundlessTrainer(parameters).train(
        on: counts, of: corpus, cutBy: SuperwordTrainerTests.words, run: TrainingRun(threads: 1 + seed % 3))
      let model = try found.tokenizer(ofSize: found.vocabularySize, cutBy: SuperwordTrainerTests.words)
        .definition.model
      guard case .bytePair(let model) = model else { throw ToklabError("no merge list") }
      let merges = (0..<model.merges.count).map {
        Merge(left: model.vocabulary[model.merges.left[$0]], right: model.vocabulary[model.merges.right[$0]])
      }
      #expect(merges == ordinary + supermerges, "seed \(seed), \(maxWords) words")
      // Small sizes leave room for ordinary merges only.
      #expect(seed < 9 || !supermerges.isEmpty)
    }
  }

  @Test func theReferenceLibraryReadsTheFile() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"])
    let trained = try BoundlessTrainer(try SuperwordTrainerTests.parameters(2600, 2600)).train(
      on: corpus, cutBy: SuperwordTrainerTests.words)
    try AtomicFile.write(scratch("boundless.json"), try HuggingFaceJSON.write(trained.definition))
    let tokenizer = try Tokenizer(trained.definition)
    let text = Array(SuperwordTrainerTests.text(seed: 5, lines: 200).utf8)
    try AtomicFile.write(scratch("text.txt"), text)
    let ids = try ReferenceLibrary.run("encode_file.py", scratch("boundless.json"), scratch("text.txt"))
    let expected = String(decoding: ids, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    #expect(try tokenizer.encode(text).ids.map { "\($0)" } == expected.map(String.init))
  }

  @Test func weightedSourcesAreRefused() throws {
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"], options: .init(balance: 0.5))
    #expect(throws: ToklabError.self) {
      try BoundlessTrainer(try SuperwordTrainerTests.parameters(400, 400)).train(
        on: corpus, cutBy: SuperwordTrainerTests.words)
    }
  }
}
