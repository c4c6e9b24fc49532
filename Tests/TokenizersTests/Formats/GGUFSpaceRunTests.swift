import TestSupport
import Testing
import Tokenizers

/// User-defined runs of spaces in a GGUF file, as Gemma 3 has them: small twin of the comparison with llama.cpp in
/// `make test-peers`.
@Suite struct GGUFSpaceRunTests {
  private static let pieces: [(text: String, kind: UInt64)] = [
    ("<unk>", 2), ("a", 1), ("b", 1), ("▁", 1), ("\n", 1), ("  ", 4), ("   ", 4), ("    ", 4), ("\n\n", 4),
    ("▁a", 1),
  ]

  private static var file: [UInt8] {
    var file = ProtobufBytes("GGUF")
    file.integer(3, 4)
    file.integer(0, 8)
    file.integer(5, 8)
    file.string("tokenizer.ggml.model")
    file.integer(8, 4)
    file.string("llama")
    file.string("tokenizer.ggml.add_space_prefix")
    file.integer(7, 4)
    file.integer(0, 1)
    func list(_ key: String, _ type: UInt64, _ add: (String, UInt64, Int) -> Void) {
      file.string(key)
      file.integer(9, 4)
      file.integer(type, 4)
      file.integer(UInt64(pieces.count), 8)
      for (index, piece) in pieces.enumerated() { add(piece.text, piece.kind, index) }
    }
    list("tokenizer.ggml.tokens", 8) { text, _, _ in file.string(text) }
    list("tokenizer.ggml.scores", 6) { _, _, index in file.integer(UInt64((-Float(index)).bitPattern), 4) }
    list("tokenizer.ggml.token_type", 5) { _, kind, _ in file.integer(kind, 4) }
    return file.bytes
  }

  /// The longest run first, from the left on; what is left over is a space of its own or part of a word.
  @Test(arguments: 2...40)
  func runsAreCutLongestFirst(count: Int) throws {
    let tokenizer = try Tokenizer(GGUFTokenizer.read(Self.file))
    func spelled(_ text: String) throws -> [String] {
      try tokenizer.encode(text).ids.map { Self.pieces[Int($0)].text }
    }
    let four = [String](repeating: "    ", count: count / 4)
    let rest = [[], ["▁"], ["  "], ["   "]][count % 4]
    let run = String(repeating: " ", count: count)
    #expect(try spelled("b\(run)b") == ["b"] + four + rest + ["b"])
    #expect(try spelled("b\(run)a") == ["b"] + four + (rest == ["▁"] ? ["▁a"] : rest + ["a"]))
    #expect(try spelled(run) == four + rest)
    let lines = String(repeating: "\n", count: count)
    #expect(
      try spelled("a\(lines)b") == ["a"] + [String](repeating: "\n\n", count: count / 2)
        + (count % 2 == 1 ? ["\n"] : []) + ["b"])
    #expect(try tokenizer.decode(tokenizer.encode("b\(run)a").ids) == Array("b\(run)a".utf8))
  }
}
