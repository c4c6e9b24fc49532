import TestSupport
import Testing

/// Opening files of every kind by their content, and the way back through the reference libraries.
@Suite struct TokenizerFileTests {
  private let folder = ScratchFolder()

  @Test(arguments: [
    ("cl100k_base.tiktoken", "cl100k_base", 5), ("o200k_base.tiktoken", "o200k_base", 2),
    ("r50k_base.tiktoken", "r50k_base", 1), ("qwen.tiktoken", "qwen", 208),
    ("llama3/tokenizer.model", "llama3", 256),
    ("whisper.tiktoken", "whisper", 1),
  ])
  func wellKnownRanksAreRecognised(file: String, name: String, specials: Int) throws {
    let opened = try TokenizerFile.open(TestPaths.vocabularies + "/" + file)
    #expect(opened.format == "tiktoken" && opened.notes == ["recognised as \(name)"])
    #expect(opened.definition.addedTokens.count == specials)
    // What was read is written back byte for byte.
    #expect(try TiktokenRanks.write(opened.definition) == FileBytes.read(opened.files[0]))
  }

  /// tiktoken → tokenizer.json: the reference library gives the ids that tiktoken gives.
  @Test(arguments: ["cl100k_base", "o200k_base", "r50k_base", "qwen", "llama3/tokenizer.model"])
  func ranksBecomeATokenizerJSONWithTheSameIDs(name: String) throws {
    defer { folder.remove() }
    let file = TestPaths.vocabularies + "/" + (name.contains("/") ? name : name + ".tiktoken")
    let opened = try TokenizerFile.open(file)
    try HuggingFaceExport.write(opened.definition, to: folder("tokenizer.json"))
    let ours = try ReferenceLibrary.run("formats_peer.py", "ids", folder("tokenizer.json"))
    #expect(try ours == ReferenceLibrary.run("formats_peer.py", "tiktoken-ids", file))
    // The library keeps every id, also of special tokens behind holes.
    let kept = try ReferenceLibrary.run("formats_peer.py", "canonical", folder("tokenizer.json"))
    #expect(try FileBytes.read(folder("tokenizer.json")) + [0] == kept)
    // And back: the same ranks.
    let again = try TokenizerFile.open(folder("tokenizer.json"))
    #expect(again.definition.addedTokens == opened.definition.addedTokens)
    #expect(try TiktokenRanks.write(again.definition) == FileBytes.read(file))
  }

  /// Llama 3's published tokenizer.json has the merges that toklab makes of its published ranks.
  @Test func llama3MergesAreThePublishedOnes() throws {
    let ranks = try TokenizerFile.open(TestPaths.vocabularies + "/llama3/tokenizer.model").definition
    let json = try TokenizerFile.open(TestPaths.vocabularies + "/llama3/tokenizer.json").definition
    guard case .bytePair(let ranked) = ranks.model, case .bytePair(let listed) = json.model else {
      throw ToklabError("not BPE")
    }
    #expect(try MergeReconstruction.merges(of: ranked.vocabulary) == listed.merges)
    let file = try FileBytes.read(TestPaths.vocabularies + "/llama3/tokenizer.model")
    #expect(try TiktokenRanks.write(json) == file)
  }

  @Test func gpt2FolderIsRecognisedAndWritten() throws {
    defer { folder.remove() }
    let opened = try TokenizerFile.open(TestPaths.vocabularies + "/gpt2")
    #expect(opened.format == "vocab-merges" && opened.notes == ["recognised as gpt2"])
    #expect(opened.definition.addedTokens.isEmpty)
    #expect(
      TiktokenRanks.losses(opened.definition).last == "the token <|endoftext|> = 50256, which no merge makes")
    try VocabularyAndMergesExport.write(opened.definition, to: folder("gpt2"))
    let again = try TokenizerFile.open(folder("gpt2"))
    #expect(again.notes == ["GPT-2's pattern is assumed"])
    #expect(try FileBytes.read(folder("gpt2/merges.txt")) == FileBytes.read(opened.files[1]))
    // GPT-2's ranks in tiktoken are these merges.
    let ranks = try FileBytes.read(TestPaths.vocabularies + "/r50k_base.tiktoken")
    #expect(try TiktokenRanks.write(opened.definition) == ranks)
    let ids = try ReferenceLibrary.run("formats_peer.py", "vocab-merges-ids", folder("gpt2"))
    #expect(
      try ids
        == ReferenceLibrary.run(
          "formats_peer.py", "tiktoken-ids", TestPaths.vocabularies + "/r50k_base.tiktoken"))
  }

  @Test(arguments: ["superbpe-baseline-bpe-200k", "superbpe-t180k-200k"])
  func superBPEFoldersAreRecognisedShared(name: String) throws {
    let opened = try TokenizerFile.open(TestPaths.tokenizer(name))
    #expect(opened.notes == ["recognised as \(name)"])
    #expect(opened.definition.model.vocabulary.count == 200_000)
    let written = try VocabularyAndMerges.write(opened.definition)
    #expect(try written.merges == FileBytes.read(opened.files[1]))
  }

  @Test func compressedFilesAndFoldersAreOpenedShared() throws {
    let opened = try TokenizerFile.open(TestPaths.tokenizer("deepseek-v4"))
    #expect(opened.format == "huggingface" && opened.files[0].hasSuffix(".gz"))
    #expect(opened.definition.model.vocabulary.capacity >= 128_000)
  }

  @Test func filesThatAreNoTokenizerSaySo() throws {
    defer { folder.remove() }
    let files: [(String, String)] = [
      ("empty", ""), ("merges", "#version: 0.2\na b\n"),
      ("lfs", "version https://git-lfs.github.com/spec/v1\n"),
      ("text", "Hello world\n"), ("object", "{\"a\": 1}"), ("broken", "{\"a\": "),
      ("config", "{\"tokenizer_class\": \"X\"}"), ("binary", "\u{0}\u{1}\u{2}"), ("list", "[1]"),
    ]
    for (name, text) in files {
      try AtomicFile.write(folder(name), Array(text.utf8))
      let error = #expect(throws: ToklabError.self) { try TokenizerFile.open(folder(name)) }
      #expect(error?.file == folder(name), "\(name)")
      #expect(error?.expected != nil, "\(name)")
    }
    let error = #expect(throws: ToklabError.self) { try TokenizerFile.open(folder.path) }
    #expect(error?.found == "a folder without a tokenizer")
    #expect(throws: ToklabError.self) { try TokenizerFile.open(folder("absent")) }
  }

  @Test func ranksNeedAPattern() throws {
    let ranks = Array(String(decoding: try ByteRanks.make(["ab"]), as: UTF8.self).utf8)
    let error = #expect(throws: ToklabError.self) { try TiktokenRanks.read(ranks) }
    #expect(error?.advice?.contains("--pattern") == true)
    #expect(
      try TiktokenRanks.read(ranks, pattern: "o200k").definition.preTokenizer
        == PreTokenizerPattern.o200k.component)
    let given = try TiktokenRanks.read(ranks, pattern: #"^\p{L}+|[$^]$|\$"#).definition.preTokenizer
    guard case .sequence(let parts) = given, case .split(.regex(let text), .isolated, false) = parts[0] else {
      throw ToklabError("no split")
    }
    #expect(text == #"\A\p{L}+|[$^]\z|\$"#)
    for bad in [#"\p{N}{1,3}+"#, "(?m)^a", "(?im:a)", "a\\", #"\p{L"#] {
      #expect(throws: ToklabError.self, "\(bad)") { try TiktokenRanks.read(ranks, pattern: bad) }
    }
  }

  @Test(arguments: [
    ("YQ==\n", 1), ("YQ== 0\nYg==\n", 2), ("YQ== 0\n!!!! 1\n", 2), ("YQ== 0\nYg== x\n", 2),
    ("YQ== 0\nYg== -1\n", 2),
    ("YQ== 0\nYg== 99999999999999999999\n", 2), ("YQ== 0\nYg== 2097152\n", 2), ("YQ== 0\nYg== \n", 2),
  ])
  func damagedRanksNameTheLine(text: String, line: Int) {
    let error = #expect(throws: ToklabError.self) {
      try TiktokenRanks.read(Array(text.utf8), pattern: "gpt2")
    }
    #expect(error?.position == .line(line))
  }

  @Test(arguments: ["", "\n\n", "YQ== 0\nYg== 0\n", "YQ== 0\nYQ== 1\n"])
  func contradictoryRanksAreErrors(text: String) {
    #expect(throws: ToklabError.self) { try TiktokenRanks.read(Array(text.utf8), pattern: "gpt2") }
  }

  @Test(arguments: [
    (#"{"a": 0, "b": 1, "ab": 2}"#, "#version: 0.2\na b c\n", "merges.txt", ToklabError.Position.line(2)),
    (#"{"a": 0, "b": 1, "ab": 2}"#, "a b\n\n", "merges.txt", .line(2)),
    (#"{"a": 0, "b": 1, "ab": 2}"#, "a c\n", "merges.txt", .line(1)),
    (#"{"a": 0, "b": 1}"#, "a b\n", "merges.txt", .line(1)),
    (#"{"a": 0, "b": 0}"#, "", "vocab.json", .path("$")),
    (#"{"a": 0, "b": -1}"#, "", "vocab.json", .path("$.b")),
    (#"{"a": 0, "b": "x"}"#, "", "vocab.json", .path("$.b")),
    (#"[1]"#, "", "vocab.json", .path("$")),
    (#"{"a": "#, "", "vocab.json", .byte(6)),
    (#"{"▁": 0, "▁": 1}"#, "", "vocab.json", .path("$[\"▁\"]")),
  ])
  func damagedPairsNameFileAndPlace(
    vocabulary: String, merges: String, file: String, position: ToklabError.Position
  ) {
    let error = #expect(throws: ToklabError.self) {
      try VocabularyAndMerges.read(vocabulary: Array(vocabulary.utf8), merges: Array(merges.utf8))
    }
    #expect(error?.file == file && error?.position == position, "\(String(describing: error))")
  }
}

/// Rank files of all 256 bytes and some tokens more.
enum ByteRanks {
  static func make(_ tokens: [String]) throws -> [UInt8] {
    var out: [UInt8] = []
    let all = (0...255).map { [UInt8($0)] } + tokens.map { Array($0.utf8) }
    for (rank, token) in all.enumerated() { out += Base64.encode(token) + Array(" \(rank)\n".utf8) }
    return out
  }
}
