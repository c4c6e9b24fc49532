import Testing
import TestSupport

/// Reading and writing tokenizer.json against files that `tokenizers` itself writes.
@Suite struct HuggingFaceTests {
  static let names = [
    "bytelevel", "prefix-suffix", "spaces", "bytelevel-normalizer", "wordpiece", "wordlevel", "unigram",
    "unigram-scores",
  ]

  /// Every component and option, in both layouts, byte for byte.
  @Test func readThenWriteChangesNothing() throws {
    let folder = ScratchFolder()
    defer { folder.remove() }
    let made = try ReferenceLibrary.run("formats_peer.py", "make", folder.path)
    #expect(String(decoding: made, as: UTF8.self).split(separator: "\n").map(String.init) == Self.names)
    for name in Self.names {
      for (file, pretty) in [("\(name).json", true), ("\(name).compact.json", false)] {
        let bytes = try FileBytes.read(folder(file))
        let definition = try HuggingFaceJSON.read(bytes)
        #expect(HuggingFaceJSON.limits(definition) == [])
        let written = try HuggingFaceJSON.write(definition, pretty: pretty)
        #expect(written == bytes, "\(file): \(firstDifference(written, bytes))")
      }
    }
  }

  /// Real files that are not canonical: what toklab writes is what the library makes of them.
  @Test(arguments: [
    "llama3/tokenizer.json", "deepseek/tokenizer.json", "huggingface/gpt2.json", "huggingface/qwen.json",
  ])
  func realFilesAreWrittenAsTheLibraryDoes(name: String) throws {
    try compare(TestPaths.vocabularies + "/" + name)
  }

  @Test(arguments: ["llama2/tokenizer.json", "clip/tokenizer.json", "minilm-wordpiece/tokenizer.json"])
  func realFilesAreWrittenAsTheLibraryDoesShared(name: String) throws {
    try compare(TestPaths.tokenizer(name))
  }

  /// An old Unigram file without `model.type`: the scores keep their text, which the library changes.
  @Test func unigramScoresKeepTheirTextShared() throws {
    let bytes = try FileBytes.read(TestPaths.tokenizer("t5-small/tokenizer.json"))
    let definition = try HuggingFaceJSON.read(bytes)
    guard case .unigram(let model) = definition.model else { throw ToklabError("not Unigram") }
    #expect(model.vocabulary.count == 32000 + 100 || model.vocabulary.count == 32100)
    let again = try HuggingFaceJSON.read(HuggingFaceJSON.write(definition))
    guard case .unigram(let copy) = again.model else { throw ToklabError("not Unigram") }
    #expect(copy.scoreTexts == model.scoreTexts && copy.scores == model.scores)
  }

  private func compare(_ path: String) throws {
    let definition = try HuggingFaceJSON.read(FileBytes.read(path))
    var expected = try ReferenceLibrary.run("formats_peer.py", "canonical", path)
    #expect(expected.popLast() == 0)
    let written = try HuggingFaceJSON.write(definition)
    #expect(written == expected, "\(firstDifference(written, expected))")
  }

  private func firstDifference(_ a: [UInt8], _ b: [UInt8]) -> String {
    let index = zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
    func around(_ bytes: [UInt8]) -> String {
      String(
        decoding: bytes[max(0, min(index, bytes.count) - 60)..<min(bytes.count, index + 60)], as: UTF8.self)
    }
    return "at byte \(index): \(around(a)) | \(around(b))"
  }
}
