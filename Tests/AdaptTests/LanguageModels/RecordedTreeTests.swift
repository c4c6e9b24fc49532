import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// The recording in Recorded/, made by Scripts/record-test-tree.sh: it replays its model, and for other prompts
/// says what it does not know.
@Suite struct RecordedTreeTests {
  static let folder = TestPaths.root + "/Tests/AdaptTests/Recorded/"

  private static func open() throws -> (RecordedModel, Tokenizer) {
    let file = try TokenizerFile.open(folder + "tokenizer.json", pattern: nil)
    return (try RecordedModel(path: folder + "tree.safetensors"), try Tokenizer(file.definition))
  }

  private static func message(_ state: ByteState) -> String {
    do throws(ToklabError) {
      return try state.distribution().exactness == .exact ? "exact" : "not exact"
    } catch { return error.description }
  }

  @Test func replaysEveryPrompt() throws {
    let (model, tokenizer) = try Self.open()
    let lines = try FileBytes.read(Self.folder + "expected.tsv").split(separator: 0x0A)
    #expect(lines.count == 10)
    for line in lines {
      let fields = String(decoding: line, as: UTF8.self).split(separator: "\t")
      let bytes = try ByteModel(model, tokenizer: tokenizer)
      let next = try bytes.state(after: BytePrompt(text: Array(fields[0].utf8))).distribution()
      #expect(next.exactness == .exact)
      #expect(bytes.model.contextsEvaluated > 0)
      for (rank, field) in fields.dropFirst().enumerated() {
        let parts = field.split(separator: ":")
        let byte = try #require(UInt8(parts[0]))
        #expect(next.ranked[rank] == byte, "\(fields[0])")
        #expect(abs(next.probability(byte) - Double(parts[1])!) < 1e-6, "\(fields[0])")
      }
    }
  }

  @Test func anotherPromptIsNeverPassedOffAsExact() throws {
    let (model, tokenizer) = try Self.open()
    let bytes = try ByteModel(model, tokenizer: tokenizer)
    for prompt in ["The wate", "Nothing like it"] {
      let state = try bytes.state(after: BytePrompt(text: Array(prompt.utf8)))
      let message = Self.message(state)
      #expect(message == "not exact" || message.contains("record"), "\(prompt): \(message)")
    }
  }
}
