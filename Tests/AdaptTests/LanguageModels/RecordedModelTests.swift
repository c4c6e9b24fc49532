import Adapt
import TestSupport
import Testing
import Tokenizers

@Suite struct RecordedModelTests {
  private static func recording(_ folder: TemporaryFolder, exact: Bool) throws -> (NGramModel, Tokenizer) {
    let (model, tokenizer) = try NGramModelTests.model(order: 3, ["abc abc cab", "a b c ab", "abcabc"])
    let recorder = ModelRecorder(model)
    for prompt in ["ab", "abc ca", "cab "] {
      let bytes = try ByteModel(recorder, tokenizer: tokenizer)
      _ = try bytes.state(after: BytePrompt(text: Array(prompt.utf8))).distribution()
    }
    try recorder.write(to: folder["tree"], tokenizerSHA256: "00", exact: exact)
    return (model, tokenizer)
  }

  @Test(arguments: [true, false])
  func replaysTheModel(exact: Bool) throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try Self.recording(folder, exact: exact)
    let recorded = try RecordedModel(path: folder["tree"])
    #expect(recorded.tokenizerSHA256 == "00")
    for prompt in ["ab", "abc ca", "cab "] {
      let text = BytePrompt(text: Array(prompt.utf8))
      let one = try ByteModel(recorded, tokenizer: tokenizer).state(after: text).distribution()
      let two = try ByteModel(model, tokenizer: tokenizer).state(after: text).distribution()
      #expect(one.exactness == .exact)
      #expect(one.variation(from: two) < (exact ? 1e-12 : 1e-6))
    }
  }

  /// What the recording lacks is bounded, not guessed.
  @Test func anotherPromptIsBoundedOrAnError() throws {
    let folder = try TemporaryFolder()
    let (model, tokenizer) = try Self.recording(folder, exact: true)
    let recorded = try RecordedModel(path: folder["tree"])
    #expect(throws: ToklabError.self) { try recorded.logProbabilities(after: [[1, 2, 3]]) }
    for prompt in ["abc", "c", "ca", "b"] {
      let text = BytePrompt(text: Array(prompt.utf8))
      let exact = try ByteModel(model, tokenizer: tokenizer).state(after: text).distribution()
      do throws(ToklabError) {
        let found = try ByteModel(recorded, tokenizer: tokenizer).state(after: text).distribution()
        #expect(exact.variation(from: found) <= found.exactness.bound! + 1e-12)
      } catch { #expect(error.description.contains("recording")) }
    }
  }

  @Test func damagedFilesGiveOneError() throws {
    let folder = try TemporaryFolder()
    _ = try Self.recording(folder, exact: false)
    let good = try FileBytes.read(folder["tree"])
    var random = SplitMix64(seed: 9)
    for round in 0..<150 {
      var bytes = good
      if round % 3 == 0 {
        bytes.removeLast(1 + random.below(bytes.count - 1))
      } else {
        bytes[random.below(min(bytes.count, 700))] = UInt8(truncatingIfNeeded: random.next())
      }
      try folder.write("bad", bytes)
      do throws(ToklabError) { _ = try RecordedModel(path: folder["bad"]) } catch {
        #expect(error.file == folder["bad"])
      }
    }
  }
}
