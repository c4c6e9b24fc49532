import TestSupport
import Testing

/// SentencePiece, tekken, tiktoken-like JSON, GGUF, vocab.txt and RWKV: real files and damaged ones.
@Suite struct OtherFormatsTests {
  @Test(arguments: [
    ("t5-base-spm", "sentencepiece", 32000), ("mistral-v1-spm", "sentencepiece", 32000),
    ("bpemb-en-100k-spm", "sentencepiece", 100000), ("chinese-llama-sp", "sentencepiece", 20000),
    ("sentencepiece-test-unigram", "sentencepiece", 1000), ("mistral-tekken", "tekken", 130072),
    ("claude-legacy", "tiktoken-json", 64995), ("bert-base-uncased", "vocab-txt", 30522),
    ("rwkv-world", "rwkv", 65529), ("gguf-bert-bge", "gguf", 30522), ("gguf-falcon", "gguf", 65024),
    ("gguf-gpt-2", "gguf", 50257), ("gguf-llama-spm", "gguf", 32000),
  ])
  func realFoldersAreOpenedShared(name: String, format: String, count: Int) throws {
    let opened = try TokenizerFile.open(TestPaths.tokenizer(name))
    #expect(opened.format == format)
    #expect(opened.definition.model.vocabulary.count == count)
  }

  /// The same vocabulary in two formats.
  @Test func ggufHoldsTheSameVocabulariesShared() throws {
    func vocabulary(_ name: String) throws -> Vocabulary {
      try TokenizerFile.open(TestPaths.tokenizer(name)).definition.model.vocabulary
    }
    for (one, other) in [("gguf-gpt-2", "gpt2"), ("gguf-bert-bge", "bert-base-uncased")] {
      let a = try vocabulary(one)
      let b = try vocabulary(other)
      #expect((0..<TokenID(a.capacity)).filter { a[$0] != b[$0] } == [], "\(one) and \(other)")
    }
  }

  /// Every prefix of a small file of each format is an error or a definition, never a trap.
  @Test(arguments: SmallFiles.all.map(\.0))
  func truncatedAndGarbledFilesGiveOneError(name: String) throws {
    let (_, bytes) = try #require(SmallFiles.all.first { $0.0 == name })
    _ = try TokenizerFormat.read(bytes, pattern: nil)
    for end in 0..<bytes.count { _ = try? TokenizerFormat.read(Array(bytes[..<end]), pattern: nil) }
    var random = SplitMix64(seed: 5)
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0...random.below(3) { changed[random.below(changed.count)] = UInt8(random.below(256)) }
      do {
        _ = try TokenizerFormat.read(changed, pattern: nil)
      } catch {
        #expect(!error.found.isEmpty)
      }
    }
  }

  @Test func hugeLengthsAreRefusedBeforeTheyAreUsed() {
    var gguf = ProtobufBytes("GGUF")
    gguf.integer(3, 4)
    gguf.integer(0, 8)
    for (count, length) in [(UInt64.max, UInt64(1)), (1, UInt64.max), (1, 1 << 31), (1 << 31, 4)] {
      var file = gguf
      file.integer(count, 8)
      file.integer(length, 8)
      file.bytes += [UInt8](repeating: 1, count: 64)
      let error = #expect(throws: ToklabError.self) { try GGUFTokenizer.read(file.bytes) }
      #expect(error?.position != nil)
    }
    for bytes: [UInt8] in [
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1], [0x0A, 0x80], [0x0A, 2, 0x0A, 9], [0x0B], [0x0A, 0],
      [UInt8](repeating: 0xFF, count: 12),
    ] {
      #expect(throws: ToklabError.self) { try SentencePieceModel.read(bytes) }
    }
  }

  @Test(
    arguments: [
      (#"'a'"#, [0x61]), (#"'\x00\t\n\r\\\''"#, [0, 9, 10, 13, 0x5C, 0x27]), (#"b'\xff\x41'"#, [0xFF, 0x41]),
      (#"'\u2002'"#, [0xE2, 0x80, 0x82]), (#"'\x80'"#, [0xC2, 0x80]), (#""'""#, [0x27]),
      (#"'é'"#, [0xC3, 0xA9]),
      (#"'\U0001f600'"#, [0xF0, 0x9F, 0x98, 0x80]),
    ] as [(String, [UInt8])])
  func pythonLiterals(text: String, bytes: [UInt8]) {
    var out: [UInt8] = []
    let decoded = Array(text.utf8).withUnsafeBufferPointer { PythonLiteral.decode($0, into: &out) }
    #expect(decoded && out == bytes)
  }

  @Test(arguments: [
    "'a", "a'", "'", "''a'", #"'\'"#, #"'\x4'"#, #"'\q'"#, #"'\ud800'"#, #"b'\u0041'"#, "b'é'",
    #"'\U99999999'"#,
  ])
  func brokenPythonLiterals(text: String) {
    var out: [UInt8] = []
    #expect(!Array(text.utf8).withUnsafeBufferPointer { PythonLiteral.decode($0, into: &out) })
  }
}

/// Little-endian bytes, for files made by hand.
struct ProtobufBytes {
  var bytes: [UInt8]
  init(_ text: String) { bytes = Array(text.utf8) }
  mutating func integer(_ value: UInt64, _ size: Int) {
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }
  mutating func string(_ text: String) {
    integer(UInt64(text.utf8.count), 8)
    bytes += text.utf8
  }
}

/// A small whole file of each format.
enum SmallFiles {
  static let all: [(String, [UInt8])] = [
    ("sentencepiece", sentencePiece), ("gguf", gguf), ("rwkv", Array("1 'a' 1\n2 b'\\xff' 1\n".utf8)),
    ("vocab-txt", Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\n##s\n".utf8)),
    (
      "tekken",
      Array(
        """
        {"config":{"pattern":"\\\\p{L}+","default_vocab_size":4,"default_num_special_tokens":2},
        "vocab":[{"rank":0,"token_bytes":"YQ==","token_str":"a"},{"rank":1,"token_bytes":"Yg==","token_str":null}],
        "special_tokens":[{"rank":0,"token_str":"<s>","is_control":true}]}
        """.utf8)
    ),
    (
      "tiktoken-json",
      Array(#"{"pat_str":"\\p{L}+","special_tokens":{"<E>":9},"bpe_ranks":"! 0 YQ== Yg==\n! 4 YWI="}"#.utf8)
    ),
  ]

  static var sentencePiece: [UInt8] {
    func field(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(payload.count)] + payload
    }
    func piece(_ text: String, _ type: UInt8?) -> [UInt8] {
      field(1, field(1, Array(text.utf8)) + [0x15, 0, 0, 0x80, 0xBF] + (type.map { [0x18, $0] } ?? []))
    }
    return piece("<unk>", 2) + piece("<s>", 3) + piece("▁a", nil) + piece("b", 4) + field(2, [0x18, 2])
      + field(3, field(1, Array("identity".utf8)) + [0x20, 0])
  }

  private static var gguf: [UInt8] {
    var file = ProtobufBytes("GGUF")
    file.integer(3, 4)
    file.integer(0, 8)
    file.integer(5, 8)
    for (key, value) in [("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", "gpt-2")] {
      file.string(key)
      file.integer(8, 4)
      file.string(value)
    }
    for (key, values) in [
      ("tokenizer.ggml.tokens", ["a", "b", "ab", "<s>"]), ("tokenizer.ggml.merges", ["a b"]),
    ] {
      file.string(key)
      file.integer(9, 4)
      file.integer(8, 4)
      file.integer(UInt64(values.count), 8)
      for value in values { file.string(value) }
    }
    file.string("tokenizer.ggml.token_type")
    file.integer(9, 4)
    file.integer(5, 4)
    file.integer(4, 8)
    for type: UInt64 in [1, 1, 1, 3] { file.integer(type, 4) }
    return file.bytes
  }
}
