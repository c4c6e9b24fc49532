import Adapt
import TestSupport
import Testing
import Tokenizers

/// Errors of models, prompts and ensembles that no other suite has.
@Suite struct InputErrorTests {
  /// Gives every context the same row.
  private final class FixedRow: LanguageModel {
    let facts: LanguageModelFacts
    let row: [Double]

    init(_ row: [Double], ends: [TokenID] = []) {
      facts = LanguageModelFacts(kind: "fixed", vocabularySize: row.count, endTokens: ends)
      self.row = row
    }

    func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
      contexts.map { _ in row }
    }
  }

  private static func message(_ body: () throws(ToklabError) -> Void) -> String {
    do throws(ToklabError) {
      try body()
      return "no error"
    } catch { return error.description }
  }

  @Test func rowsThatAreNoDistribution() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 1, letters: Array("ab".utf8), merges: 2)
    let size = toy.vocabulary.capacity
    var flat = [Double](repeating: 0, count: size)
    try LogProbabilities.normalize(&flat)
    func next(_ row: [Double]) -> String {
      Self.message { () throws(ToklabError) in
        _ = try ByteModel(FixedRow(row), tokenizer: toy.tokenizer!).state().distribution()
      }
    }
    #expect(next(flat) == "no error")
    #expect(next(flat.map { $0 + 0.0005 }) == "no error")
    #expect(next(flat.map { $0 + 0.01 }).contains("expected 1 within 0.001"))
    #expect(next(flat.dropLast(2) + [.nan, 0]).contains("score NaN of token \(size - 2)"))
    #expect(next(flat.dropLast() + [.infinity]).contains("score +inf"))
    #expect(next(flat.map { _ in -Double.infinity }).contains("expected 1 within 0.001"))
  }

  @Test func promptsThatTheNormalizerChanges() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 1, letters: Array("ab".utf8), merges: 2)
    var definition = toy.tokenizer!.definition
    definition.normalizer = .lowercase
    let tokenizer = try Tokenizer(definition)
    let error = #expect(throws: ToklabError.self) {
      try BytePrompt(Array("abcD".utf8), tokenizer: tokenizer, parsesSpecial: false)
    }
    #expect(error?.position == .byte(3))
    #expect(error?.description.contains("normalizer changes") == true)
    #expect(try BytePrompt(Array("abcd".utf8), tokenizer: tokenizer, parsesSpecial: false).text.count == 4)
  }

  @Test func modelsThatDisagreeOnTheEnd() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 1, letters: Array("ab".utf8), merges: 2)
    var flat = [Double](repeating: 0, count: toy.vocabulary.capacity + 1)
    try LogProbabilities.normalize(&flat)
    let end = TokenID(toy.vocabulary.capacity)
    let one = try ByteModel(FixedRow(flat, ends: [end]), tokenizer: toy.tokenizer!)
    var shorter = [Double](repeating: 0, count: toy.vocabulary.capacity)
    try LogProbabilities.normalize(&shorter)
    let two = try ByteModel(FixedRow(shorter), tokenizer: toy.tokenizer!)
    let message = Self.message { () throws(ToklabError) in
      _ = try ByteEnsemble([one.state(), two.state()], mode: .mean)
    }
    #expect(message.contains("model 2 has no token that ends a text"), "\(message)")
    let alike = Self.message { () throws(ToklabError) in
      _ = try ByteEnsemble([two.state(), two.state()], mode: .mean)
    }
    #expect(alike == "no error")
  }
}
