import TestSupport
import Testing
import Tokenizers

/// The incremental merge loop of dynamic tokenization against its definition, and by hand.
@Suite struct DynamicBatchMergeTests {
  /// Letters, spaces, line breaks and bytes of cut characters, with random merges over them.
  private static func bytePair(seed: UInt64) throws -> Tokenizer {
    var material = RandomText(seed: seed)
    var model = material.mergeList(letters: 3, merges: 12, longest: 4)
    model.semantics = .mergeList
    return try Tokenizer(
      TokenizerDefinition(
        preTokenizer: .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: true),
        model: .bytePair(model), decoder: .byteLevel(addPrefixSpace: true, trimOffsets: true, useRegex: true),
        addedTokens: [
          AddedToken(id: TokenID(model.vocabulary.capacity), content: Array("<s>".utf8)),
          AddedToken(id: 97, content: Array("a".utf8), special: seed % 2 == 0),
        ]))
  }

  private static func wordPiece() throws -> Tokenizer {
    let pieces = ["[UNK]", "a", "b", "c", "##a", "##b", "##c", "ab", "##bc", "abc", "##", "#"]
    return try Tokenizer(
      TokenizerDefinition(
        preTokenizer: .bert,
        model: .wordPiece(WordPieceDefinition(vocabulary: try Vocabulary(pieces.map { Array($0.utf8) })))))
  }

  private static func unigram() throws -> Tokenizer {
    let pieces = ["<unk>", "▁", "a", "b", "▁a", "ab", "<0x0A>", "<0xE2>"]
    return try Tokenizer(
      TokenizerDefinition(
        preTokenizer: .metaspace(replacement: "▁", prependScheme: .always, split: true),
        model: .unigram(
          UnigramDefinition(
            vocabulary: try Vocabulary(pieces.map { Array($0.utf8) }),
            scores: pieces.indices.map { -Double($0) - 1 }, unknownID: 0, byteFallback: true))))
  }

  private static let tokenizers = ["bpe", "bpe-special", "wordpiece", "unigram"]

  private static func tokenizer(_ name: String) throws -> Tokenizer {
    switch name {
    case "bpe": try bytePair(seed: 1)
    case "bpe-special": try bytePair(seed: 2)
    case "wordpiece": try wordPiece()
    default: try unigram()
    }
  }

  @Test(arguments: tokenizers, DynamicBoundary.allCases)
  func equalsTheDefinition(name: String, boundary: DynamicBoundary) throws {
    let tokenizer = try Self.tokenizer(name)
    var random = SplitMix64(seed: 7)
    var ids = (0..<TokenID(tokenizer.capacity)).map { $0 }
    if name.hasPrefix("bpe") {
      // Few symbols, so that pairs repeat: letters, white space, marks, halves of characters, merged tokens.
      ids =
        [32, 10, 9, 13, 45, 46, 49, 95, 97, 98, 99, 0xC2, 0xA0, 0xE2, 0x80]
        + (256..<TokenID(tokenizer.capacity))
    }
    for round in 0..<24 {
      let few = (0..<(2 + random.below(6))).map { _ in ids[random.below(ids.count)] }
      let batch = (0..<random.below(6)).map { _ in
        (0..<random.below(30)).map { _ in few[random.below(few.count)] }
      }
      for ties in DynamicTies.allCases {
        for (merges, reduction) in [(nil, nil), (random.below(6), nil), (nil, random.unitInterval())]
          as [(Int?, Double?)]
        {
          let options = DynamicBatchMerge.Options(
            boundary: boundary, ties: ties, merges: merges, reduction: reduction)
          let fast = try DynamicBatchMerge(tokenizer, options: options).merge(batch)
          let slow = try NaiveDynamicMerge(tokenizer, options: options).merge(batch)
          #expect(fast == slow, "round \(round), \(options), \(batch)")
          for token in fast.vocabulary where token.parts.count > 1 {
            #expect(Int(token.id) >= tokenizer.capacity)
          }
        }
      }
    }
  }

  private func merge(_ text: [String], _ boundary: DynamicBoundary, merges: Int? = nil) throws -> DynamicBatch
  {
    let model = BytePairDefinition(
      vocabulary: try Vocabulary((0...255).map { [UInt8($0)] } + [Array("ab".utf8)]), semantics: .mergeList)
    let tokenizer = try Tokenizer(
      TokenizerDefinition(
        preTokenizer: .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: true),
        model: .bytePair(model)))
    return try DynamicBatchMerge(tokenizer, options: .init(boundary: boundary, merges: merges)).merge(
      text.map { $0.utf8.map { TokenID($0) } })
  }

  /// The tokens of each sequence as text.
  private func pieces(_ batch: DynamicBatch) -> [[String]] {
    let bytes = Dictionary(uniqueKeysWithValues: batch.vocabulary.map { ($0.id, $0.bytes) })
    return batch.sequences.map { $0.map { String(decoding: bytes[$0]!, as: UTF8.self) } }
  }

  @Test func mergesByHand() throws {
    // "aaab" and "aab": (a, a) occurs 2 + 1 times, (a, b) twice.
    let batch = try merge(["aaab", "aab"], .word, merges: 1)
    #expect(batch.merges == [DynamicMerge(left: 97, right: 97, id: 257, count: 3)])
    #expect(batch.sequences == [[257, 97, 98], [257, 98]])
    #expect(batch.tokensBefore == 7)
    #expect(batch.lengths == [5])
    #expect(batch.vocabulary.last == DynamicToken(id: 257, bytes: [97, 97], parts: [97, 97]))
    // Of equal counts the smallest ids; a merge that the vocabulary has takes its id.
    let second = try merge(["abab cd cd"], .word, merges: 2)
    #expect(second.merges.map(\.id) == [257, 256])
    #expect(second.merges.map(\.count) == [2, 2])
    #expect(second.merges[0].left == 32)
  }

  @Test func boundariesByHand() throws {
    let text = ["it's a well-known\n\nfact, fact's"]
    #expect(
      pieces(try merge(text, .pretoken))[0] == [
        "it", "'s", " a", " well", "-", "known", "\n", "\n", "fact", ",", " fact", "'s",
      ])
    #expect(
      pieces(try merge(text, .word))[0] == ["it's", " a", " well-known", "\n", "\nfact,", " fact's"])
    #expect(pieces(try merge(["it's x, a-"], .wordHyphen))[0] == ["it", "'s", " x", ",", " a-"])
    #expect(pieces(try merge(["a  b \t c"], .sentence))[0] == ["a", "  ", "b", " \t ", "c"])
    #expect(pieces(try merge(text, .sequence))[0] == text)
  }

  @Test func identifiersAreWhole() throws {
    let result = pieces(try merge(["int getUserName2(x_1, 2nd);"], .identifier))[0]
    #expect(result == ["int", " ", "getUserName2", "(", "x_1", ",", " ", "2", "nd", ")", ";"])
  }

  @Test func cutCharactersJoin() throws {
    #expect(pieces(try merge(["日本 日本"], .word))[0] == ["日本", " 日本"])
  }

  @Test func badIdsAreErrors() throws {
    let tokenizer = try Self.wordPiece()
    #expect(throws: ToklabError.self) { try DynamicBatchMerge(tokenizer).merge([[99]]) }
    let empty = try DynamicBatchMerge(tokenizer).merge([[], []])
    #expect(empty.sequences == [[], []])
    #expect(empty.merges.isEmpty)
  }
}
