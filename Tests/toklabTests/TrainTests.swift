import Testing

@Suite struct TrainTests {
  let scratch: Scratch
  let text: String

  init() throws {
    scratch = try Scratch()
    text = try Fixture.shared.get().text
  }

  @Test func threadsDoNotMatter() throws {
    try scratch.write("big.txt", String(repeating: Fixture.sample, count: 3000))
    var results: [[UInt8]] = []
    for threads in ["1", "2", "7"] {
      let run = try Toklab.run(
        "train", "bpe", scratch["big.txt"], text, "--vocab-size", "500", "--threads", threads, "-o",
        scratch["t\(threads).json"])
      #expect(run.status == 0)
      results.append(try scratch.read("t\(threads).json"))
      results.append(try scratch.read("t\(threads).toklab.json"))
    }
    #expect(results[0] == results[2] && results[0] == results[4])
    #expect(results[1] == results[3] && results[1] == results[5])
  }

  @Test(arguments: ["superword", "supertoken", "batch-bpe", "wordpiece", "unigram", "pathpiece", "mingram"])
  func everyAlgorithmGivesTheSameForAnyThreads(algorithm: String) throws {
    try scratch.write("big.txt", String(repeating: Fixture.sample, count: 500))
    for threads in ["1", "3"] {
      let run = try Toklab.run(
        "train", algorithm, scratch["big.txt"], text, "--vocab-size", "600", "--threads", threads, "-o",
        scratch["t\(threads).json"])
      #expect(run.status == 0, "\(run.errorText)")
      #expect(run.errorText.contains("bytes per token"))
    }
    #expect(try scratch.read("t1.json") == scratch.read("t3.json"))
    #expect(try scratch.read("t1.toklab.json") == scratch.read("t3.toklab.json"))
    let document = try #require(JSONText.parse(try scratch.read("t1.toklab.json")))
    #expect(document["training"]["algorithm"] == .string(algorithm))
    if algorithm != "wordpiece", algorithm != "unigram" {
      // Those two normalize, so texts do not come back byte for byte.
      #expect(try Toklab.run("verify", scratch["t1.json"]).status == 0)
    }
    let piped = try Toklab.run(
      ["train", algorithm, "--vocab-size", "600", "--quiet"],
      input: try scratch.read("big.txt") + Array(Fixture.sample.utf8))
    #expect(piped.status == 0)
  }

  @Test func optionsOfTheAlgorithmsAreChecked() throws {
    for (words, status) in [
      (["superword", text, "--transition", "0"], 64), (["superword", text, "--max-words", "0"], 64),
      (["superword", text, "--stage2-pattern", "nothing"], 64),
      (["superword", text, "--boundless", "--balance", "0.5"], 64),
      (["superword", text, "--vocab-size", "300", "--transition", "301"], 2),
      (["supertoken", text, "--chunk-lengths", "5-4=1"], 64), (["batch-bpe", text, "--batch-cap", "0"], 64),
      (["batch-bpe", text, "--vocab-size", "255"], 2),
      (["unigram", text, "--character-coverage", "2"], 64), (["unigram", text, "--shrink", "1"], 64),
      (["unigram", text, "--vocab-size", "3"], 2),
      (["wordpiece", text, "--special", "cls=[CLS]"], 2), (["wordpiece", text, "--limit-alphabet", "0"], 64),
      (["superword", text, "-o", scratch["x.model"]], 2), (["pathpiece", text, "--shrink", "0"], 64),
      (["pathpiece", text, "--initial-size", "300"], 2), (["pathpiece", text, "--initial", "words"], 64),
      (["mingram", text, "--initial-factor", "0.5"], 64), (["mingram", text, "--iterations", "0"], 64),
      (["mingram", text, "--vocab-size", "255"], 2), (["mingram", text, "-o", scratch["x.model"]], 2),
    ] {
      let run = try Toklab.run(["train"] + words + ["--quiet"])
      #expect(run.status == Int32(status), "\(words): \(run.errorText)")
    }
  }

  /// Sizes that no vocabulary has are refused, and do not overflow on the way.
  @Test(arguments: [
    "bpe", "superword", "supertoken", "batch-bpe", "wordpiece", "unigram", "pathpiece", "mingram",
  ])
  func sizesThatNoVocabularyHasAreRefused(algorithm: String) throws {
    for size in ["9223372036854775807", "2097153"] {
      let run = try Toklab.run(
        "train", algorithm, text, "--vocab-size", size, "--quiet", "-o", scratch["x.json"])
      #expect(run.status == 2, "\(run.errorText)")
      #expect(run.errorText.contains("2097152"))
    }
  }

  /// Numbers beyond what any text needs: refused or harmless, never a trap or an endless run.
  @Test(arguments: [
    (["bpe", "--balance", "1e308"], 64), (["bpe", "--balance", "9223372036854775808"], 64),
    (["superword", "--transition", "9223372036854775808"], 2), (["superword", "--transition", "1e308"], 2),
    (["unigram", "--vocab-size", "400", "--seed-size", "9223372036854775807"], 0),
    (["unigram", "--vocab-size", "400", "--sub-iterations", "9223372036854775807"], 2),
  ])
  func extremeNumbersAreNoTrap(words: [String], status: Int) throws {
    let run = try Toklab.run(["train"] + words + [text, "--quiet", "-o", scratch["x.json"]])
    #expect(run.status == Int32(status), "\(words): \(run.errorText)")
  }

  @Test func unigramWritesASentencePieceModel() throws {
    let run = try Toklab.run("train", "unigram", text, "--vocab-size", "400", "-o", scratch["u.model"])
    #expect(run.status == 0, "\(run.errorText)")
    let tokens = try Toklab.run("encode", "-t", scratch["u.model"], text)
    #expect(tokens.status == 0)
  }

  @Test func folderOutputIsWhatTransformersLoads() throws {
    let run = try Toklab.run(
      "train", "bpe", text, "--vocab-size", "300", "--special", "bos=<s>", "--special", "eos=</s>",
      "--special",
      "<extra>", "--post-processor", "bos-eos", "-o", scratch["out/"])
    #expect(run.status == 0)
    #expect(run.output.isEmpty)
    #expect(scratch.names("out") == ["tokenizer.json", "tokenizer.toklab.json", "tokenizer_config.json"])
    let config = try #require(JSONText.parse(try scratch.read("out/tokenizer_config.json")))
    #expect(config["bos_token"] == .string("<s>"))
    #expect(config["eos_token"] == .string("</s>"))
    #expect(config["additional_special_tokens"][0] == .string("<extra>"))
    let ids = try Toklab.run("encode", "-t", scratch["out"], "--add-special-tokens", input: "")
    #expect(ids.text == "0 1\n")
    #expect(try Toklab.run("verify", scratch["out"]).status == 0)
  }

  @Test func manySizesComeFromOneRun() throws {
    let run = try Toklab.run("train", "bpe", text, "--vocab-sizes", "280,0.3k", "-o", scratch["sizes"])
    #expect(run.status == 64)
    let both = try Toklab.run(
      "train", "bpe", text, "--vocab-sizes", "300,280", "-o", scratch["sizes"], "--json")
    #expect(both.status == 0)
    #expect(scratch.names("sizes") == ["280", "300"])
    let single = try Toklab.run("train", "bpe", text, "--vocab-size", "280", "-o", scratch["280.json"])
    #expect(single.status == 0)
    #expect(try scratch.read("sizes/280/tokenizer.json") == scratch.read("280.json"))
    #expect(try scratch.read("sizes/280/tokenizer.toklab.json") == scratch.read("280.toklab.json"))
    let summary = try #require(JSONText.parse(both.output))
    #expect(summary["schema"] == .string("toklab.train/1"))
    #expect(summary["tokenizers"].count == 2)
    #expect(summary["tokenizers"][0]["vocabulary_size"] == .number("280"))
  }

  @Test func standardInputAndOutput() throws {
    let run = try Toklab.run(
      ["train", "bpe", "--vocab-size", "300", "--quiet"], input: Array(Fixture.sample.utf8))
    #expect(run.status == 0)
    #expect(run.error.isEmpty)
    let file = try Toklab.run("train", "bpe", text, "--vocab-size", "300", "-o", scratch["x.json"])
    #expect(file.errorText.contains("bytes per token"))
    #expect(run.output == (try scratch.read("x.json")))
  }

  @Test func theFileBesideHoldsOnlyWhatDeterminesTheResult() throws {
    try scratch.write("copy.txt", Fixture.sample)
    for (name, input) in [("a", text), ("b", scratch["copy.txt"])] {
      #expect(
        try Toklab.run("train", "bpe", input, "--vocab-size", "300", "-o", scratch["\(name).json"]).status
          == 0)
    }
    #expect(try scratch.read("a.toklab.json") == scratch.read("b.toklab.json"))
    let document = try #require(JSONText.parse(try scratch.read("a.toklab.json")))
    #expect(document.keys == ["schema", "toklab", "tokenizer_sha256", "training", "self_test"])
    #expect(document["training"]["histogram_sha256"].string?.utf8.count == 64)
  }

  @Test func weightsAndBalance() throws {
    try scratch.write("corpus/a.txt", "aaaa aaaa\n")
    try scratch.write("corpus/b.txt", String(repeating: "bcbc bcbc\n", count: 100))
    let plain = try Toklab.run("train", "bpe", scratch["corpus"], "--vocab-size", "257", "--quiet")
    let weights = try scratch.write(
      "w.tsv", "\(scratch["corpus/a.txt"])\t1000\n\(scratch["corpus/b.txt"])\t1\n")
    let weighed = try Toklab.run(
      "train", "bpe", scratch["corpus"], "--vocab-size", "257", "--weights", weights, "--quiet")
    #expect(plain.status == 0 && weighed.status == 0)
    #expect(plain.text.contains("\"bc\""))
    #expect(weighed.text.contains("\"aa\""))
    let wrong = try scratch.write("wrong.tsv", "elsewhere.txt\t2\n")
    let unused = try Toklab.run("train", "bpe", scratch["corpus"], "--weights", wrong, "--quiet")
    #expect(unused.status == 2)
    #expect(
      unused.errorText.hasPrefix("toklab: error: \(wrong):1: \"elsewhere.txt\" is no part of the input"))
    let balanced = try Toklab.run(
      "train", "bpe", scratch["corpus"], "--vocab-size", "257", "--balance", "0", "--quiet")
    #expect(balanced.status == 0)
  }
}
