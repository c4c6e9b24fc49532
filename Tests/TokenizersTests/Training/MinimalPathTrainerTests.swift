import TestSupport
import Testing
import Tokenizers

/// PathPiece and MinGram against enumeration of all cuts, and the reference library on their files.
@Suite struct MinimalPathTrainerTests {
  /// All bytes, and random strings of the words.
  private static func pieces(_ words: [([UInt8], Int64)], seed: UInt64) -> [[UInt8]] {
    var random = SplitMix64(seed: seed)
    var pieces = Set<[UInt8]>()
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      let word = words.randomElement(using: &random)!.0
      let start = Int.random(in: 0..<word.count, using: &random)
      let end = Int.random(in: start + 1...min(word.count, start + 5), using: &random)
      if end - start > 1 { pieces.insert(Array(word[start..<end])) }
    }
    return (0...255).map { [UInt8($0)] } + pieces.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test(arguments: 0..<120)
  func pathsAndOmissionsEqualTheDefinition(seed: Int) throws {
    let words = BytePairTrainerTests.words(seed: UInt64(seed))
    let counts = PreTokenCounts(words.map { (bytes: $0.0, count: $0.1) })
    let pieces = Self.pieces(words, seed: UInt64(seed))
    var random = SplitMix64(seed: UInt64(seed) + 1)
    for costs in [
      [Int64](repeating: 1, count: pieces.count), pieces.map { _ in Int64.random(in: 1...4, using: &random) },
      pieces.map { _ in 1 << 26 + Int64.random(in: 0...30000, using: &random) },
    ] {
      let expected = NaiveMinimalPaths(pieces, costs: costs).uses(words)
      let paths = MinimalPaths(pieces, costs: costs)
      for threads in [1, 3] {
        let uses = paths.omissions(counts, threads: threads)
        #expect(uses.counts == expected.counts && uses.omissions == expected.omissions, "seed \(seed)")
        #expect(uses.tokens == expected.tokens)
        #expect(paths.uses(counts, threads: threads).counts == expected.counts)
      }
    }
  }

  /// The rounds of the definition, by enumeration.
  private static func pathPiece(
    _ words: [([UInt8], Int64)], _ candidates: [[UInt8]], wanted: Int, shrink: Double
  ) -> [[UInt8]] {
    let bytes = ByteAlphabet.order.map { [$0] }
    var pieces = candidates
    while pieces.count > wanted {
      let uses = NaiveMinimalPaths(bytes + pieces, costs: (bytes + pieces).map { _ in 1 }).uses(words)
      let order = pieces.indices.sorted {
        let (a, b) = (256 + $0, 256 + $1)
        if uses.omissions[a] != uses.omissions[b] { return uses.omissions[a] > uses.omissions[b] }
        return uses.counts[a] != uses.counts[b] ? uses.counts[a] > uses.counts[b] : $0 < $1
      }
      let kept = order.prefix(max(wanted, Int(shrink * Double(pieces.count)))).sorted()
      pieces = kept.map { pieces[$0] }
    }
    return pieces
  }

  private static func tokens(_ trained: TrainedTokenizer) -> [[UInt8]] {
    let vocabulary = trained.definition.model.vocabulary
    return (256..<vocabulary.capacity).map { ByteAlphabet.bytes(spelledBy: vocabulary[TokenID($0)])! }
  }

  @Test(arguments: 0..<40)
  func pathPieceEqualsItsDefinition(seed: Int) throws {
    let words = BytePairTrainerTests.words(seed: UInt64(seed))
    let counts = PreTokenCounts(words.map { (bytes: $0.0, count: $0.1) })
    let parameters = BytePairParameters(vocabularySize: 256 + seed % 12, maxTokenLength: 7)
    let merges = try BytePairTrainer(BytePairParameters(vocabularySize: 300, maxTokenLength: 7)).train(
      on: counts)
    let all = try merges.tokenizer(cutBy: .words).definition.model.vocabulary
    let pairs = (256..<all.capacity).map { all[TokenID($0)] }
    var strings: [[UInt8]: Int64] = [:]
    for (word, weight) in words {
      for start in word.indices {
        for end in start + 2..<max(start + 2, min(word.count + 1, start + 7)) {
          strings[Array(word[start..<end]), default: 0] += weight
        }
      }
    }
    let frequent = strings.filter { $0.value > 1 }.sorted {
      if $0.value != $1.value { return $0.value > $1.value }
      if $0.key.count != $1.key.count { return $0.key.count > $1.key.count }
      return $0.key.lexicographicallyPrecedes($1.key)
    }.prefix(300).map(\.key)
    for (initial, candidates) in [(PathPieceTrainer.Initial.bpe, pairs), (.ngram, frequent)] {
      let trainer = PathPieceTrainer(parameters, initial: initial, initialSize: 300, shrink: 0.7)
      let trained = try trainer.train(on: counts, cutBy: .words, run: TrainingRun(threads: 2))
      let expected = Self.pathPiece(words, candidates, wanted: seed % 12, shrink: 0.7)
      #expect(Set(Self.tokens(trained)) == Set(expected), "seed \(seed), \(initial)")
      let bytes = (0...255).map { [UInt8($0)] }
      #expect(
        trained.statistics.textTokens
          == NaiveMinimalPaths(bytes + expected, costs: (bytes + expected).map { _ in 1 }).uses(words).tokens)
    }
  }

  private static func counts(_ word: String, _ count: Int64) -> PreTokenCounts {
    PreTokenCounts(CollectionOfOne((bytes: Array(word.utf8), count: count)))
  }

  @Test func aWordByHand() throws {
    // "abc" ten times: "ab" and "bc" save one token each time, "abc" two. Without "abc" one of the others serves.
    let pieces = (0...255).map { [UInt8($0)] } + ["ab", "bc", "abc"].map { Array($0.utf8) }
    let uses = MinimalPaths(pieces, costs: pieces.map { _ in Int64(1) }).omissions(
      Self.counts("abc", 10), threads: 1)
    #expect(
      uses.tokens == 10 && uses.counts[258] == 10 && Array(uses.omissions[256...]) == [0, 0, 10] as [Int64])
    // Of two equal cuts the last token is longest: a bc.
    let two = MinimalPaths(Array(pieces.dropLast()), costs: [Int64](repeating: 1, count: 258)).uses(
      Self.counts("abc", 1), threads: 1)
    #expect(Array(two.counts[256...]) == [0, 1] as [Int64])
  }

  private static let o200k: PreTokenization = {
    let pattern = PreTokenizerPattern.o200k
    return PreTokenization(
      preTokenizer: pattern.preTokenizer, named: pattern.rawValue, component: pattern.component)
  }()

  private static func trainers(_ size: Int, _ specials: [SpecialToken]) -> [(String, any Trainer)] {
    let parameters = BytePairParameters(vocabularySize: size, specialTokens: specials)
    var short = parameters
    short.maxTokenLength = 17
    return [
      ("pathpiece", PathPieceTrainer(short, initialSize: 8000)),
      ("pathpiece, strings", PathPieceTrainer(short, initial: .ngram, initialSize: 8000)),
      ("mingram", MinGramTrainer(parameters)),
      ("mingram, omission", MinGramTrainer(parameters, pruning: .omission)),
    ]
  }

  @Test func theReferenceLibraryCutsAlike() throws {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"])
    let specials = [SpecialToken("<s>"), SpecialToken(role: .eos, "</s>")]
    var text: [UInt8] = []
    for language in ["eng", "hin", "tur", "cmn"] {
      text += try FileBytes.read(TestPaths.root + "/Corpora/sample/\(language).txt")
    }
    text += Array("x <s> y</s>\n  \t\0 é\u{301} 👩‍👧 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8)
    try AtomicFile.write(scratch("text.txt"), text)
    for (name, trainer) in Self.trainers(3000, specials) {
      var files: [[UInt8]] = []
      for threads in [1, 3] {
        let trained = try trainer.train(on: corpus, cutBy: Self.o200k, run: TrainingRun(threads: threads))
        files.append(try HuggingFaceJSON.write(trained.definition))
      }
      #expect(files[0] == files[1], "\(name)")
      try AtomicFile.write(scratch("t.json"), files[0])
      let ids = try ReferenceLibrary.run("encode_file.py", scratch("t.json"), scratch("text.txt"))
      let expected = String(decoding: ids, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      let tokenizer = try Tokenizer(HuggingFaceJSON.read(files[0]))
      let own = try tokenizer.encode(text, options: EncodeOptions(specialTokens: .all)).ids
      #expect(own.map { "\($0)" } == expected.map(String.init), "\(name)")
      #expect(try tokenizer.decode(own, skipSpecialTokens: false) == text, "\(name)")
    }
  }

  /// What training counts is what the engine gives, and MinGram takes fewer tokens than byte pairs.
  @Test func trainingCountsWhatTheEngineGives() throws {
    let corpus = try Corpus(inputs: [TestPaths.root + "/Corpora/sample"])
    let pairs = try BytePairTrainer(BytePairParameters(vocabularySize: 3000)).train(
      on: corpus, cutBy: Self.o200k)
    for (name, trainer) in Self.trainers(3000, []) {
      let trained = try trainer.train(on: corpus, cutBy: Self.o200k, run: TrainingRun())
      let tokenizer = try Tokenizer(trained.definition)
      var tokens: Int64 = 0
      for file in corpus.sources.flatMap(\.files) {
        tokens += Int64(try tokenizer.encode(FileBytes.read(file.path)).ids.count)
      }
      #expect(tokens == trained.statistics.textTokens, "\(name)")
      #expect(trained.definition.model.vocabulary.count == 3000)
      if name.hasPrefix("mingram") { #expect(tokens < pairs.statistics.textTokens, "\(name)") }
    }
  }

  @Test func specialTokensSpelledLikePiecesStandOnNoPath() throws {
    // "ab" is a special token: text with it is cut around it, and no piece of these bytes is trained.
    let text = String(repeating: "abc abc ", count: 50)
    for (name, trainer) in Self.trainers(262, [SpecialToken("ab"), SpecialToken("!")]) {
      let trained = try trainer.train(on: Corpus(text: text), cutBy: Self.o200k, run: TrainingRun())
      let tokenizer = try Tokenizer(trained.definition)
      let vocabulary = trained.definition.model.vocabulary
      #expect(vocabulary.id(of: Array("ab".utf8)) == 0 && vocabulary.id(of: Array("!".utf8)) == 1, "\(name)")
      #expect(
        try tokenizer.encode("xab!", options: EncodeOptions(specialTokens: .all)).ids.suffix(2) == [0, 1])
      // As plain text a special token is not there, but for the byte it is.
      #expect(try tokenizer.encode("ab!").ids.count >= 3, "\(name)")
      #expect(try tokenizer.decode(tokenizer.encode(Array(text.utf8)).ids) == Array(text.utf8), "\(name)")
    }
  }

  @Test func refusesWhatCannotBe() throws {
    let corpus = Corpus(text: "a b a b")
    for trainer in [
      PathPieceTrainer(BytePairParameters(vocabularySize: 255)), PathPieceTrainer(shrink: 1),
      PathPieceTrainer(shrink: .nan), PathPieceTrainer(initialSize: 31999),
      PathPieceTrainer(BytePairParameters(vocabularySize: .max), initialSize: .max),
      MinGramTrainer(initialFactor: 0.9), MinGramTrainer(initialFactor: .infinity),
      MinGramTrainer(iterations: 0), MinGramTrainer(BytePairParameters(vocabularySize: 100)),
    ] as [any Trainer] {
      #expect(throws: ToklabError.self) {
        try trainer.train(on: corpus, cutBy: Self.o200k, run: TrainingRun())
      }
    }
    for (_, trainer) in Self.trainers(300, []) {
      #expect(throws: ToklabError.self) {
        try trainer.train(on: Corpus(text: ""), cutBy: Self.o200k, run: TrainingRun())
      }
    }
  }
}
