import Glibc
import Testing

@Suite struct EncodeDecodeTests {
  let fixture: Fixture
  var tokenizer: String { fixture.tokenizer }

  init() throws { fixture = try Fixture.shared.get() }

  /// Deterministic bytes with a bit of everything.
  static func soup(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    let words = ["fox ", "jumps\n", " собаку", "狐狸", "\r\n", "  ", "1234", "\t", "<|end|>", "\u{0}"]
    while bytes.count < count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let pick = Int(state >> 33)
      if pick % 5 == 0 {
        bytes.append(UInt8(truncatingIfNeeded: pick >> 4))
      } else {
        bytes += Array(words[pick % words.count].utf8)
      }
    }
    return bytes
  }

  @Test func encodeThenDecodeIsTheIdentity() throws {
    for input in [[], [0x0A], [0xFF], Self.soup(100), Self.soup(300_000)] {
      let encoded = try Toklab.run(["encode", "-t", tokenizer], input: input)
      #expect(encoded.status == 0)
      #expect(encoded.output.count(where: { $0 == 0x0A }) == 1)
      let decoded = try Toklab.run(["decode", "-t", tokenizer], input: encoded.output)
      #expect(decoded.status == 0)
      #expect(decoded.output == input)
    }
  }

  @Test func perLineSplitsAtLineFeedsOnly() throws {
    let run = try Toklab.run("encode", "-t", tokenizer, "--per-line", input: "a\r\n\nb\u{2028}c\u{85}d")
    #expect(run.text.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
    #expect(run.text.split(separator: "\n", omittingEmptySubsequences: false)[1] == "")
    let back = try Toklab.run(["decode", "-t", tokenizer, "--per-line"], input: run.output)
    #expect(back.text == "a\r\n\nb\u{2028}c\u{85}d\n")
  }

  @Test func emptyInputs() throws {
    #expect(try Toklab.run("encode", "-t", tokenizer, input: "").text == "\n")
    #expect(try Toklab.run("encode", "-t", tokenizer, "--per-line", input: "").text == "")
    #expect(try Toklab.run("encode", "-t", tokenizer, "--per-line", input: "\n").text == "\n")
    #expect(try Toklab.run("decode", "-t", tokenizer, input: "").text == "")
  }

  @Test(arguments: ["ids", "tokens", "json", "u16", "u32"], [false, true])
  func threadsDoNotMatter(format: String, perLine: Bool) throws {
    let scratch = try Scratch()
    let input = try scratch.write("soup.txt", Self.soup(1_500_000))
    var outputs: [[UInt8]] = []
    for threads in ["1", "2", "7"] {
      let options = perLine ? ["--per-line"] : []
      let run = try Toklab.run(
        ["encode", "-t", tokenizer, "--format", format, "--threads", threads, input] + options)
      #expect(run.status == 0)
      outputs.append(run.output)
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] == outputs[2])
  }

  @Test(arguments: ["u16", "u32"])
  func binaryIdsComeBack(format: String) throws {
    let scratch = try Scratch()
    let input = "fox\n\njumps over\nthe dog"
    let encoded = try Toklab.run(
      "encode", "-t", tokenizer, "--per-line", "--format", format, "--lengths", scratch["lengths"], "-o",
      scratch["ids"], input: input)
    #expect(encoded.status == 0)
    #expect(encoded.output.isEmpty)
    let lengths = try scratch.read("lengths")
    #expect(lengths.count == 4 * 8)
    #expect(Array(lengths[8..<16]) == [0, 0, 0, 0, 0, 0, 0, 0])
    let decoded = try Toklab.run(
      "decode", "-t", tokenizer, "--format", format, "--lengths", scratch["lengths"], "--per-line",
      scratch["ids"])
    #expect(decoded.text == input + "\n")
    #expect(scratch.names() == ["ids", "lengths"])
  }

  @Test func recordsHoldIdsTokensAndOffsets() throws {
    let run = try Toklab.run("encode", "-t", tokenizer, "--json", "--per-line", input: "fox 狐\nx")
    #expect(run.lines.count == 2)
    let record = try #require(JSONText.parse(run.lines[0]))
    #expect(record.keys.prefix(5) == ["document", "file", "ids", "tokens", "offsets"])
    #expect(record["document"] == .number("0"))
    #expect(record["file"] == .string("-"))
    #expect(record["ids"].count == record["tokens"].count)
    #expect(record["offsets"].count == record["ids"].count)
    #expect(record["offsets"][0][0].int == 0)
    #expect(record["offsets"][record["ids"].count - 1][1].int == 7)
    #expect(JSONText.parse(run.lines[1])?["document"] == .number("1"))
  }

  @Test func invalidBytesAreEscapedInRecords() throws {
    let run = try Toklab.run(["encode", "-t", tokenizer, "--format", "json"], input: [0x61, 0xFF])
    let record = try #require(JSONText.parse(run.text))
    #expect(record["escaped"] == .bool(true))
    #expect(record["tokens"][1].string == "\\xff")
  }

  @Test func specialTokensArePlainTextUnlessAllowed() throws {
    func ids(_ options: [String]) throws -> [Substring] {
      let run = try Toklab.run(["encode", "-t", tokenizer] + options, input: Array("a<|end|>b<|x|>".utf8))
      #expect(run.status == 0)
      return run.text.dropLast().split(separator: " ")
    }
    #expect(try ids([]).count > 10)
    #expect(try ids(["--allow-special", "none"]) == ids([]))
    #expect(try ids(["--allow-special", "all"]).count == 4)
    #expect(try ids(["--allow-special", "all"])[1] == "0")
    #expect(try ids(["--allow-special", "<|end|>"]).count > 4)
    #expect(try ids(["--allow-special", "<|end|>", "--allow-special", "<|x|>"]).count == 4)
    let unknown = try Toklab.run("encode", "-t", tokenizer, "--allow-special", "<nope>", input: "")
    #expect(unknown.status == 2)
    #expect(unknown.errorText.contains("\"<nope>\" is no special token"))
  }

  @Test func skippedSpecialTokensAreLeftOut() throws {
    let ids = try Toklab.run("encode", "-t", tokenizer, "--allow-special", "all", input: "a<|end|>b")
    #expect(try Toklab.run(["decode", "-t", tokenizer], input: ids.output).text == "a<|end|>b")
    #expect(
      try Toklab.run(["decode", "-t", tokenizer, "--skip-special-tokens"], input: ids.output).text == "ab")
  }

  @Test func theReferenceEngineAgrees() throws {
    let scratch = try Scratch()
    let input = try scratch.write("soup.txt", Self.soup(20_000))
    let fast = try Toklab.run("encode", "-t", tokenizer, input)
    let slow = try Toklab.run("encode", "-t", tokenizer, "--algorithm", "reference", input)
    #expect(fast.status == 0)
    #expect(fast.output == slow.output)
  }

  @Test func jsonLinesGiveOneDocumentARecord() throws {
    let scratch = try Scratch()
    let records = "{\"text\": \"fox\\njumps\", \"n\": 1}\n\n{\"n\": 2, \"text\": \"caf\\u00e9\"}\n"
    let file = try scratch.write("data.jsonl", records)
    let run = try Toklab.run("encode", "-t", tokenizer, "--json-field", "text", file)
    #expect(run.lines.count == 2)
    let back = try Toklab.run(["decode", "-t", tokenizer], input: run.output)
    #expect(back.text == "fox\njumpscafé")
    let stdin = try Toklab.run("encode", "-t", tokenizer, "--input-format", "jsonl", input: records)
    #expect(stdin.output == run.output)
    let missing = try Toklab.run("encode", "-t", tokenizer, "--json-field", "body", file)
    #expect(missing.status == 2)
    #expect(missing.errorText.hasPrefix("toklab: error: \(file):1: no \"body\" in the object; expected"))
  }

  @Test func foldersAreReadInSortedOrder() throws {
    let scratch = try Scratch()
    try scratch.write("corpus/b.txt", "fox")
    try scratch.write("corpus/a/z.txt", "dog")
    try scratch.write("corpus/ignored.md", "no")
    let run = try Toklab.run("encode", "-t", tokenizer, "--json", scratch["corpus"])
    let files = run.lines.map { JSONText.parse($0)?["file"].string ?? "" }
    #expect(files == [scratch["corpus/a/z.txt"], scratch["corpus/b.txt"]])
  }

  @Test func provenanceIsADocumentOfItsOwn() throws {
    let scratch = try Scratch()
    let run = try Toklab.run(
      "encode", "-t", tokenizer, fixture.text, "--provenance", scratch["p.json"], "-o", scratch["ids"])
    #expect(run.status == 0)
    let document = try #require(JSONText.parse(try scratch.read("p.json")))
    #expect(document["schema"] == .string("toklab.encode/1"))
    #expect(document["provenance"].keys == ["toklab", "arguments", "inputs", "seed", "threads", "unicode"])
    #expect(document["provenance"]["inputs"].count == 2)
    #expect(document["provenance"]["inputs"][0]["sha256"].string?.utf8.count == 64)
  }

  @Test func sixteenBitsMustSuffice() throws {
    // 65,600 tokens: the bytes, and pairs of bytes above them.
    let scratch = try Scratch()
    let wide = try scratch.write("wide.json", TokenizerFiles.wide(tokens: 66_200))
    let fits = try Toklab.run("encode", "-t", wide, "--format", "u16", input: "a")
    #expect(fits.status == 0)
    #expect(fits.output.count == 2)
    let large = try Toklab.run("encode", "-t", wide, "--format", "u16", input: "aa aa \u{1F600} \u{FFFF}")
    #expect(large.status == 2)
    #expect(large.output.isEmpty)
    #expect(large.errorText.contains("does not fit in 16 bits"))
  }
}
