import Glibc
import TestSupport
import Testing

/// Counting on several machines, as far as one can show it: shards made side by side by `xargs -P`, and what is
/// refused when they do not belong together.
@Suite struct ClusterTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Three parts of 5 MB; `TOKLAB_CLUSTER_BYTES` takes another size.
  @Test func threeShardsTrainTheSameBytes() throws {
    let bytes = getenv("TOKLAB_CLUSTER_BYTES").map { String(cString: $0) } ?? "5000000"
    let run = try Toklab(
      program: TestPaths.root + "/Tests/Peers/cluster.sh",
      environment: [
        "TOKLAB": Toklab.path, "PACKAGES": Toklab.folder(Toklab.folder(TestPaths.python)) + "/lib",
        "NO_COLOR": "1",
      ], timeout: 600
    ).run([scratch[""], bytes])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.lines.count { $0.hasPrefix("same: ") } == 4)
    #expect(
      (Int(run.lines.last { $0.hasSuffix("total") }?.split(separator: " ").first ?? "") ?? 0) >= 3
        * (Int(bytes) ?? 0))
  }

  private func count(_ name: String, _ text: String, _ pattern: String) throws -> String {
    try scratch.write("\(name).txt", text)
    let shard = scratch["\(name).\(pattern)"]
    let run = try Toklab.run(
      "count-words", scratch["\(name).txt"], "--pre-tokenizer", pattern, "-o", shard, "--quiet")
    #expect(run.status == 0, "\(run.errorText)")
    return shard
  }

  @Test func superwordRefusesShardsThatDoNotBelongTogether() throws {
    let words = try count("a", Fixture.sample, "o200k-plain")
    let runs = try count("a", Fixture.sample, "superbpe")
    let others = try count("b", "another text\n", "superbpe")
    func train(_ shards: String...) throws -> Run {
      try Toklab.run(
        ["train", "superword", "--vocab-size", "300", "--transition", "280", "--quiet", "--counts"] + shards)
    }
    #expect(try train(words, runs).status == 0)
    for (shards, message) in [
      ([words], "shards of one pattern only"), ([runs], "shards of one pattern only"),
      ([words, others], "counts of another text than those of o200k-plain"),
      ([words, words, runs], "counts of another text"),
    ] {
      let run = try Toklab.run(
        ["train", "superword", "--vocab-size", "300", "--transition", "280", "--quiet", "--counts"] + shards)
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errorText.contains(message), "\(run.errorText)")
    }
  }

  @Test func unigramRefusesOtherCounts() throws {
    let words = try count("a", Fixture.sample, "sentencepiece")
    let release = try count("a", Fixture.sample, "sentencepiece-0.2.0")
    let patterns = try count("a", Fixture.sample, "o200k")
    func train(_ arguments: String...) throws -> Run {
      try Toklab.run(["train", "unigram", "--vocab-size", "200", "--quiet", "--counts"] + arguments)
    }
    for shard in [release, patterns] {
      let run = try train(shard)
      #expect(run.status == 2)
      #expect(
        run.errorText.contains("expected sentencepiece, nmt-nfkc, for --mode default"), "\(run.errorText)")
    }
    #expect(try train(words, "--mode", "sp-0.2.0").status == 2)
    #expect(try Toklab.run("merge-counts", words, release, "--quiet").status == 2)
    #expect(try Toklab.run("train", "bpe", "--counts", words, "--quiet").errorText.contains("train unigram"))
    for (mode, shard, name) in [("default", words, "d"), ("sp-0.2.0", release, "s")] {
      let one = try train(shard, "--mode", mode, "-o", scratch["\(name)1.model"])
      #expect(one.status == 0, "\(one.errorText)")
      let two = try Toklab.run(
        "train", "unigram", scratch["a.txt"], "--vocab-size", "200", "--quiet", "--mode", mode, "-o",
        scratch["\(name)2.model"])
      #expect(two.status == 0)
      #expect(try scratch.read("\(name)1.model") == scratch.read("\(name)2.model"))
    }
  }

  @Test func optionsOfTextDoNotGoWithCounts() throws {
    for algorithm in ["bpe", "superword", "unigram"] {
      #expect(try Toklab.run("train", algorithm, "--counts", "x", "--balance", "1").status == 64)
    }
    #expect(
      try Toklab.run("count-words", "--pre-tokenizer", "sentencepiece", "--normalizer", "nfc", input: "a")
        .status
        == 64)
  }
}
