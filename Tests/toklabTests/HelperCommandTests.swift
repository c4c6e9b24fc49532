import TestSupport
import Testing
import Tokenizers

/// Models in other programs, by the command line.
@Suite struct HelperCommandTests {
  private static let rule = Toklab.packageRoot + "/Tests/AdaptTests/Helper/standin.py"

  /// A model of a few lines of Python over the fixture's tokenizer.
  private static func prepare(_ scratch: Scratch, fault: String = "") throws -> [String] {
    let fixture = try Fixture.shared.get()
    let source = String(decoding: try FileBytes.read(rule), as: UTF8.self)
    try scratch.write("rule.py", "FAULT = \"\(fault)\"\n" + source)
    return ["--model", "python:" + scratch["rule.py"], "-t", fixture.tokenizer, "--python", TestPaths.python]
  }

  /// A server over the same rule that gives `top` probabilities.
  private static func serve(_ size: Int, top: Int, limit: Int = 512) throws -> String {
    let script = Toklab.packageRoot + "/Tests/toklabTests/Support/stand_in_server.py"
    let run = try Toklab(program: TestPaths.python).run([script, String(size), String(top), String(limit)])
    try #require(run.status == 0, "\(run.errorText)")
    return "http://127.0.0.1:" + run.lines[0]
  }

  private static func size() throws -> Int {
    try Tokenizer(TokenizerFile.open(Fixture.shared.get().tokenizer, pattern: nil).definition).capacity
  }

  private static func probabilities(_ run: Run) throws -> [Double] {
    try #require(run.status == 0, "\(run.errorText)")
    return try ByteJSON(run.output).root.member("bytes")!.elements().map {
      try $0.member("probability")!.double()
    }
  }

  @Test func aModelInPythonAndTheSameBehindAServer() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    let next = ["bytes", "next", "--prompt", "The quick bro", "--json", "--end-token", "<|end|>"]
    let own = try Self.probabilities(Toklab.run(next + model))
    #expect(own.reduce(0, +) > 0.5 && own.reduce(0, +) < 1 + 1e-12)
    let server = try Self.serve(try Self.size(), top: .max)
    let fixture = try Fixture.shared.get()
    let remote = ["--model", server, "-t", fixture.tokenizer, "--python", TestPaths.python]
    let served = try Self.probabilities(Toklab.run(next + remote))
    #expect(zip(own, served).allSatisfy { abs($0 - $1) < 1e-5 })

    let info = try Toklab.run([
      "models", "info", server, "-t", fixture.tokenizer, "--python", TestPaths.python,
    ])
    #expect(info.status == 0, "\(info.errorText)")
    #expect(info.text.contains("llama-server") && info.text.contains("512 tokens"), "\(info.text)")
    let check = try Toklab.run(["bytes", "check"] + model)
    #expect(check.status == 0, "\(check.text)")

    // A server gives nothing before the first token; with a begin token it does.
    let empty = try Toklab.run(["bytes", "next", "--prompt", "", "-q"] + remote)
    #expect(
      empty.status == 2 && empty.errorText.contains("nothing before the first token"), "\(empty.errorText)")
    let begun = try Toklab.run(["bytes", "next", "--prompt", "", "--begin", "<|x|>", "-q"] + remote)
    #expect(begun.status == 0, "\(begun.errorText)")
  }

  /// With a begin token all of a sample is scored, without one all but its first token; the log says which.
  @Test func capacityRecordsWhetherABeginTokenStandsInFront() throws {
    let scratch = try Scratch()
    let model = try Self.prepare(scratch)
    try scratch.write("text.txt", "The quick brown fox\nA dog\n")
    func log(_ extra: [String]) throws -> (ids: [Int], bytes: Int, begins: Bool) {
      let run = try Toklab.run(
        ["score", "capacity", "--samples", scratch["text.txt"], "--save-log", scratch["log.jsonl"]] + model
          + extra)
      #expect(run.status == 0, "\(run.errorText)")
      #expect(run.errorText.contains("add_bos \(!extra.isEmpty)"), "\(run.errorText)")
      let first = try #require(try FileBytes.read(scratch["log.jsonl"]).split(separator: 0x0A).first)
      let root = try ByteJSON(Array(first)).root
      return (
        try root.member("token_ids")!.elements().map { try $0.integer(in: 0...100_000) },
        try root.member("bytes_scored")!.integer(in: 0...1000), try root.member("add_bos")!.bool()
      )
    }
    let plain = try log([])
    let begun = try log(["--begin", "<|x|>"])
    #expect(!plain.begins && begun.begins && Array(begun.ids.dropFirst()) == plain.ids)
    #expect(begun.bytes == "The quick brown fox".utf8.count && plain.bytes < begun.bytes)
  }

  @Test func aServerThatGivesItsTopTokensOnly() throws {
    let server = try Self.serve(try Self.size(), top: Self.size() * 15 / 16, limit: 30)
    let fixture = try Fixture.shared.get()
    let next = [
      "bytes", "next", "--prompt", "The quick bro", "--model", server, "-t", fixture.tokenizer, "--python",
      TestPaths.python, "-q",
    ]
    let run = try Toklab.run(next + ["--quantity", "valid", "--tolerance", "0.01", "--json"])
    try #require(run.status == 0, "\(run.errorText)")
    let root = try ByteJSON(run.output).root
    #expect(try root.member("exactness")?.member("kind")?.string() == "lower-bound")
    #expect(root.member("exactness")?.member("bound")?.isNull == true)
    let sum = try Self.probabilities(run).reduce(0, +)
    #expect(sum > 0 && sum < 1)
    let exact = try Toklab.run(next + ["--quantity", "valid"])
    #expect(exact.status == 2 && exact.errorText.contains("a --tolerance above 0"), "\(exact.errorText)")
    let canonical = try Toklab.run(next + ["--tolerance", "0.01"])
    #expect(canonical.status == 2 && canonical.errorText.contains("quantity valid or all"))
    // The server's own limit is known before it is met.
    let long = try Toklab.run(
      [
        "bytes", "score", fixture.text, "--model", server, "-t", fixture.tokenizer, "--python",
        TestPaths.python,
      ]
        + ["--begin", "<|x|>", "--quantity", "valid", "--tolerance", "0.01", "-q"])
    #expect(long.status == 2 && long.errorText.contains("at most 30"), "\(long.errorText)")
  }

  @Test func errorsAreOneLine() throws {
    let scratch = try Scratch()
    func fails(_ status: Int32, _ arguments: [String], containing text: String) throws {
      let run = try Toklab.run(["bytes", "next", "--prompt", "The quick bro", "-q"] + arguments)
      #expect(run.status == status, "\(run.errorText)")
      #expect(run.errorLines.count == 1 && run.errorText.contains(text), "\(run.errorText)")
    }
    for (fault, expected) in [
      ("crash", "rule.py: the model helper ended with status 7: out of memory"),
      ("nan", "score NaN of token 2"),
      ("wide", "--allow-padding"),
    ] {
      try fails(2, try Self.prepare(scratch, fault: fault), containing: expected)
    }
    try fails(2, ["--model", "gguf:" + scratch["none.gguf"]], containing: "none.gguf")
    try fails(64, ["--model", "http:x"], containing: "http://HOST:PORT")
    try fails(64, try Self.prepare(scratch) + ["--context", "2"], containing: "--context")
    try fails(64, try Self.prepare(scratch) + ["--model-threads", "0"], containing: "--model-threads")
    try fails(
      2, try Self.prepare(scratch) + ["--begin", "<|nothing|>"], containing: "is no added token")
    try fails(
      2,
      [
        "--model", "python:" + scratch["rule.py"], "-t", try Fixture.shared.get().tokenizer, "--python",
        "/no/python",
      ],
      containing: "cannot run /no/python")
    try fails(2, ["--model", "python:" + scratch["rule.py"]], containing: "-t with the model's tokenizer")
  }

  @Test func theHelperIsPrinted() throws {
    let run = try Toklab.run("models", "helper")
    #expect(run.status == 0)
    #expect(run.output == (try FileBytes.read(Toklab.packageRoot + "/Sources/Adapt/Helper/toklab_helper.py")))
    // A printed copy serves as another helper.
    let scratch = try Scratch()
    try scratch.write("copy.py", run.text)
    let model = try Self.prepare(scratch)
    let next = try Toklab.run(
      ["bytes", "next", "--prompt", "The", "--helper", scratch["copy.py"], "-q"] + model)
    #expect(next.status == 0, "\(next.errorText)")
  }
}
