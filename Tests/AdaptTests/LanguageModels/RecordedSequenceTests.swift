import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// `bytes logits`: what scores along one sequence of tokens say of the next byte.
@Suite struct RecordedSequenceTests {
  /// Scores of a model along the tokens of a text, with or without the row after nothing.
  private static func write(
    _ model: any LanguageModel, _ ids: [TokenID], to path: String, first: Int
  ) throws {
    let rows = try model.logProbabilities(after: (first...ids.count).map { Array(ids[..<$0]) })
    var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(rows.count), \(rows[0].count)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
    for value in rows.joined() {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    try AtomicFile.write(path, bytes)
  }

  private static func distribution(_ state: ByteState, _ message: inout String) -> ByteDistribution? {
    do throws(ToklabError) { return try state.distribution() } catch {
      message = error.description
      return nil
    }
  }

  @Test func theDistributionAfterTheLastToken() throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try NGramModelTests.model(order: 3, ["abc abc cab", "a b c ab", "abcabc"])
    for text in ["abc", "abc ca", "a b", "cab a"] {
      let ids = try tokenizer.encode(text).ids
      for first in [0, 1] where ids.count >= first {
        try Self.write(model, ids, to: folder["logits"], first: first)
        let sequence = try RecordedSequence(
          path: folder["logits"], ids: ids, endTokens: model.facts.endTokens)
        let prompt = BytePrompt(text: Array(text.utf8))
        let found = try ByteModel(sequence, tokenizer: tokenizer).state(after: prompt)
        let truth = try ByteModel(model, tokenizer: tokenizer).state(after: prompt)
        let expected = try truth.distribution()
        var message = ""
        if let distribution = Self.distribution(found, &message) {
          // Exact, or as far off as it says.
          let bound = distribution.exactness.bound ?? 1
          #expect(distribution.variation(from: expected) <= bound + 1e-9, "\(text)")
        } else {
          // Without the row after nothing a text of one token may have no certain beginning.
          #expect(first == 1, "\(message)")
          #expect(message.contains("nothing before the first token"), "\(message)")
        }
      }
    }
  }

  @Test func shapesAndIdsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try NGramModelTests.model(order: 2, ["abc abc cab"])
    let ids = try tokenizer.encode("abc cab").ids
    try Self.write(model, ids, to: folder["logits"], first: 1)
    func message(_ ids: [TokenID]) -> String {
      do throws(ToklabError) {
        _ = try RecordedSequence(path: folder["logits"], ids: ids)
        return "no error"
      } catch { return error.description }
    }
    #expect(message(ids) == "no error")
    #expect(message(ids + ids + ids).contains("expected one row an id"))
    #expect(message([]).contains("expected one row an id"))
    #expect(message(Array(repeating: 1 << 20, count: ids.count)).contains("expected ids below"))
    #expect(message(ids.dropLast()) == "no error")  // the row after nothing is taken to be there
    try folder.write("cut", Array(try FileBytes.readRaw(folder["logits"]).dropLast(9)))
    #expect(throws: ToklabError.self) { try RecordedSequence(path: folder["cut"], ids: ids) }
  }

  @Test func idsThatAreNotOfTheText() throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try NGramModelTests.model(order: 2, ["abc abc cab"])
    let text = Array("abc cab".utf8)
    let ids = try tokenizer.encode(text).ids
    try Self.write(model, ids, to: folder["logits"], first: 1)
    let sequence = try RecordedSequence(path: folder["logits"], ids: ids)
    func message(_ sequence: RecordedSequence, _ text: [UInt8]) -> String {
      do throws(ToklabError) {
        let (prompt, first) = try sequence.prompt(tokenizer, text: text)
        return prompt.text == text && first == 0 ? "no error" : "another prompt"
      } catch { return error.description }
    }
    #expect(message(sequence, text) == "no error")
    #expect(
      message(sequence, Array("abc dab".utf8)).contains(
        "byte 4: \"cab\" in what the ids decode to; expected \"dab\" as in the text"))
    #expect(message(sequence, text + [0x63]).contains("its end in what the ids decode to"))
    #expect(message(sequence, Array("abc".utf8)).contains("expected its end as in the text"))
    // An id that dynamic encoding gave to a token of one batch.
    let width = tokenizer.capacity + 3
    let rows = RecordedSequenceTests.Flat(width)
    let dynamic = ids + [TokenID(tokenizer.capacity + 1)]
    try Self.write(rows, dynamic, to: folder["wide"], first: 1)
    let refused = message(try RecordedSequence(path: folder["wide"], ids: dynamic), text)
    #expect(refused.contains("id \(tokenizer.capacity + 1), number \(ids.count)"), "\(refused)")
    #expect(refused.contains("expected ids of a frozen vocabulary"), "\(refused)")
  }

  /// Gives all tokens the same probability.
  private final class Flat: LanguageModel {
    let facts: LanguageModelFacts
    init(_ width: Int) { facts = LanguageModelFacts(kind: "flat", vocabularySize: width, endTokens: []) }
    func logProbabilities(after contexts: [[TokenID]]) throws(ToklabError) -> [[Double]] {
      contexts.map { _ in
        [Double](repeating: -log(Double(facts.vocabularySize)), count: facts.vocabularySize)
      }
    }
  }
}
