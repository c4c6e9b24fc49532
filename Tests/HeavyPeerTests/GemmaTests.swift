import TestSupport
import Testing
import Tokenizers

@Suite("Gemma 3 270M")
struct GemmaTests {
  /// The second vocabulary of ensembles and the donor of transplantation: its ids must be the library's own.
  @Test(
    "the ids of its file are those that llama.cpp gives: every language of the sample, and runs of spaces")
  func ids() throws {
    let tokenizer = try PeerModels.tokenizer(PeerModels.gemma)
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    var lines = try ["eng", "deu", "tur", "hin", "cmn", "arb"].flatMap { language in
      try FileBytes.read(TestPaths.root + "/Corpora/sample/\(language).txt")
        .split(separator: UInt8(ascii: "\n")).prefix(25).map { Array($0) }
    }
    // Runs of 2 to 40 spaces, newlines and tabs are pieces of their own up to some length.
    for count in 2...40 {
      for character in [" ", "\n", "\t"] {
        let run = String(repeating: character, count: count)
        for text in ["a\(run)b", run, "\(run)x = 1", "end\(run)", " \(run)\n\(run) "] {
          lines.append(Array(text.utf8))
        }
      }
    }
    let (sample, runs) = (150, 39 * 3 * 5)
    var texts: [UInt8] = []
    for line in lines {
      var json = JSONWriter(pretty: false)
      json.beginObject()
      json.key("text")
      json.string(line)
      json.endObject()
      texts += json.bytes + [UInt8(ascii: "\n")]
    }
    try AtomicFile.write(scratch("texts.jsonl"), texts)
    let answer = try ReferenceLibrary.run(
      "llamacpp_tokenize.py", [PeerModels.gemma, scratch("texts.jsonl")], python: PeerModels.modelsPython)
    let expected = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix(
      lines.count
    )
    .map { $0.split(separator: UInt8(ascii: " ")).map { TokenID(String(decoding: $0, as: UTF8.self))! } }
    #expect(expected.count == lines.count && lines.count == sample + runs)
    for (line, ids) in zip(lines, expected) {
      #expect(try tokenizer.encode(line).ids == ids)
    }
  }
}
