import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// Byte probabilities over vocabularies of characters: SentencePiece and WordPiece.
@Suite struct SpelledVocabularyTests {
  /// Texts over a, b, a space and the two bytes of é.
  static let bytes: [UInt8] = [0x61, 0x62, 0x20, 0xC3, 0xA9]

  @Test(arguments: SpelledToy.Family.allCases, ByteQuantity.allCases)
  func equalsBruteForce(family: SpelledToy.Family, quantity: ByteQuantity) throws {
    var compared = 0
    var worst = 0.0
    for seed in 0..<UInt64(6) {
      let toy = try SpelledToy(family, seed: seed)
      let end = TokenID(toy.tokenizer.capacity)
      let source = ToyModel(width: Int(end) + 1, end: [end], seed: seed &* 31 &+ 7)
      let model = try ByteModel(
        source, tokenizer: toy.tokenizer, options: ByteModel.Options(quantity: quantity))
      let strings = Self.strings(upTo: 3)
      let brute = BruteForce(
        tokens: toy.tokens, model: source, quantity: quantity, special: toy.special, probes: strings,
        encode: toy.encode)
      for text in Self.strings(upTo: seed == 1 ? 3 : 2) {
        let expected = try brute.prefix(toy.leading + text)
        let state = model.state(tracksTotal: true)
        do { try state.append(text) } catch {
          #expect(expected == 0, "\(family) seed \(seed) \(ByteEscape.string(text))")
          continue
        }
        let (log, exactness) = try state.logProbability()
        // How equal paths are decided is not certain where sums run on, and the result says so.
        #expect(exactness == (model.validity.isExact ? .exact : .lowerBound))
        #expect(
          ByteQuantityTests.relative(exp(log), expected) <= 1e-12,
          "\(family) \(quantity) seed \(seed) \(ByteEscape.string(text)): \(exp(log)), expected \(expected)")
        compared += 1
        worst = max(worst, ByteQuantityTests.relative(exp(log), expected))
        if expected == 0 { continue }
        let next = try state.distribution()
        var parts = try Self.bytes.map { try brute.prefix(toy.leading + text + [$0]) }
        parts.append(try brute.ending(toy.leading + text))
        parts.append(try brute.meetingSpecial(toy.leading + text))
        let total = parts.reduce(0, +)
        let found = Self.bytes.map { next.probability($0) } + [next.endProbability, next.specialProbability]
        for (part, value) in zip(parts, found) {
          #expect(
            ByteQuantityTests.relative(value, part / total) <= 1e-11,
            "\(family) \(quantity) seed \(seed) \(ByteEscape.string(text)): \(found), expected \(parts)")
        }
        let sum = (0...255).reduce(found[5] + found[6]) { $0 + next.probability(UInt8($1)) }
        #expect(abs(sum - 1) <= 1e-12)
      }
    }
    print("\(family) \(quantity): \(compared) texts, relative error at most \(worst)")
    #expect(compared > 50)
  }

  /// Spaces that the normalizer takes away are no reason for doubt; sums of a unigram model that run on are.
  @Test(arguments: SpelledToy.Family.allCases)
  func whatIsCertain(family: SpelledToy.Family) throws {
    var uncertain = 0
    for seed in 0..<UInt64(6) {
      let toy = try SpelledToy(family, seed: seed)
      let vocabulary = try ByteVocabulary(toy.tokenizer, endTokens: [])
      let validity = try LocalValidity(toy.tokenizer, vocabulary)
      // With a piece across a space the text is never cut.
      let crosses = toy.tokens.contains { $0.bytes.dropFirst().contains(0x20) && $0.bytes != [0x20, 0x20] }
      let isUnigram = family == .unigram || family == .trimmed
      #expect(validity.isExact == (!isUnigram || crosses), "\(family) \(seed)")
      if !validity.isExact { uncertain += 1 }
    }
    #expect((uncertain > 0) == (family == .unigram || family == .trimmed))
  }

  /// The case behind it: `aaa` is `aa a` at the beginning of a text and `a aa` after a word, by the rounding of
  /// sums that are equal.
  @Test func equalPathsAreDecidedByAllThatStandsBefore() throws {
    let toy = try SpelledToy(.trimmed, seed: 2)
    let bytes = Dictionary(uniqueKeysWithValues: toy.tokens.map { ($0.id, $0.bytes) })
    func pieces(_ text: String) throws -> [String] {
      try #require(toy.encode(Array(text.utf8))).map { String(decoding: bytes[$0]!, as: UTF8.self) }
    }
    #expect(try pieces(" aaa") == [" ", "aa", "a"])
    #expect(try pieces(" a aaa") == [" ", "a", " ", "a", "aa"])
    let end = TokenID(toy.tokenizer.capacity)
    let source = ToyModel(width: Int(end) + 1, end: [end], seed: 69)
    for quantity in [ByteQuantity.canonical, .valid] {
      let model = try ByteModel(
        source, tokenizer: toy.tokenizer, options: ByteModel.Options(quantity: quantity))
      let state = model.state()
      try state.append(Array("a a".utf8))
      #expect(try state.distribution().exactness == .lowerBound)
    }
  }

  private static func strings(upTo length: Int) -> [[UInt8]] {
    var all: [[UInt8]] = [[]]
    var last: [[UInt8]] = [[]]
    for _ in 0..<length {
      last = last.flatMap { text in bytes.map { text + [$0] } }
      all += last
    }
    return all
  }
}

/// The same on real vocabularies, with a model that favours nothing an encoder would do.
@Suite struct RealSpelledVocabularyTests {
  /// Sums of one, the chain rule, and the text's own encoding among its covers.
  static func check(_ tokenizer: Tokenizer, _ text: String, _ quantity: ByteQuantity = .canonical) throws {
    let end = TokenID(tokenizer.capacity)
    let source = ToyModel(width: Int(end) + 1, end: [end], seed: 11, spread: 12)
    let model = try ByteModel(source, tokenizer: tokenizer, options: ByteModel.Options(quantity: quantity))
    let prompt = try BytePrompt(Array(text.utf8), tokenizer: tokenizer, parsesSpecial: false)
    let state = model.state(tracksTotal: true)
    let start = try state.logProbability().log
    var product = 0.0
    var before = start
    for byte in prompt.text {
      let next = try state.distribution()
      #expect(next.exactness == .exact || model.validity.isExact == false)
      let sum = (0...255).reduce(next.endProbability + next.specialProbability) {
        $0 + next.probability(UInt8($1))
      }
      #expect(abs(sum - 1) < 1e-9)
      product += next.log(byte)
      try state.append(byte)
      let after = try state.logProbability().log
      #expect(after <= before + 1e-12)
      before = after
    }
    #expect(abs(product - (before - start)) < 1e-6, "\(text)")
    let ids = try tokenizer.encode(prompt.text).ids
    let list = try state.coverList()
    #expect(list.covers.contains { list.certain + $0.tokens == ids }, "\(text)")
    #expect(state.count == prompt.text.count)
  }

  /// Encodings of texts are viable to the last token, and complete there.
  static func walk(_ tokenizer: Tokenizer, _ lines: [[UInt8]]) throws -> Int {
    let vocabulary = try ByteVocabulary(tokenizer, endTokens: [])
    let validity = try LocalValidity(tokenizer, vocabulary)
    var tokens = 0
    for line in lines {
      guard (try? BytePrompt(line, tokenizer: tokenizer, parsesSpecial: false)) != nil else { continue }
      let ids = try tokenizer.encode(line).ids
      var state: ValidityState? = validity.start()
      for id in ids {
        state = state.flatMap { validity.advanced($0, by: id) }
        if state == nil { break }
        tokens += 1
      }
      // Text outside the vocabulary has no encoding in tokens of text.
      if state == nil, ids.contains(where: { !vocabulary.vocabulary.contains($0) }) { continue }
      #expect(state?.isComplete == true, "\(ByteEscape.string(line)) \(ids)")
    }
    return tokens
  }

  static let shared = [
    "llama2/tokenizer.json", "mistral-v1-spm/tokenizer.model", "t5-base-spm/spiece.model",
    "t5-small/tokenizer.json", "bert-base-uncased/vocab.txt", "minilm-wordpiece/tokenizer.json",
    "bpemb-en-100k-spm/en.wiki.bpe.vs100000.model", "gguf-llama-spm/ggml-vocab-llama-spm.gguf",
  ]

  @Test("Shared: real vocabularies of characters", arguments: shared)
  func sharedVocabularies(name: String) throws {
    let tokenizer = try Tokenizer(
      TokenizerFile.open(TestPaths.tokenizer(name), pattern: nil).definition)
    let isLower = name.hasPrefix("b") || name.hasPrefix("minilm")
    try Self.check(tokenizer, isLower ? "the hou" : "The hou")
    let lines = try ["eng", "deu", "tur"].flatMap { language in
      try FileBytes.read(TestPaths.root + "/Corpora/sample/\(language).txt")
        .split(separator: UInt8(ascii: "\n")).prefix(20).map { Array($0) }
    }
    let tokens = try Self.walk(tokenizer, lines)
    print("\(name): \(tokens) tokens of encodings, all viable")
    #expect(tokens > (isLower ? 0 : 500))
  }

  /// Pieces from the project's own sample: its words and their beginnings and ends, characters, byte tokens.
  @Test(arguments: ["bpe", "unigram", "trimmed"])
  func vocabulariesOfTheSample(kind: String) throws {
    let lines = try ["eng", "tur"].flatMap { language in
      try FileBytes.read(TestPaths.root + "/Corpora/sample/\(language).txt")
        .split(separator: UInt8(ascii: "\n")).prefix(12).map { Array($0) }
    }
    var pieces: [(bytes: [UInt8], kind: PieceKind, count: Int)] = [(Array("<unk>".utf8), .unknown, 0)]
    for byte in UInt8.min...UInt8.max {
      let digits = Array("0123456789ABCDEF".utf8)
      pieces.append((Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], 0x3E], .byte, 0))
    }
    var counts: [String: Int] = [:]
    for line in lines {
      for word in String(decoding: line, as: UTF8.self).split(separator: " ") {
        let characters = Array("▁" + word)
        for start in characters.indices {
          for end in start..<min(characters.count, start + 6) {
            counts[String(characters[start...end]), default: 0] += 1
          }
        }
      }
    }
    let chosen = counts.filter {
      $0.value > 3 && $0.key.unicodeScalars.allSatisfy { $0.isASCII || $0 == "▁" }
    }
    .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    for (text, count) in chosen { pieces.append((Array(text.utf8), .normal, count)) }
    let vocabulary = try Vocabulary(pieces.map(\.bytes))
    var definition: TokenizerDefinition
    if kind == "bpe" {
      var model = BytePairDefinition(
        vocabulary: vocabulary, semantics: .scores, alphabet: .characters, unknownToken: "<unk>",
        byteFallback: true)
      model.kinds = pieces.map(\.kind)
      model.scores = pieces.indices.map { -Float($0) }
      definition = TokenizerDefinition(model: .bytePair(model))
    } else {
      var model = UnigramDefinition(
        vocabulary: vocabulary, scores: pieces.map { log(Double($0.count + 1) / 1e5) }, unknownID: 0,
        byteFallback: true)
      model.flavor = .sentencePiece
      model.kinds = pieces.map(\.kind)
      definition = TokenizerDefinition(model: .unigram(model))
    }
    definition.sentencePiece = SentencePieceSettings(
      modelType: kind == "bpe" ? .bpe : .unigram,
      normalization: .init(removeExtraWhitespaces: kind == "trimmed"))
    let tokenizer = try Tokenizer(definition)
    try Self.check(tokenizer, "The ço")
    #expect(try Self.walk(tokenizer, lines) > 300)
  }
}
