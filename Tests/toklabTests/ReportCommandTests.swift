import Testing

/// `toklab report` as a program; what the pages hold is in StudiesTests.
@Suite struct ReportCommandTests {
  let fixture: Fixture
  let scratch: Scratch

  init() throws {
    fixture = try Fixture.shared.get()
    scratch = try Scratch()
    try scratch.write("p/eng.txt", "The quick fox.\nA lazy dog.\n")
    try scratch.write("p/rus.txt", "Быстрая лиса.\nЛенивая собака.\n")
    try scratch.write("p/languages.tsv", "code\tname\tscript\neng\tEnglish\tLATIN\nrus\tRussian\tCYRILLIC\n")
    let run = try Toklab.run(
      "score", "premium", "--parallel", scratch["p"], "-t", fixture.tokenizer, "--json", "--quiet", "-o",
      scratch["r.json"])
    #expect(run.status == 0, "\(run.errorText)")
  }

  @Test func writesAPageAndItsTables() throws {
    let first = try Toklab.run("report", scratch["r.json"], "-o", scratch["out"])
    #expect(first.status == 0, "\(first.errorText)")
    #expect(first.text.contains("premium, small"))
    #expect(first.text.contains("Russian (rus)"))
    let second = try Toklab.run("report", scratch["r.json"], "-o", scratch["page.html"], "--quiet")
    #expect(second.status == 0 && second.errorText.isEmpty)
    for ending in [".html", ".csv", ".md"] {
      #expect(try scratch.read("out/report" + ending) == scratch.read("page" + ending), "\(ending)")
    }
    // The CSV is the verb's own.
    let csv = try Toklab.run(
      "score", "premium", "--parallel", scratch["p"], "-t", fixture.tokenizer, "--csv", "--quiet")
    #expect(try scratch.read("out/report.csv") == csv.output)
  }

  @Test func errorsNameTheFile() throws {
    let missing = try Toklab.run("report", scratch["none.json"], "-o", scratch["o"], "--quiet")
    #expect(missing.status == 2 && missing.errorText.contains("none.json"))
    try scratch.write("bad.json", "{\"schema\": 3}")
    let bad = try Toklab.run("report", scratch["bad.json"], "-o", scratch["o"], "--quiet")
    #expect(bad.status == 2 && bad.errorText.contains("bad.json"))
    #expect(bad.errorText.split(separator: "\n").count == 1)
    for arguments in [
      ["report", "-o", "x"], ["report", "a", "-o", "-"], ["report", "a", "-o", "x", "--json"],
    ] {
      #expect(try Toklab.run(arguments).status == 64)
    }
  }
}
