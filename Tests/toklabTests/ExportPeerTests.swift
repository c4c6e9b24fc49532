import TestSupport
import Testing

/// What the built program writes, loaded by the library that owns the format: the ids must be the same.
@Suite struct ExportPeerTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// The library's texts, which its script prints beside the ids.
  private func ids(_ tokenizer: String, _ options: String...) throws -> String {
    let texts = try ReferenceLibrary.run("formats_peer.py", "texts")
    let path = try scratch.write("texts.jsonl", texts)
    let run = try Toklab.run(["encode", "-t", tokenizer, "--json-field", "text", path] + options)
    #expect(run.status == 0, "\(run.errorText)")
    let lines = run.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return "["
      + lines.map { "[" + $0.split(separator: " ").joined(separator: ", ") + "]" }.joined(separator: ", ")
      + "]\n"
  }

  private func export(_ tokenizer: String, _ format: String, _ name: String) throws -> String {
    let run = try Toklab.run("export", tokenizer, "--to", format, "-o", scratch[name])
    #expect(run.status == 0, "\(run.errorText)")
    #expect(run.output.isEmpty)
    return scratch[name]
  }

  private func peer(_ command: String, _ file: String) throws -> String {
    String(decoding: try ReferenceLibrary.run("formats_peer.py", command, file), as: UTF8.self)
  }

  @Test(arguments: [
    "cl100k_base.tiktoken", "qwen.tiktoken", "llama3/tokenizer.json", "gpt2", "huggingface/o200k_base.json",
  ])
  func ranksAndMergesAreLoadedByTokenizersAndTiktoken(name: String) throws {
    let tokenizer = TestPaths.vocabularies + "/" + name
    let expected = try ids(tokenizer)
    #expect(try peer("ids", export(tokenizer, "huggingface", "tokenizer.json")) == expected)
    #expect(try peer("tiktoken-ids", export(tokenizer, "tiktoken", "ranks")) == expected)
    if name == "gpt2" {
      #expect(try peer("vocab-merges-ids", export(tokenizer, "vocab-merges", "pair")) == expected)
    }
  }

  @Test func tekkenIsLoadedAsMistralDoes() throws {
    _ = try ReferenceLibrary.run("formats_peer.py", "make-tekken", scratch["tekken.json"])
    let expected = try ids(scratch["tekken.json"])
    #expect(try peer("tekken-ids", scratch["tekken.json"]) == expected)
    let written = try export(scratch["tekken.json"], "tekken", "again.json")
    #expect(try peer("tekken-ids", written) == expected)
    #expect(try ids(written) == expected)
    // What was written once is written alike ever after.
    #expect(try Scratch.read(written) == Scratch.read(export(written, "tekken", "third.json")))
    #expect(try peer("ids", export(written, "huggingface", "tokenizer.json")) == expected)
  }

  @Test func vocabularyTextIsLoadedByTokenizers() throws {
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'()".map(String.init)
    let entries = [
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "##llo", "the", "qu", "##ick",
    ]
    let tokenizer = try scratch.write(
      "vocab.txt", (entries + letters + letters.map { "##" + $0 }).joined(separator: "\n") + "\n")
    let expected = try ids(tokenizer)
    let written = try export(tokenizer, "vocab-txt", "again.txt")
    #expect(try Scratch.read(written) == Scratch.read(tokenizer))
    #expect(try peer("vocab-txt-ids", written) == expected)
    #expect(try peer("ids", export(tokenizer, "huggingface", "tokenizer.json")) == expected)
    #expect(try ids(export(tokenizer, "gguf", "bert.gguf")) == expected)
  }

  /// SentencePiece's four types, and the way to tokenizer.json where there is one.
  @Test func sentencePieceIsLoadedBySentencePiece() throws {
    _ = try ReferenceLibrary.run("formats_peer.py", "make-sentencepiece", scratch.path)
    for name in ["unigram", "bpe", "word", "char", "suffix"] {
      let tokenizer = scratch[name + ".model"]
      let expected = try ids(tokenizer)
      #expect(try peer("sentencepiece-ids", tokenizer) == expected, "\(name)")
      let written = try export(tokenizer, "sentencepiece", name + "-again.model")
      #expect(try Scratch.read(written) == Scratch.read(tokenizer))
      // A unigram model takes "<s>" in a text for a piece there, as export says.
      if name == "bpe" {
        #expect(try peer("ids", export(tokenizer, "huggingface", name + ".json")) == expected, "\(name)")
      }
    }
  }

  /// The gguf package finds every field, and toklab the same ids.
  @Test(arguments: [("llama3/tokenizer.json", "gpt2", 128_256), ("gpt2", "gpt2", 50_257)])
  func ggufIsReadByTheGGUFPackage(name: String, model: String, count: Int) throws {
    let tokenizer = TestPaths.vocabularies + "/" + name
    let written = try export(tokenizer, "gguf", "out.gguf")
    let fields = try #require(JSONText.parse(Array(peer("gguf", written).utf8)))
    func hex(_ text: String) -> String {
      let digits = Array("0123456789abcdef")
      return String(text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
    #expect(fields["tokenizer.ggml.model"].string == hex(model))
    #expect(fields["tokenizer.ggml.tokens"].count == count)
    #expect(fields["tokenizer.ggml.token_type"].count == count)
    #expect(fields["tokenizer.ggml.tokens"][0].string == hex("!"))
    #expect(fields["tokenizer.ggml.merges"][0].string == hex("Ġ Ġ") || name == "gpt2")
    #expect(try ids(written) == ids(tokenizer))
  }

  /// Every folder of the developers' data is one tokenizer, gzipped ones too.
  @Test func everyFolderOpensShared() throws {
    let folder = TestPaths.shared + "/data/tokenizers"
    let names = Scratch.names(of: folder).filter { !$0.hasPrefix("_") && !$0.contains(".") }
    #expect(names.count == 26)
    for name in names {
      let run = try Toklab.run("inspect", folder + "/" + name, "--json", "--quiet")
      #expect(run.status == 0, "\(name): \(run.errorText)")
      let report = try #require(JSONText.parse(run.output))
      #expect(report["tokenizer"].string == name)
      // Every id is in one class.
      let classes = [
        "reachable", "special", "unreachable_special", "unreachable_single", "unreachable_multi",
        "undecodable", "partial_utf8",
      ]
      let total = classes.reduce(0) { $0 + (report["reachability"][$1].int ?? 0) }
      #expect(total >= report["vocabulary_size"].int ?? .max, "\(name)")
    }
  }
}
