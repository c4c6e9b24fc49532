import Testing

/// `count`, `inspect`, `view`, `verify` and `score premium`.
@Suite struct ReportTests {
  let fixture: Fixture
  let scratch: Scratch
  var tokenizer: String { fixture.tokenizer }

  init() throws {
    fixture = try Fixture.shared.get()
    scratch = try Scratch()
  }

  @Test func countRowsAreTotalsOfAFile() throws {
    try scratch.write("a.txt", "fox\njumps\n")
    try scratch.write("b.txt", "é")
    let run = try Toklab.run(
      "count", "-t", tokenizer, "-t", "other=\(tokenizer)", "-t", tokenizer, scratch["a.txt"],
      scratch["b.txt"],
      "--per-line", "--json")
    #expect(run.status == 0)
    let document = try #require(JSONText.parse(run.output))
    #expect(document["schema"] == .string("toklab.count/1"))
    let rows = document["rows"]
    #expect(rows.count == 6)
    #expect((0..<3).map { rows[$0]["tokenizer"].string } == ["small", "other", "small#2"])
    #expect(
      rows[0].keys == ["tokenizer", "file", "documents", "tokens", "unknown_tokens", "bytes", "characters"])
    #expect(rows[0]["documents"] == .number("2"))
    #expect(rows[0]["bytes"] == .number("8"))
    #expect(rows[3]["bytes"] == .number("2"))
    #expect(rows[3]["characters"] == .number("1"))
    let encoded = try Toklab.run("encode", "-t", tokenizer, "--per-line", scratch["a.txt"])
    #expect(rows[0]["tokens"].int == encoded.text.split(whereSeparator: \.isWhitespace).count)
  }

  @Test func jsonIsTheSameForAnyThreadsButForProvenance() throws {
    let commands = [
      ["count", "-t", tokenizer, fixture.text], ["inspect", tokenizer], ["verify", tokenizer, fixture.text],
    ]
    for command in commands {
      let results = try ["1", "7"].map { threads in
        let run = try Toklab.run(command + ["--json", "--threads", threads])
        #expect(run.status == 0)
        guard case .object(let members)? = JSONText.parse(run.output) else { return "" }
        return JSONText.Value.object(members.filter { $0.0 != "provenance" && $0.0 != "timing" }).text
      }
      #expect(results[0] == results[1])
      #expect(!results[0].isEmpty)
    }
  }

  @Test func tablesHaveNoColourInPipes() throws {
    let run = try Toklab.run("count", "-t", tokenizer, fixture.text)
    #expect(!run.output.contains(0x1B))
    #expect(run.lines[0].hasPrefix("tokenizer"))
  }

  @Test func inspectDumpsTheVocabulary() throws {
    let run = try Toklab.run("inspect", tokenizer, "--dump-vocab")
    #expect(run.status == 0)
    #expect(run.lines.count == 400)
    #expect(run.lines[0] == "0\t<|end|>\t")
    let document = try #require(JSONText.parse(try Toklab.run("inspect", tokenizer, "--json").output))
    #expect(document["model"]["type"] == .string("BPE"))
    #expect(document["vocabulary_size"] == .number("400"))
    #expect(document["byte_complete"] == .bool(true))
    #expect(document["unreachable"].count == 0)
    #expect(document["missing_bytes"].count == 0)
    #expect(document["added_tokens"][0]["content"] == .string("<|end|>"))
  }

  @Test func viewMarksBoundaries() throws {
    let plain = try Toklab.run("view", tokenizer, input: "quick fox\n")
    #expect(plain.text.contains("|"))
    #expect(plain.text.split(separator: "|").joined() == "quick fox⏎\n")
    let explained = try Toklab.run("view", tokenizer, "--explain", input: "the")
    #expect(explained.status == 0)
    #expect(explained.text.contains("rank"))
    let page = try Toklab.run(
      "view", "-t", tokenizer, "-t", "b=\(tokenizer)", "--html", scratch["v.html"],
      input: "<fox> & \u{1B}[31m")
    #expect(page.status == 0 && page.output.isEmpty)
    let html = String(decoding: try scratch.read("v.html"), as: UTF8.self)
    #expect(html.hasPrefix("<!DOCTYPE html>") && html.hasSuffix("</html>\n"))
    #expect(!html.contains("<fox>") && !html.contains("\u{1B}") && !html.contains("http"))
    let records = try Toklab.run("view", tokenizer, "--json", "--explain", input: "the")
    let record = try #require(JSONText.parse(records.text))
    #expect(record["pieces"][0]["piece"] == .string("the"))
    #expect(record["pieces"][0]["ids"].count == record["tokens"].count)
  }

  @Test func verifyFindsDifferences() throws {
    #expect(try Toklab.run("verify", tokenizer, fixture.text, "--against", tokenizer).status == 0)
    let other = scratch["other.json"]
    #expect(try Toklab.run("train", "bpe", fixture.text, "--vocab-size", "300", "-o", other).status == 0)
    let run = try Toklab.run("verify", tokenizer, "--against", other, fixture.text)
    #expect(run.status == 1)
    #expect(run.text.contains("the ids differ"))
    #expect(run.error.isEmpty)
    let document = try #require(
      JSONText.parse(try Toklab.run("verify", tokenizer, "--against", other, fixture.text, "--json").output))
    #expect(document["equal"] == .bool(false))
    #expect(document["findings"][0]["check"] == .string("against"))
    #expect(document["findings"][0]["byte"].int != nil)
  }

  @Test func verifyChecksTheStoredSamples() throws {
    let bytes = try Scratch.read(tokenizer)
    try scratch.write("small.json", bytes)
    try scratch.write("small.toklab.json", "{\"self_test\": [{\"text\": \"fox\", \"ids\": [1, 2, 3]}]}")
    let run = try Toklab.run("verify", scratch["small.json"])
    #expect(run.status == 1)
    #expect(run.text.contains("the ids differ from the stored ones"))
    try scratch.write("small.toklab.json", "{\"self_test\": 1}")
    #expect(try Toklab.run("verify", scratch["small.json"]).status == 2)
  }

  @Test func diffNamesTokensMergesAndTexts() throws {
    let other = scratch["other.json"]
    #expect(try Toklab.run("train", "bpe", fixture.text, "--vocab-size", "300", "-o", other).status == 0)
    let run = try Toklab.run("diff", tokenizer, other, fixture.text, "--per-line", "--json")
    #expect(run.status == 0)
    let document = try #require(JSONText.parse(run.output))
    #expect(document["schema"] == .string("toklab.diff/1"))
    #expect(document["tokens"]["shared"] == .number("300"))
    #expect(document["tokens"]["lost"].count == 100)
    #expect(document["tokens"]["added"].count == 0)
    #expect(document["merges"]["common_prefix"] == .number("44"))
    #expect(document["merges"]["second_next"] == .null)
    #expect(document["texts"]["documents"] == .number("6"))
    #expect((document["texts"]["different"].int ?? 0) > 0)
    let same = try Toklab.run("diff", tokenizer, tokenizer, fixture.text)
    #expect(same.status == 0)
    #expect(same.text.contains("0 of 1 cut in another way"))
    #expect(try Toklab.run("diff", tokenizer).status == 64)
  }

  private func parallel() throws -> String {
    try scratch.write("p/eng.txt", "The fox jumps.\nThe dog sleeps.\n")
    try scratch.write("p/rus.txt", "Лиса прыгает.\nСобака спит.\n")
    try scratch.write("p/zho.txt", "狐狸跳。\n狗睡觉。\n")
    try scratch.write("p/languages.tsv", "code\tname\tscript\neng\tEnglish\tLatn\nzho\tChinese\tHans\n")
    return scratch["p"]
  }

  @Test func premiumRows() throws {
    let run = try Toklab.run(
      "score", "premium", "--parallel", try parallel(), "-t", tokenizer, "--json", "--bootstrap", "0")
    #expect(run.status == 0)
    let document = try #require(JSONText.parse(run.output))
    let rows = document["rows"]
    #expect(
      rows[0].keys == [
        "tokenizer", "tokenizer_sha256", "language", "metric", "metric_version", "value", "low", "high",
        "estimator", "unit", "n", "encode_mode", "null_reason", "special_tokens", "normalization",
        "corpus_sha256", "seed",
      ])
    #expect(rows[0]["metric"] == .string("corpus_token_count"))
    #expect(rows[1]["metric"] == .string("premium"))
    #expect(rows[1]["value"] == .number("1"))
    #expect(rows[1]["low"] == .null)
  }

  @Test func premiumTablesInEveryFormat() throws {
    let folder = try parallel()
    for (option, start) in [
      ("--csv", "tokenizer,tokenizer_sha256,language,metric,"), ("--markdown", "| language | name |"),
      ("--latex", "\\begin{tabular}"),
    ] {
      let run = try Toklab.run("score", "premium", "--parallel", folder, "-t", tokenizer, option)
      #expect(run.status == 0)
      #expect(run.text.hasPrefix(start))
    }
    let table = try Toklab.run(
      "score", "premium", "--parallel", folder, "-t", tokenizer, "-t", "b=\(tokenizer)")
    #expect(table.lines[0].contains("premium small") && table.lines[0].contains("premium b"))
    #expect(table.text.contains("Chinese"))
  }

  @Test func gatesDecideTheStatus() throws {
    let base = ["score", "premium", "--parallel", try parallel(), "-t", tokenizer, "--bootstrap", "0"]
    let pass = try Toklab.run(base + ["--gate", "premium <= 100", "--gate", "premium@eng>=1"])
    #expect(pass.status == 0)
    #expect(pass.lines.count(where: { $0.hasPrefix("PASS") }) == 2)
    let fail = try Toklab.run(base + ["--gate", "premium@rus < 1"])
    #expect(fail.status == 1)
    #expect(fail.text.contains("FAIL  premium@rus < 1  small: "))
    let json = try Toklab.run(base + ["--gate", "premium@rus < 1", "--json"])
    #expect(json.status == 1)
    #expect(JSONText.parse(json.output)?["gates"][0]["passed"] == .bool(false))
    let unknown = try Toklab.run(base + ["--gate", "premium@xyz < 1", "--quiet"])
    #expect(unknown.status == 2)
    #expect(unknown.errorText.contains("finds no row"))
  }

  @Test func premiumInputsThatDoNotFit() throws {
    let folder = try parallel()
    let base = ["score", "premium", "--parallel", folder, "-t", tokenizer, "--quiet"]
    let absent = try Toklab.run(base + ["--reference", "deu"])
    #expect(absent.status == 2)
    #expect(absent.errorText.contains("\(folder)/deu.txt"))
    try scratch.write("p/tur.txt", "Tek satır.\n")
    let uneven = try Toklab.run(base)
    #expect(uneven.status == 2)
    #expect(uneven.errorText.contains("\(folder)/tur.txt"))
  }

  @Test func metricsAreListed() throws {
    let run = try Toklab.run("score", "list")
    #expect(run.status == 0)
    #expect(run.text.contains("premium") && run.text.contains("bytes_per_token"))
    let document = try #require(JSONText.parse(try Toklab.run("score", "list", "--json").output))
    #expect(document["metrics"][0]["metric"] == .string("corpus_token_count"))
  }
}
