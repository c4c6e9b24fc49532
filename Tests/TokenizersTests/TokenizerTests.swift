import TestSupport
import Testing
import Tokenizers

@Suite struct TokenizerTests {
  /// Byte-level BPE over GPT-2's pattern with a few merges, and added tokens of every kind.
  static func tokenizer(
    normalizer: NormalizerComponent? = nil, addPrefixSpace: Bool = false,
    postProcessor: PostProcessorComponent? = nil
  ) throws -> Tokenizer {
    var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }
    var list = MergeList()
    func merge(_ left: String, _ right: String) {
      let (l, r) = (Array(left.utf8), Array(right.utf8))
      list.append(
        left: TokenID(tokens.firstIndex(of: l)!), right: TokenID(tokens.firstIndex(of: r)!),
        result: TokenID(tokens.count))
      tokens.append(l + r)
    }
    merge("h", "e")
    merge("l", "l")
    merge("he", "ll")
    merge("hell", "o")
    merge(" ", "w")
    let added = [
      AddedToken(id: 300, content: Array("<s>".utf8)),
      AddedToken(id: 301, content: Array("<mask>".utf8), leftStrip: true),
      AddedToken(id: 302, content: Array("cat".utf8), singleWord: true, special: false),
      AddedToken(id: 303, content: Array("<r>".utf8), rightStrip: true, special: false),
      AddedToken(id: 304, content: Array("É".utf8), normalized: true, special: false),
    ]
    return try Tokenizer(
      TokenizerDefinition(
        normalizer: normalizer,
        preTokenizer: .byteLevel(addPrefixSpace: addPrefixSpace, trimOffsets: true, useRegex: true),
        model: .bytePair(
          BytePairDefinition(vocabulary: try Vocabulary(tokens), merges: list, semantics: .mergeList)),
        postProcessor: postProcessor,
        decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
        addedTokens: added))
  }

  private static func pieces(
    _ tokenizer: Tokenizer, _ text: String, _ options: EncodeOptions = EncodeOptions()
  ) throws
    -> [String]
  {
    let bytes = Array(text.utf8)
    return try tokenizer.encode(bytes, options: options).offsets.map {
      String(decoding: bytes[$0], as: UTF8.self)
    }
  }

  @Test func mergesInsidePreTokensOnly() throws {
    let tokenizer = try Self.tokenizer()
    #expect(try Self.pieces(tokenizer, "hello world") == ["hello", " w", "o", "r", "l", "d"])
    #expect(try tokenizer.encode("hello world").ids == [259, 260, 111, 114, 108, 100])
  }

  @Test func specialTokensArePlainTextUnlessAllowed() throws {
    let tokenizer = try Self.tokenizer()
    #expect(try tokenizer.encode("<s>").ids == [60, 115, 62])
    #expect(try tokenizer.encode("<s>", options: EncodeOptions(specialTokens: .all)).ids == [300])
    let only = EncodeOptions(specialTokens: .only([Array("<s>".utf8)]))
    #expect(try tokenizer.encode("a<s> <mask>", options: only).ids.prefix(2) == [97, 300])
    #expect(
      try tokenizer.encode("a <mask>b", options: EncodeOptions(specialTokens: .all)).ids == [97, 301, 98])
  }

  @Test func addedTokenOptionsFollowTheReference() throws {
    let tokenizer = try Self.tokenizer()
    #expect(try tokenizer.encode("cat").ids == [302])
    #expect(try tokenizer.encode("cats").ids == [99, 97, 116, 115])
    #expect(try tokenizer.encode("a cat.").ids == [97, 32, 302, 46])
    #expect(try tokenizer.encode("écat").ids.contains(302) == false)
    #expect(try tokenizer.encode("<r> \u{3000}x").ids == [303, 120])
    #expect(try Self.pieces(tokenizer, "<r>  x") == ["<r>  ", "x"])
  }

  @Test func prefixSpaceHasNoBytesOfTheDocument() throws {
    let tokenizer = try Self.tokenizer(addPrefixSpace: true)
    #expect(try tokenizer.encode("w").ids == [260])
    #expect(try tokenizer.encode("w").offsets == [0..<1])
    #expect(try tokenizer.encode(" w").ids == [260])
    #expect(try tokenizer.encode("").ids == [])
  }

  @Test func templatesAddTheirTokens() throws {
    let template = PostProcessorComponent.template(
      single: [.special("<s>", typeID: 0), .sequence(.a, typeID: 0), .special("<mask>", typeID: 0)],
      pair: [],
      specials: [
        TemplateSpecial(id: "<s>", ids: [300], tokens: ["<s>"]),
        TemplateSpecial(id: "<mask>", ids: [301], tokens: ["<mask>"]),
      ])
    let tokenizer = try Self.tokenizer(
      postProcessor: .sequence([
        .byteLevel(addPrefixSpace: true, trimOffsets: false, useRegex: true), template,
      ]))
    let options = EncodeOptions(addSpecialTokens: true)
    #expect(try tokenizer.encode("hello", options: options).ids == [300, 259, 301])
    #expect(try tokenizer.encode("", options: options).ids == [300, 301])
    #expect(try tokenizer.encode("hello").ids == [259])
    let ids = try tokenizer.encode("hello", options: options).ids
    #expect(try tokenizer.decode(ids, skipSpecialTokens: true) == Array("hello".utf8))
    #expect(try tokenizer.decode(ids) == Array("<s>hello<mask>".utf8))
  }

  @Test func anyBytesComeBack() throws {
    let tokenizer = try Self.tokenizer()
    var random = RandomText(seed: 21)
    for _ in 0..<300 {
      let bytes = random.bytes(count: random.random.below(60))
      let encoding = try tokenizer.encode(bytes)
      #expect(try tokenizer.decode(encoding.ids) == bytes)
      #expect(encoding.offsets.reduce(0) { $0 + $1.count } == bytes.count)
    }
  }

  @Test func unknownIdsAreNamed() throws {
    let tokenizer = try Self.tokenizer()
    let error = #expect(throws: ToklabError.self) { try tokenizer.decode([97, 290]) }
    #expect(error?.description.contains("id 290 (number 2)") == true)
  }

  @Test func streamingHoldsBackHalfCharacters() throws {
    let tokenizer = try Self.tokenizer()
    var decoder = StreamingDecoder(tokenizer)
    var out: [[UInt8]] = []
    for byte in Array("é日🎉".utf8) + [0xE6, 0x41, 0xF0] { out.append(try decoder.push(TokenID(byte))) }
    out.append(decoder.finish())
    #expect(
      out.allSatisfy {
        $0.isEmpty || $0 == [0xE6, 0x41] || $0 == [0xF0] || String(validating: $0, as: UTF8.self) != nil
      })
    #expect(out.flatMap { $0 } == Array("é日🎉".utf8) + [0xE6, 0x41, 0xF0])
    #expect(out[0].isEmpty && out[1] == Array("é".utf8))
  }

  @Test(arguments: [1, 2, 7])
  func batchesDoNotDependOnThreads(threads: Int) throws {
    let tokenizer = try Self.tokenizer()
    var random = RandomText(seed: 8)
    let words = ["hello", " world", "\n", " cat", "cat", "<s>", " 12", "日本", "é", "  ", "<r>", ".\n"].map {
      Array($0.utf8)
    }
    var text: [UInt8] = []
    var documents: [Range<Int>] = []
    for size in [0, 3, 90_000, 1, 400_000, 10, 20] {
      let start = text.count
      for _ in 0..<size { text += words[random.random.below(words.count)] }
      documents.append(start..<text.count)
    }
    let options = EncodeOptions(addSpecialTokens: true, specialTokens: .all)
    var expected: [[TokenID]] = []
    for document in documents { expected.append(try tokenizer.encode(text[document], options: options).ids) }
    let batch = try BatchEncoder(tokenizer, options: options, threads: threads)
    try text.withUnsafeBufferPointer { buffer in
      let result = try batch.encode(buffer, documents: documents)
      for index in documents.indices { #expect(Array(result[index]) == expected[index]) }
      let counts = try batch.count(buffer, documents: documents).map(\.tokens)
      #expect(counts == expected.map(\.count))
    }
  }

  @Test func countingEqualsEncoding() throws {
    let tokenizer = try Self.tokenizer()
    let encoder = try DocumentEncoder(tokenizer)
    var random = RandomText(seed: 31)
    for _ in 0..<200 {
      let text = random.string(of: Array("hello w<s>cat\n 12é".utf8), count: random.random.below(200))
      try text.withUnsafeBufferPointer { buffer in
        let count = try encoder.count(buffer).tokens
        let ids = try encoder.encodeWithOffsets(buffer).ids
        #expect(count == ids.count)
      }
    }
  }
}
