import TestSupport
import Testing

/// The built program against tiktoken and tokenizers on real vocabularies: `Tests/Peers/encode_peer.py` says
/// which texts; it also proves of each comparison that it can fail.
@Suite(.serialized) struct PeerTests {
  static let vocabularies = [
    "cl100k_base.tiktoken", "o200k_base.tiktoken", "r50k_base.tiktoken", "llama3.model", "qwen.tiktoken",
    "gpt2 files", "gpt2.json", "cl100k.json", "o200k.json", "llama3.json", "qwen.json", "deepseek.json",
  ]

  @Test(arguments: vocabularies) func idsEqualTheReferences(vocabulary: String) throws {
    try compare(vocabulary, sets: "sample,scalars,spaces,runs,entries,bytes,roundtrip")
  }

  @Test(arguments: vocabularies) func idsEqualTheReferencesOnRealTextShared(vocabulary: String) throws {
    try compare(vocabulary, sets: "texts,udhr,ntrex", "--shared", TestPaths.shared)
  }

  @Test func aWrongIdIsNoticed() throws {
    // The same vocabulary with two ids exchanged must be found out.
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    let text = try FileBytes.read(TestPaths.vocabularies + "/huggingface/gpt2.json")
    let changed = String(decoding: text, as: UTF8.self).split(separator: #""he": 258"#).joined(
      separator: #""he": 259"#
    )
    .split(separator: #""in": 259"#).joined(separator: #""in": 258"#)
    try AtomicFile.makeFolder(scratch("huggingface"))
    try AtomicFile.write(scratch("huggingface/gpt2.json"), Array(changed.utf8))
    #expect(throws: ToklabError.self) {
      try compare("gpt2.json", sets: "sample", "--references", TestPaths.vocabularies, in: scratch.path)
    }
  }

  private func compare(
    _ vocabulary: String, sets: String, _ options: String..., in folder: String = TestPaths.vocabularies
  ) throws {
    let summary = try ReferenceLibrary.run(
      "encode_peer.py",
      ["--toklab", Toklab.path, "--vocabularies", folder, "--only", vocabulary, "--sets", sets] + options)
    print(String(decoding: summary, as: UTF8.self), terminator: "")
  }
}
