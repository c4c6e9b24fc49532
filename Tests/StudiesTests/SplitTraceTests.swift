import Studies
import TestSupport
import Testing
import Tokenizers

/// Explanations end where encoding ends.
@Suite struct SplitTraceTests {
  static let text = Array("the dogs jumped, the dog jumps; Быстрая лиса прыгает. xyz 敏 undogly".utf8)
  static let corpus = Corpus(
    text: String(
      repeating:
        "the quick dogs jump over the lazy dog, and the fox jumped.\nБыстрая лиса прыгает через собаку.\n",
      count: 4))

  private func ids(_ tokenizer: Tokenizer) throws -> [TokenID] {
    try Self.text.withUnsafeBufferPointer { (bytes) throws(ToklabError) in
      try DocumentEncoder(tokenizer).encodeWithOffsets(bytes)
    }.ids
  }

  @Test func lattice() throws {
    let trained = try UnigramTrainer(UnigramParameters(vocabularySize: 90)).trainWithDigest(on: Self.corpus)
      .tokenizer
    let tokenizer = try Tokenizer(trained.definition)
    guard case .lattice(let traces) = try SplitTrace(of: Self.text, tokenizer) else {
      Issue.record("no lattice")
      return
    }
    // Runs of unknown characters are one token.
    var found: [TokenID] = []
    for trace in traces {
      #expect(trace.path.map(\.range.lowerBound).first == 0)
      #expect(trace.path.last?.range.upperBound == trace.piece.count)
      #expect(abs(trace.path.reduce(0) { $0 + $1.score } - trace.sum) < 1e-9)
      var wasUnknown = false
      for edge in trace.path {
        let id = edge.id ?? tokenizer.model.unknownID!
        let isUnknown = id == tokenizer.model.unknownID
        if !(isUnknown && wasUnknown) { found.append(id) }
        wasUnknown = isUnknown
      }
      // No edge has a better way to its end than the best.
      for edge in trace.edges where edge.range.upperBound == trace.piece.count {
        #expect(edge.sum <= trace.sum)
      }
    }
    #expect(try found == ids(tokenizer))
  }

  @Test func merges() throws {
    let pattern = try PreTokenizers.named("o200k")
    let cut = PreTokenization(
      preTokenizer: pattern.preTokenizer, named: pattern.name, component: pattern.component)
    let trained = try BytePairTrainer(BytePairParameters(vocabularySize: 320)).train(
      on: PreTokenCounts(Self.corpus, cutBy: cut)
    ).tokenizer(cutBy: cut)
    let tokenizer = try Tokenizer(trained.definition)
    guard case .merges(let traces) = try SplitTrace(of: Self.text, tokenizer) else {
      Issue.record("no merges")
      return
    }
    #expect(try traces.flatMap(\.tokens) == ids(tokenizer))
  }

  @Test func prefixes() throws {
    var vocabulary = VocabularyBuilder()
    for (id, token) in ["[UNK]", "the", "dog", "##s", "jump", "##ed", "un", "##dog", "##ly", ",", ";", "."]
      .enumerated()
    {
      vocabulary.append(id: TokenID(id), Array(token.utf8))
    }
    let definition = TokenizerDefinition(
      normalizer: nil, preTokenizer: .bert,
      model: .wordPiece(WordPieceDefinition(vocabulary: try vocabulary.build())), postProcessor: nil,
      decoder: nil,
      addedTokens: [])
    let tokenizer = try Tokenizer(definition)
    guard case .prefixes(let traces) = try SplitTrace(of: Self.text, tokenizer) else {
      Issue.record("no prefixes")
      return
    }
    var found: [TokenID] = []
    for trace in traces {
      // One unknown token for a word without a way through.
      let steps = trace.steps.map(\.id)
      found += steps.contains(nil) ? [0] : steps.map { $0! }
    }
    #expect(try found == ids(tokenizer))
    let last = try #require(traces.last)
    #expect(last.steps.map(\.id) == [6, 7, 8])
    #expect(
      last.steps[0].rejected.map { String(decoding: $0, as: UTF8.self) } == [
        "undogly", "undogl", "undog", "undo", "und",
      ])
    #expect(last.steps[1].rejected.map { String(decoding: $0, as: UTF8.self) } == ["##dogly", "##dogl"])
  }

  /// RWKV's kind: bytes and longer tokens, the longest that fits at every place.
  @Test func longestMatch() throws {
    var vocabulary = VocabularyBuilder()
    for byte in 0...255 { vocabulary.append(id: TokenID(byte), [UInt8(byte)]) }
    for (id, token) in ["the", " dog", " do", "un", "dogly", "the d", "прыг"].enumerated() {
      vocabulary.append(id: TokenID(256 + id), Array(token.utf8))
    }
    let tokenizer = try Tokenizer(
      TokenizerDefinition(
        normalizer: nil, preTokenizer: nil,
        model: .longestMatch(LongestMatchDefinition(vocabulary: try vocabulary.build())), postProcessor: nil,
        decoder: nil, addedTokens: []))
    guard case .prefixes(let traces) = try SplitTrace(of: Self.text, tokenizer) else {
      Issue.record("no prefixes")
      return
    }
    let steps = traces.flatMap(\.steps)
    #expect(try steps.map(\.id) == ids(tokenizer))
    // "the d" wins over "the" and is followed by bytes; at the end "un" and "dogly".
    #expect(steps.first?.id == 261 && steps.suffix(2).map(\.id) == [259, 260])
    let all = Set((0..<TokenID(263)).map { tokenizer.bytes(of: $0)! })
    for step in steps { #expect(step.rejected.allSatisfy { !all.contains($0) }) }
    // What was tried before "un": everything longer, up to the longest token's nine bytes or the text's end.
    #expect(steps[steps.count - 2].rejected.first.map { String(decoding: $0, as: UTF8.self) } == "undogly")
  }
}
