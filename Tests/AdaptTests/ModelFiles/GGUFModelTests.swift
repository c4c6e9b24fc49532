import Adapt
import TestSupport
import Testing
import Tokenizers

/// A small llama model as GGUF, random numbers, for tests without downloads.
enum SmallGGUF {
  static let layers = 2
  static let hidden = 32

  /// - Parameter tied: whether there is no output matrix.
  static func write(to path: String, tied: Bool = true, type: BlockType = .q80) throws {
    var writer = GGUFModelWriter()
    let tokenizer = try Tokenizer(
      HuggingFaceJSON.read(FileBytes.read(TestPaths.root + "/Tests/AdaptTests/Recorded/tokenizer.json")))
    let definition = tokenizer.definition
    let head = try GGUFTokenizer.write(definition)
    let metadata = try GGUFMetadata(head)
    writer.metadata.string("general.architecture", "llama")
    for (key, value) in [
      ("embedding_length", hidden), ("feed_forward_length", 64), ("block_count", layers),
      ("attention.head_count", 4), ("attention.head_count_kv", 2), ("context_length", 128),
    ] { writer.metadata.id("llama." + key, TokenID(value)) }
    writer.metadata.float("llama.attention.layer_norm_rms_epsilon", 1e-5)
    for key in metadata.keys where key.hasPrefix("tokenizer.") {
      writer.metadata.entry(head[metadata.entries[key]!.whole])
    }
    var random = SplitMix64(seed: 3)
    func add(_ name: String, _ shape: [Int], _ type: BlockType) {
      let numbers = (0..<shape.reduce(1, *)).map { _ in Float(random.unitInterval() - 0.5) / 4 }
      var bytes: [UInt8] = []
      numbers.withUnsafeBufferPointer { type.encode($0, into: &bytes) }
      writer.add(name, code: type.rawValue, shape: shape, size: bytes.count) { (out) throws(ToklabError) in
        try out.write(bytes)
      }
    }
    add("token_embd.weight", [tokenizer.capacity, hidden], type)
    for layer in 0..<layers {
      for (name, shape) in [
        ("attn_q", [32, 32]), ("attn_k", [16, 32]), ("attn_v", [16, 32]), ("attn_output", [32, 32]),
        ("ffn_gate", [64, 32]), ("ffn_up", [64, 32]), ("ffn_down", [32, 64]),
      ] { add("blk.\(layer).\(name).weight", shape, .q80) }
      add("blk.\(layer).attn_norm.weight", [32], .f32)
      add("blk.\(layer).ffn_norm.weight", [32], .f32)
    }
    add("output_norm.weight", [32], .f32)
    if !tied { add("output.weight", [tokenizer.capacity, hidden], .f16) }
    try writer.write(to: path)
  }
}

@Suite struct GGUFModelTests {
  /// A converted folder has the numbers that the `gguf` package reads, the rows of Q and K in the other order.
  @Test(arguments: [true, false])
  func conversionIsThePeers(tied: Bool) throws {
    let folder = try TemporaryFolder()
    try SmallGGUF.write(to: folder["m.gguf"], tied: tied)
    let source = try GGUFModelFile(folder["m.gguf"])
    try AtomicFile.makeFolder(folder["out"])
    let names = try GGUFConversion(source).write(to: folder["out"], as: .f32)
    #expect(
      names.sorted() == [
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
      ])
    let output = try ReferenceLibrary.run("gguf_folder.py", folder["m.gguf"], folder["out"])
    #expect(String(decoding: output, as: UTF8.self) == "\(source.tensors.count) equal\n")
    let file = try SafetensorsFile(folder["out"] + "/model.safetensors")
    #expect((file.tensor("lm_head.weight") == nil) == tied)
    let config = try ByteJSON(FileBytes.read(folder["out"] + "/config.json")).root
    #expect(try config.member("tie_word_embeddings")!.bool() == tied)
    #expect(try config.member("vocab_size")!.integer() == source.tensors[0].shape[0])
    // The tokenizer is the file's own.
    let text = Array("the quick brown fox, 123".utf8)
    let own = try Tokenizer(source.tokenizer()).encode(text).ids
    #expect(try Tokenizer(TokenizerFile.open(folder["out"]).definition).encode(text).ids == own)
  }

  @Test func otherArchitecturesAreRefused() throws {
    let folder = try TemporaryFolder()
    var writer = GGUFModelWriter()
    writer.metadata.string("general.architecture", "mamba")
    writer.metadata.string("tokenizer.ggml.model", "gpt2")
    writer.metadata.strings("tokenizer.ggml.tokens", [[0x61]])
    writer.metadata.strings("tokenizer.ggml.merges", [])
    try writer.write(to: folder["m.gguf"])
    let file = try GGUFModelFile(folder["m.gguf"])
    let error = #expect(throws: ToklabError.self) { try GGUFConversion(file) }
    #expect(error?.description.contains("mamba") == true)
  }

  /// Every prefix of a file and every single damaged byte of its head gives an error or a file that can be read
  /// without harm.
  @Test func damagedFilesAreErrors() throws {
    let folder = try TemporaryFolder()
    var writer = GGUFModelWriter()
    writer.metadata.string("general.architecture", "llama")
    writer.add("a", code: BlockType.q80.rawValue, shape: [2, 32], size: 68) { (out) throws(ToklabError) in
      try out.write([UInt8](repeating: 1, count: 68))
    }
    writer.add("b", code: 77, shape: [3], size: 5) { (out) throws(ToklabError) in
      try out.write([1, 2, 3, 4, 5])
    }
    try writer.write(to: folder["m"])
    let whole = try FileBytes.read(folder["m"])
    let file = try GGUFModelFile(folder["m"])
    #expect(file.tensor("a")?.range.count == 68 && file.tensor("b")?.type == nil)
    let dataEnd = file.tensor("b")!.range.lowerBound
    for length in 0..<dataEnd {
      try folder.write("cut", Array(whole[..<length]))
      #expect(throws: ToklabError.self) { try GGUFModelFile(folder["cut"]) }
    }
    for index in 0..<file.dataStart {
      for flip in [UInt8(0xFF), 0x01, 0x80] {
        var bytes = whole
        bytes[index] ^= flip
        try folder.write("bad", bytes)
        if let file = try? GGUFModelFile(folder["bad"]) {
          for tensor in file.tensors { #expect(tensor.range.upperBound <= bytes.count) }
        }
      }
    }
  }
}
