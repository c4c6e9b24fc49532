import Testing

@Suite struct ExportTests {
  let fixture: Fixture
  let scratch: Scratch
  var tokenizer: String { fixture.tokenizer }

  init() throws {
    fixture = try Fixture.shared.get()
    scratch = try Scratch()
  }

  @Test func tokenizerJsonComesOutAsItWas() throws {
    let run = try Toklab.run("export", tokenizer, "--to", "huggingface", "-o", scratch["same.json"])
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(try scratch.read("same.json") == Scratch.read(tokenizer))
    #expect(try Toklab.run("export", tokenizer, "--to", "huggingface").output == Scratch.read(tokenizer))
    #expect(scratch.names() == ["same.json"])
  }

  @Test func vocabularyAndMergesMakeAFolder() throws {
    let gpt2 = scratch["gpt2.json"]
    #expect(
      try Toklab.run(
        "train", "bpe", fixture.text, "--vocab-size", "350", "--pre-tokenizer", "gpt2", "-o", gpt2
      ).status == 0)
    for _ in 0..<2 {
      let run = try Toklab.run("export", gpt2, "--to", "vocab-merges", "-o", scratch["vm"])
      #expect(run.status == 0, "\(run.errorText)")
      #expect(scratch.names("vm") == ["merges.txt", "vocab.json"])
    }
    #expect(try Toklab.run("verify", scratch["vm"], "--against", gpt2, fixture.text).status == 0)
    #expect(scratch.names() == ["gpt2.json", "gpt2.toklab.json", "vm"])
    #expect(try Toklab.run("export", gpt2, "--to", "vocab-merges").status == 64)
  }

  @Test func ranksNeedAPatternWhenTheyAreReadBack() throws {
    let run = try Toklab.run("export", tokenizer, "--to", "tiktoken", "-o", scratch["small.tiktoken"])
    guard run.status == 0 else {
      // A merge list need not be expressible as ranks; then the reason is given and nothing is written.
      #expect(run.status == 2)
      #expect(run.errorText.contains("tiktoken"))
      #expect(scratch.names().isEmpty)
      return
    }
    #expect(run.errorText.contains("o200k") || run.errorText.contains("pattern"))
    let bare = try Toklab.run("encode", "-t", scratch["small.tiktoken"], "--quiet", input: "a")
    #expect(bare.status == 2)
    #expect(bare.errorText.contains("--pattern"))
    let given = try Toklab.run(
      "verify", scratch["small.tiktoken"], "--pattern", "o200k", "--against", scratch["small.tiktoken"],
      fixture.text)
    #expect(given.status == 0)
  }

  @Test func whatAFormatCannotHoldIsRefused() throws {
    // The merge that is learned first makes the larger id: ranks cannot say that.
    let odd = try scratch.write("odd.json", TokenizerFiles.bytePair(["bc", "ab"], merges: ["a b", "b c"]))
    let before = scratch.names()
    let run = try Toklab.run("export", odd, "--to", "tiktoken", "-o", scratch["x"], "--quiet")
    #expect(run.status == 2)
    #expect(run.errorLines.count == 1)
    #expect(run.errorText.hasPrefix("toklab: error: \(odd): tiktoken cannot hold this tokenizer: "))
    #expect(scratch.names() == before)
    let unknown = try Toklab.run("export", odd, "--to", "papyrus", "-o", scratch["x"])
    #expect(unknown.status == 64)
  }

  @Test func labelsComeFromNamesFilesAndFolders() throws {
    let bytes = try Scratch.read(tokenizer)
    try scratch.write("one/tokenizer.json", bytes)
    try scratch.write("two/model.json", bytes)
    var toklab = Toklab()
    toklab.directory = scratch["one"]
    let run = try toklab.run(
      [
        "count", "--json", "-t", scratch["one"], "-t", scratch["one/tokenizer.json"], "-t",
        scratch["two/model.json"],
        "-t", "my name=\(scratch["two"])", "-t", "tokenizer.json", "-t", ".",
      ], input: [0x61])
    #expect(run.status == 0, "\(run.errorText)")
    let rows = try #require(JSONText.parse(run.output))["rows"]
    #expect(
      (0..<rows.count).map { rows[$0]["tokenizer"].string } == [
        "one", "one#2", "model", "my name", "one#3", "one#4",
      ])
  }

  @Test(arguments: ["gzip", "zstd"])
  func packedTokenizersAndTextsOpen(format: String) throws {
    let packed = try scratch.write("t.json.x", Pack.pack(try Scratch.read(tokenizer), with: format))
    let text = try scratch.write("text.x", Pack.pack(Array(Fixture.sample.utf8), with: format))
    let run = try Toklab.run("encode", "-t", packed, text)
    #expect(run.status == 0, "\(run.errorText)")
    #expect(run.output == (try Toklab.run("encode", "-t", tokenizer, fixture.text).output))
  }
}
