import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

@Suite struct WordSurprisalTests {
  private static let texts = ["a bad cab  ran", "a cab", "bad bad cab ran a", "ran a bad  cab"]

  @Test func unitsTakeTheSpaceBeforeThem() {
    let text = Array("one  two\n three ".utf8)
    let units = WordSurprisal.units(of: text).map { String(decoding: text[$0], as: UTF8.self) }
    #expect(units == ["one", "  two", "\n three", " "])
    #expect(WordSurprisal.units(of: []).isEmpty)
    #expect(WordSurprisal.units(of: [0x20]) == [0..<1])
  }

  /// The words' parts make up the whole; as words they make up the text and its end.
  @Test func wordsMakeUpTheText() throws {
    let (model, tokenizer) = try NGramModelTests.model(order: 3, Self.texts)
    for text in ["a bad cab", "bad  ran", "cab"] {
      let prompt = BytePrompt(text: Array(text.utf8))
      let bytes = try ByteModel(model, tokenizer: tokenizer)
      let result = try bytes.words(prompt)
      #expect(result.exactness == .exact)
      let total = result.words.reduce(0) { $0 + $1.logProbability }
      #expect(abs(total - (try bytes.score(prompt).logProbability)) < 1e-9)
      #expect(abs(total - result.bytes.reduce(0, +)) < 1e-9)
      let next = try bytes.state(after: prompt).distribution()
      var end = next.endProbability + next.specialProbability
      for byte in [0x20] + Array(UInt8(0x09)...0x0D) { end += next.probability(byte) }
      let words = result.words.reduce(0) { $0 + $1.logWordProbability }
      #expect(abs(words - total - log(end)) < 1e-9)
    }
  }

  /// A text is followed by its end, a special token, or goes on by a byte, whatever the tokens across words.
  @Test func whatMayFollowSumsToOne() throws {
    let toy = try ToyTokenizer(.superword, seed: 3, letters: [], merges: 12)
    let model = try toy.model(.canonical, seed: 9).bytes
    func probability(_ text: [UInt8]) throws -> Double {
      let state = model.state(tracksTotal: true)
      try state.append(text)
      return exp(try state.logProbability().log)
    }
    let text = Array("a b".utf8)
    let next = try model.state(after: BytePrompt(text: text)).distribution()
    var sum = next.endProbability + next.specialProbability
    let whole = try probability(text)
    for byte in UInt8.min...UInt8.max where next.probability(byte) > 0 {
      sum += try probability(text + [byte]) / whole
    }
    #expect(abs(sum - 1) < 1e-10)
  }
}
