import TestSupport
import Testing

/// Writing each format, and what each refuses.
@Suite struct ExportTests {
  private let folder = ScratchFolder()

  private func open(_ name: String) throws -> TokenizerDefinition {
    try TokenizerFile.open(TestPaths.tokenizer(name)).definition
  }

  @Test func namesAreUniqueAndFound() throws {
    let names = ExportFormats.all.map { $0.name }
    #expect(Set(names).count == names.count)
    for name in names { #expect(try ExportFormats.named(name).name == name) }
    #expect(throws: ToklabError.self) { try ExportFormats.named("nonsense") }
  }

  /// A file of SentencePiece's that is read and written comes out byte for byte.
  @Test(arguments: [
    "t5-base-spm", "mistral-v1-spm", "bpemb-en-100k-spm", "chinese-llama-sp", "sentencepiece-test-unigram",
  ])
  func sentencePieceIsWrittenUnchangedShared(name: String) throws {
    let opened = try TokenizerFile.open(TestPaths.tokenizer(name))
    #expect(try SentencePieceModel.write(opened.definition) == FileBytes.read(opened.files[0]))
  }

  /// The same for models that sentencepiece trains here, of all four types.
  @Test func trainedSentencePieceModelsAreWrittenUnchanged() throws {
    defer { folder.remove() }
    let names = try ReferenceLibrary.run("formats_peer.py", "make-sentencepiece", folder.path)
    for name in String(decoding: names, as: UTF8.self).split(separator: "\n") {
      let bytes = try FileBytes.read(folder(String(name)))
      var definition = try SentencePieceModel.read(bytes)
      #expect(try SentencePieceModel.write(definition) == bytes, "\(name)")
      // Without the file's own messages the model must still mean the same.
      definition.sentencePiece?.messages = []
      try SentencePieceExport.write(definition, to: folder("again.model"))
      let one = try ReferenceLibrary.run("formats_peer.py", "sentencepiece-ids", folder(String(name)))
      #expect(
        try one == ReferenceLibrary.run("formats_peer.py", "sentencepiece-ids", folder("again.model")),
        "\(name)")
    }
  }

  /// What toklab makes of SentencePiece BPE with byte fallback gives SentencePiece's ids in tokenizers.
  @Test func sentencePieceBPEBecomesTokenizerJSONWithTheSameIDsShared() throws {
    defer { folder.remove() }
    let file = TestPaths.tokenizer("mistral-v1-spm/tokenizer.model")
    try HuggingFaceExport.write(open("mistral-v1-spm"), to: folder("tokenizer.json"))
    let ids = try ReferenceLibrary.run("formats_peer.py", "ids", folder("tokenizer.json"))
    #expect(try ids == ReferenceLibrary.run("formats_peer.py", "sentencepiece-ids", file))
  }

  @Test func llamaJSONBecomesASentencePieceModelWithTheSameIDsShared() throws {
    defer { folder.remove() }
    try SentencePieceExport.write(open("llama2"), to: folder("llama.model"))
    let ids = try ReferenceLibrary.run("formats_peer.py", "sentencepiece-ids", folder("llama.model"))
    let expected = try ReferenceLibrary.run(
      "formats_peer.py", "ids", TestPaths.tokenizer("llama2/tokenizer.json"))
    #expect(ids == expected)
  }

  /// GGUF metadata written from a vocabulary equals llama.cpp's own of the same vocabulary.
  @Test(arguments: [
    "gguf-gpt-2", "gguf-falcon", "gguf-llama-spm", "gguf-bert-bge", "llama3", "t5-base-spm", "rwkv-world",
  ])
  func ggufIsReadBackShared(name: String) throws {
    defer { folder.remove() }
    let definition = try open(name)
    try GGUFExport.write(definition, to: folder("out.gguf"))
    let again = try TokenizerFile.open(folder("out.gguf")).definition
    let vocabulary = definition.model.vocabulary
    let differing = (0..<TokenID(vocabulary.capacity)).filter {
      vocabulary.contains($0) && vocabulary[$0] != again.model.vocabulary[$0]
    }
    #expect(differing == [])
    if case .bytePair(let one) = definition.model, case .bytePair(let other) = again.model {
      #expect(one.scores == other.scores)
      if one.semantics == .mergeList { #expect(one.merges == other.merges) }
    }
    #expect(try GGUFTokenizer.write(again) == FileBytes.read(folder("out.gguf")))
  }

  @Test func tekkenIsReadBackShared() throws {
    defer { folder.remove() }
    let definition = try open("mistral-tekken")
    try TekkenExport.write(definition, to: folder("tekken.json"))
    let again = try TokenizerFile.open(folder("tekken.json"))
    #expect(again.format == "tekken" && again.definition.addedTokens == definition.addedTokens)
    #expect(try Tekken.write(again.definition) == FileBytes.read(folder("tekken.json")))
  }

  @Test func vocabularyTextIsWrittenUnchangedShared() throws {
    let opened = try TokenizerFile.open(TestPaths.tokenizer("bert-base-uncased"))
    #expect(try BertVocabulary.write(opened.definition) == FileBytes.read(opened.files[0]))
    #expect(try BertVocabulary.write(open("gguf-bert-bge")) == FileBytes.read(opened.files[0]))
  }

  @Test(arguments: [
    ("rwkv-world", ["huggingface", "tiktoken", "sentencepiece", "tekken", "vocab-merges", "vocab-txt"]),
    ("bert-base-uncased", ["tiktoken", "sentencepiece", "tekken", "vocab-merges"]),
    ("clip", ["tiktoken", "sentencepiece", "tekken", "gguf", "vocab-merges", "vocab-txt"]),
    ("cl100k_base", ["sentencepiece", "tekken", "vocab-txt"]),
    ("t5-base-spm", ["tiktoken", "tekken", "vocab-merges", "vocab-txt"]),
  ])
  func whatAFormatCannotHoldIsRefusedShared(name: String, refused: [String]) throws {
    let definition = try open(name)
    for format in ExportFormats.all where format.name != "vocab-tsv" {
      let reasons = format.limits(definition)
      if refused.contains(format.name) { #expect(!reasons.isEmpty, "\(name) as \(format.name)") }
    }
    let path = folder("never")
    defer { folder.remove() }
    for name in refused {
      #expect(throws: ToklabError.self) { try ExportFormats.named(name).write(definition, to: path) }
      #expect(throws: ToklabError.self) { try FileBytes.read(path) }
    }
  }

  @Test func aWrittenFolderLoadsInTransformers() throws {
    defer { folder.remove() }
    let ranks = TestPaths.vocabularies + "/r50k_base.tiktoken"
    try HuggingFaceExport.write(TokenizerFile.open(ranks).definition, to: folder("tokenizer.json"))
    try AtomicFile.write(
      folder("tokenizer_config.json"), Array(#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#.utf8))
    let ids = try ReferenceLibrary.run("formats_peer.py", "auto", folder.path)
    // AutoTokenizer recognises special tokens; the sample's last use of one is in the fifth text.
    #expect(ids.starts(with: "[[15496, 995".utf8))
  }
}
