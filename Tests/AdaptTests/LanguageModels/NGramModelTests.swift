import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

@Suite struct NGramModelTests {
  /// A tokenizer of a few merges over GPT-2's pattern and a model of a short text.
  static func model(order: Int, _ texts: [String]) throws -> (NGramModel, Tokenizer) {
    let toy = try ToyTokenizer(
      .bytePair, seed: 2, letters: Array("abc ".utf8), merges: 8, pattern: "gpt2")
    let tokenizer = toy.tokenizer!
    let documents = try texts.map { try tokenizer.encode($0).ids }
    return (try NGramModel(documents: documents, tokenizer: tokenizer, order: order), tokenizer)
  }

  @Test(arguments: 1...5)
  func everyRowIsADistributionWithFullSupport(order: Int) throws {
    let (model, tokenizer) = try Self.model(order: order, ["abc abc cab", "a b c ab", "abcabc"])
    var random = RandomText(seed: UInt64(order))
    for length in 0..<8 {
      let text = random.string(of: Array("abcd ".utf8), count: length)
      let row = try model.logProbabilities(after: [try tokenizer.encode(text).ids])[0]
      #expect(row.count == tokenizer.capacity + 1)
      #expect(row.allSatisfy { $0 > -.infinity && $0 <= 0 })
      #expect(abs(LogProbabilities.sum(row)) < 1e-12)
    }
  }

  /// Order 2 on the one document "ab" of single bytes, by hand: the bigrams (begin a), (a b), (b end) occur
  /// once each, so n₁ = 3, n₂ = 0 and D = 1/2; each of a, b, end has one left neighbour, so D = 1/2 there
  /// too and p₁(b) = (1 − ½)/3 + ½·3/3·1/257, p₂(b | a) = (1 − ½)/1 + ½·p₁(b).
  @Test func followsTheFormula() throws {
    let tokens = (0...255).map { [UInt8($0)] }
    let tokenizer = try Tokenizer(
      TokenizerDefinition(
        model: .bytePair(BytePairDefinition(vocabulary: try Vocabulary(tokens), semantics: .mergeList))))
    let model = try NGramModel(documents: [[97, 98]], tokenizer: tokenizer, order: 2)
    let unigram = 0.5 / 3 + 0.5 / 257
    let row = try model.logProbabilities(after: [[97]])[0]
    #expect(abs(exp(row[98]) - (0.5 + 0.5 * unigram)) < 1e-14)
    #expect(abs(exp(row[99]) - 0.5 * 0.5 / 257) < 1e-14)
  }

  @Test func savesAndLoadsTheSame() throws {
    let (model, tokenizer) = try Self.model(order: 3, ["abc abc cab", "a b c"])
    let folder = try TemporaryFolder()
    try model.write(to: folder["one"])
    try model.write(to: folder["two"])
    #expect(try FileBytes.read(folder["one"]) == FileBytes.read(folder["two"]))
    let loaded = try NGramModel(path: folder["one"])
    #expect(loaded.facts == model.facts)
    for text in ["", "a", "ab", "abc ab", "zz"] {
      let ids = try tokenizer.encode(text).ids
      #expect(
        try loaded.logProbabilities(after: [ids]) == model.logProbabilities(after: [ids]))
    }
    #expect(try Tokenizer(loaded.tokenizer).encode("abc cab").ids == tokenizer.encode("abc cab").ids)
  }

  @Test func damagedFilesGiveOneError() throws {
    let (model, _) = try Self.model(order: 3, ["abc abc cab"])
    let folder = try TemporaryFolder()
    try model.write(to: folder["good"])
    let good = try FileBytes.read(folder["good"])
    var random = SplitMix64(seed: 4)
    for round in 0..<150 {
      var bytes = good
      if round % 3 == 0 {
        bytes.removeLast(1 + random.below(bytes.count - 1))
      } else {
        for _ in 0...round % 4 { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
      }
      try folder.write("bad", bytes)
      // A change inside counts or token text can leave a good file; nothing may trap.
      do throws(ToklabError) { _ = try NGramModel(path: folder["bad"]) } catch {
        #expect(error.file == folder["bad"])
      }
    }
  }

  @Test func noTextIsAnError() throws {
    #expect(throws: ToklabError.self) { try Self.model(order: 3, [""]) }
    #expect(throws: ToklabError.self) { try Self.model(order: 9, ["a"]) }
  }
}
