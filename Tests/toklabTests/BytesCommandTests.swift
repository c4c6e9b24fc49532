import Testing
import Tokenizers

/// `toklab models` and `toklab bytes` on an n-gram model trained on the spot.
@Suite struct BytesCommandTests {
  private static let sample = Toklab.packageRoot + "/Corpora/sample/eng.txt"

  /// A tokenizer and a model of the project's English sample.
  private static func prepare(_ scratch: Scratch) throws -> String {
    let train = try Toklab.run(
      "train", "bpe", sample, "--vocab-size", "600", "--special", "<|endoftext|>", "--special",
      "<|fim_prefix|>", "--special", "<|fim_suffix|>", "--special", "<|fim_middle|>", "-q", "-o",
      scratch["t.json"])
    try #require(train.status == 0, "\(train.errorText)")
    let model = try Toklab.run(
      "models", "ngram", sample, "-t", scratch["t.json"], "--per-line", "-q", "-o", scratch["m"])
    try #require(model.status == 0, "\(model.errorText)")
    return "ngram:" + scratch["m"]
  }

  private static func json(_ run: Run) throws -> ByteJSON.Value {
    try #require(run.status == 0, "\(run.errorText)")
    return try ByteJSON(run.output).root
  }

  @Test func nextSumsToOne() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    for quantity in ["canonical", "valid"] {
      let root = try Self.json(
        Toklab.run("bytes", "next", "--model", model, "--prompt", "The wat", "--quantity", quantity, "--json")
      )
      #expect(try root.member("schema")?.string() == "toklab.bytes.next/1")
      #expect(try root.member("quantity")?.string() == quantity)
      #expect(try root.member("exactness")?.member("kind")?.string() == "exact")
      let bytes = try root.member("bytes")!.elements()
      #expect(bytes.count == 256)
      var sum = try root.member("end")!.member("probability")!.double()
      sum += try root.member("special")!.member("probability")!.double()
      for (index, byte) in bytes.enumerated() {
        #expect(try byte.member("byte")?.integer() == index)
        sum += try byte.member("probability")!.double()
      }
      #expect(abs(sum - 1) < 1e-12)
    }
  }

  @Test func scoreStandsBesideTheTokenPath() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    let root = try Self.json(Toklab.run("bytes", "score", "--model", model, Self.sample, "--json"))
    let own = try root.member("bits_per_byte")!.double()
    let path = try root.member("token_path")!.member("bits_per_byte")!.double()
    // All covers together are never less probable than one of them, but for the normalization's own share.
    #expect(own <= path + 0.01)
    #expect(own > 0.1 && own < 8)
    let tokens = try root.member("token_path")!.member("tokens")!.integer()
    let contexts = try root.member("contexts")!.integer()
    #expect(contexts <= tokens * 2)
  }

  @Test func coversSampleFimEnsembleAndCheckRun() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    let covers = try Self.json(
      Toklab.run("bytes", "covers", "--model", model, "--prompt", "The wat", "--json"))
    var sum = 0.0
    for cover in try covers.member("covers")!.elements() { sum += try cover.member("probability")!.double() }
    #expect(abs(sum - 1) < 1e-12)

    let one = try Toklab.run(
      "bytes", "sample", "--model", model, "--prompt", "The ", "--bytes", "30", "--seed", "4")
    let two = try Toklab.run(
      "bytes", "sample", "--model", model, "--prompt", "The ", "--bytes", "30", "--seed", "4")
    #expect(one.status == 0 && one.output == two.output && one.output.count <= 30)

    try scratch.write("before", "The wat")
    try scratch.write("after", " is cold.")
    for order in ["psm", "spm"] {
      let run = try Toklab.run(
        "bytes", "fim", "--model", model, "--prefix", scratch["before"], "--suffix", scratch["after"],
        "--order",
        order, "--bytes", "10")
      #expect(run.status == 0, "\(run.errorText)")
    }
    for mode in ["mean", "geometric", "mixture"] {
      let root = try Self.json(
        Toklab.run(
          "bytes", "ensemble", "--model", model, "--model", model, "--mode", mode, scratch["before"], "--json"
        ))
      #expect(root.member("members")?.count == 2)
    }
    let check = try Toklab.run("bytes", "check", "--model", model)
    #expect(check.status == 0, "\(check.text)")
  }

  @Test func aRecordingReplaysTheModel() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    try scratch.write("prompts", "The wat\nA hou\n")
    let record = try Toklab.run(
      "models", "record", "--model", model, "-t", scratch["t.json"], "--prompts", scratch["prompts"],
      "--double",
      "-q", "-o", scratch["r"])
    try #require(record.status == 0, "\(record.errorText)")
    func next(_ arguments: [String]) throws -> Double {
      let root = try Self.json(Toklab.run(["bytes", "next", "--prompt", "The wat", "--json"] + arguments))
      return try root.member("bytes")!.elements()[0x65].member("probability")!.double()
    }
    let replayed = try next(["--model", "recorded:" + scratch["r"], "-t", scratch["t.json"]])
    #expect(abs(replayed - (try next(["--model", model]))) < 1e-12)
    let info = try Self.json(Toklab.run("models", "info", "recorded:" + scratch["r"], "--json"))
    #expect(try info.member("kind")?.string() == "recorded")
  }

  @Test func errorsAreOneLine() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    func fails(_ status: Int32, _ arguments: String..., containing text: String) throws {
      let run = try Toklab.run(["bytes"] + arguments + ["--quiet"])
      #expect(run.status == status, "\(arguments): \(run.errorText)")
      #expect(run.errorLines.count == 1)
      #expect(run.errorText.contains(text), "\(run.errorText)")
    }
    try fails(2, "next", "--model", model, "--prompt", "a<|endoftext|>", containing: "--parse-special")
    try fails(2, "next", "--model", "recorded:" + scratch["m"], "--prompt", "a", containing: "format")
    try fails(2, "next", "--model", "ngram:" + scratch["none"], "--prompt", "a", containing: "none")
    try fails(64, "next", "--model", model, "--prompt", "a", "--tolerance", "1", containing: "--tolerance")
    try fails(64, "next", "--model", model, "--prompt", "a", "--beam", "4", containing: "--beam")
    try fails(
      64, "next", "--model", model, "--prompt", "a", "--quantity", "all", "--beam", "0", containing: "--beam")
    try fails(64, "sample", "--model", model, "--temperature", "0", containing: "--temperature")
    try fails(64, "next", "--model", "magic:x", "--prompt", "a", containing: "magic:x")
    try fails(64, "next", "--model", model, "--input-hex", "abc", containing: "--input-hex")
  }
}
