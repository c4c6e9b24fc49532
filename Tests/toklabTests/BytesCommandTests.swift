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

  /// Ids of `dynamic encode` name other tokens in each batch, and its result is no tokenizer.
  @Test func dynamicVocabulariesThatAreNotFrozen() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    let text = Array(try FileBytes.read(Self.sample).prefix(400))
    try scratch.write("text", text)
    let dynamic = try Toklab.run(
      "dynamic", "encode", "-t", scratch["t.json"], scratch["text"], "--merges", "3", "--json", "-q", "-o",
      scratch["d.json"])
    try #require(dynamic.status == 0, "\(dynamic.errorText)")
    let opened = try Toklab.run(
      "bytes", "next", "--model", model, "-t", scratch["d.json"], "--prompt", "a", "-q")
    #expect(opened.status == 2 && opened.errorLines.count == 1)
    #expect(opened.errorText.contains("expected a frozen vocabulary"), "\(opened.errorText)")
    // Frozen by `dynamic vocabulary`, it is a tokenizer like others.
    let frozen = try Toklab.run(
      "dynamic", "vocabulary", "-t", scratch["t.json"], "--vocab-size", "620", scratch["text"], "-q", "-o",
      scratch["f.txt"])
    try #require(frozen.status == 0, "\(frozen.errorText)")
    try Self.writeScores(scratch, tokenizer: scratch["f.txt"], of: "The water")
    let next = try Toklab.run(
      "bytes", "logits", "-t", scratch["f.txt"], "--logits", scratch["logits.npy"], "--ids", scratch["ids"],
      "-q")
    #expect(next.status == 0, "\(next.errorText)")
  }

  /// The same score for everything after each token of a text.
  private static func writeScores(_ scratch: Scratch, tokenizer path: String, of text: String) throws {
    let tokenizer = try Tokenizer(TokenizerFile.open(path, pattern: nil).definition)
    let ids = try tokenizer.encode(text).ids
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(ids.count), \(tokenizer.capacity)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
    bytes += [UInt8](repeating: 0, count: 4 * ids.count * tokenizer.capacity)
    try scratch.write("logits.npy", bytes)
    try scratch.write("ids", ids.map { String($0) }.joined(separator: " "))
  }

  @Test func recordedIDsBelongToTheText() throws {
    let scratch = try Scratch()
    _ = try Self.prepare(scratch)
    try Self.writeScores(scratch, tokenizer: scratch["t.json"], of: "The water")
    try scratch.write("same", "The water")
    try scratch.write("other", "The wafer")
    func run(_ text: String) throws -> Run {
      try Toklab.run(
        "bytes", "logits", "-t", scratch["t.json"], "--logits", scratch["logits.npy"], "--ids",
        scratch["ids"],
        "--text", scratch[text], "-q")
    }
    let same = try run("same")
    #expect(same.status == 0, "\(same.errorText)")
    let other = try run("other")
    #expect(other.status == 2 && other.errorLines.count == 1)
    #expect(
      other.errorText.contains("ids: byte 6: \"ter\" in what the ids decode to"), "\(other.errorText)")
  }
}
