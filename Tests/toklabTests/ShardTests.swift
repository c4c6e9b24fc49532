import Testing

/// `count-words`, `merge-counts` and `train --counts`.
@Suite struct ShardTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func trainingFromShardsGivesTheSameBytes() throws {
    try scratch.write("a.txt", Fixture.sample)
    try scratch.write("b.txt", "more lines\nof the fox\n")
    for name in ["a", "b"] {
      let run = try Toklab.run("count-words", scratch["\(name).txt"], "-o", scratch["\(name).shard"])
      #expect(run.status == 0)
      #expect(run.output.isEmpty)
    }
    #expect(
      try Toklab.run("merge-counts", scratch["a.shard"], scratch["b.shard"], "-o", scratch["ab.shard"]).status
        == 0)
    let reversed = try Toklab.run("merge-counts", scratch["b.shard"], scratch["a.shard"])
    #expect(reversed.output == (try scratch.read("ab.shard")))
    let text = [
      "train", "bpe", scratch["a.txt"], scratch["b.txt"], "--vocab-size", "300", "-o", scratch["t.json"],
    ]
    #expect(try Toklab.run(text).status == 0)
    for (name, shards) in [
      ("one", [scratch["ab.shard"]]), ("two", [scratch["b.shard"], scratch["a.shard"]]),
    ] {
      let run = try Toklab.run(
        ["train", "bpe", "--vocab-size", "300", "-o", scratch["\(name).json"], "--counts"] + shards)
      #expect(run.status == 0, "\(run.errorText)")
      #expect(try scratch.read("\(name).json") == scratch.read("t.json"))
      #expect(try scratch.read("\(name).toklab.json") == scratch.read("t.toklab.json"))
    }
  }

  @Test func standardInputAndOutput() throws {
    let piped = try Toklab.run("count-words", "--quiet", input: Fixture.sample)
    #expect(piped.status == 0)
    #expect(piped.error.isEmpty)
    #expect(try Toklab.run(["merge-counts", "--quiet"], input: piped.output).output == piped.output)
  }

  @Test func shardsOfDifferentPatternsDoNotMix() throws {
    for name in ["gpt2", "o200k"] {
      #expect(
        try Toklab.run(
          ["count-words", "--pre-tokenizer", name, "-o", scratch[name]], input: Array("a b\n".utf8)
        ).status
          == 0)
    }
    let merged = try Toklab.run("merge-counts", scratch["gpt2"], scratch["o200k"], "--quiet")
    #expect(merged.status == 2)
    #expect(merged.output.isEmpty)
    #expect(merged.errorText.contains("gpt2") && merged.errorText.contains("o200k"))
    let other = try Toklab.run(
      "train", "bpe", "--counts", scratch["gpt2"], "--pre-tokenizer", "llama3", "--vocab-size", "256",
      "--quiet")
    #expect(other.status == 2)
    #expect(other.errorText.contains("counted with --pre-tokenizer gpt2, not llama3"))
    let stored = try Toklab.run("train", "bpe", "--counts", scratch["gpt2"], "--vocab-size", "256", "--quiet")
    #expect(stored.status == 0)
    #expect(stored.text.contains("\"use_regex\": true"))
  }
}
