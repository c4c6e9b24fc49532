import Adapt
import TestSupport
import Testing
import Tokenizers

/// all-MiniLM-L6-v2 through the helper.
@Suite("sentence embeddings") struct SentenceVectorTests {
  /// The vectors that sentence-transformers gives, whatever else is in a question.
  @Test func theHelperPoolsAsSentenceTransformersDoes() throws {
    var launch = HelperModel.Launch(backend: "transformers", model: PeerModels.miniLM)
    launch.python = PeerModels.python
    let vectors = try HelperVectors(launch)
    #expect(vectors.dimensions == 384)
    let texts =
      ["the", " the", "The", "ization", "tokenizer", "日本", "é", "\t", "    ", "12"]
      + (try FileBytes.read(TestPaths.root + "/Corpora/sample/eng.txt").split(separator: 0x0A).prefix(20)
        .map { String(decoding: $0, as: UTF8.self) })
    let found = try vectors.vectors(for: texts.map { Array($0.utf8) })
    let output = try ReferenceLibrary.run(
      "sentence_vectors.py", [PeerModels.miniLM], input: Array(texts.joined(separator: "\n").utf8),
      python: PeerModels.python)
    try #require(output.count == 4 * 384 * texts.count)
    var largest = 0.0
    for row in 0..<texts.count {
      for column in 0..<384 {
        let other = output.withUnsafeBytes {
          Float(bitPattern: $0.loadUnaligned(fromByteOffset: 4 * (row * 384 + column), as: UInt32.self))
        }
        largest = max(largest, abs(Double(found[row][row * 384 + column]) - Double(other)))
      }
    }
    print("all-MiniLM-L6-v2 by \(vectors.backend): at most \(largest) from sentence-transformers")
    #expect(largest < 1e-5)
  }
}
