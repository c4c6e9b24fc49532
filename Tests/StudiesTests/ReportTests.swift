import Glibc
import Studies
import Testing
import Tokenizers

/// Reports from small results: what they hold, what they refuse, and the pages of Snapshots/ byte for byte.
@Suite struct ReportTests {
  private static let folder = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/")!)) + "/Snapshots"

  /// A premium result of two tokenizers and four languages; `names` as a newer toklab writes them.
  static func premium(tokenizers: [String] = ["a", "b"], corpus: String = "c1", names: Bool = true) -> String
  {
    var rows: [String] = []
    func row(_ tokenizer: String, _ language: String?, _ metric: String, _ value: Double?, _ spread: Double?)
    {
      let ends = spread.map { ("\(value! - $0)", "\(value! + $0)") } ?? ("null", "null")
      rows.append(
        """
        {"tokenizer": "\(tokenizer)", "tokenizer_sha256": "\(tokenizer)\(tokenizer)", \
        "language": \(language.map { "\"\($0)\"" } ?? "null"), "metric": "\(metric)", "metric_version": 1, \
        "value": \(value.map { "\($0)" } ?? "null"), "low": \(ends.0), "high": \(ends.1), \
        "estimator": "ratio_of_sums", "unit": "ratio", "n": 64, "encode_mode": "per_line", \
        "null_reason": \(value == nil ? "\"more than 10 % unknown\"" : "null"), "special_tokens": "excluded", \
        "normalization": "none", "corpus_sha256": "\(corpus)", "seed": 0}
        """)
    }
    for tokenizer in tokenizers {
      let more = tokenizer == "b" ? 0.25 : 0
      for (language, value) in [("deu", 1.5 + more), ("eng", 1.0), ("rus", 2.25 + more), ("tam", 6.5 - more)]
      {
        row(tokenizer, language, "premium", value, language == "eng" ? nil : 0.125)
        row(tokenizer, language, "tokens_per_line", value * 20, nil)
      }
      row(tokenizer, "zho", "premium", nil, nil)
      row(tokenizer, nil, "gini", 0.25 + more, nil)
    }
    let languages = """
      "languages": [{"language": "deu", "name": "German", "script": "LATIN"}, \
      {"language": "rus", "name": "Russian", "script": "CYRILLIC"}, \
      {"language": "tam", "name": "<b>Tamil</b>", "script": "TAMIL"}], 
      """
    return """
      {"schema": "toklab.score.premium/1", "rows": [\(rows.joined(separator: ",\n"))], \(names ? languages : "")
      "notes": ["a note & more"],
      "provenance": {"toklab": "0.1.0", "arguments": ["score", "premium", "--parallel", "p"], "inputs": \
      [{"file": "p/eng.txt", "sha256": "ab", "bytes": 3}], "seed": 0, "threads": 2, "unicode": {}}}
      """
  }

  private func read(_ text: String, _ file: String = "r.json") throws -> ResultDocument {
    try ResultReader.read(Array(text.utf8), file: file, sha256: "0123456789abcdef")
  }

  static let view = """
    {"tokenizer": "a", "document": 0, "file": "f", "tokens": [{"id": 5, "token": "<i>", "start": 0, "end": 3}, \
    {"id": 6, "token": "\\n", "start": 3, "end": 4}]}
    {"tokenizer": "b", "document": 0, "file": "f", "tokens": [{"id": 7, "token": "<i>\\n", "start": 0, "end": 4}]}

    """
  static let inspect = """
    {"schema": "toklab.inspect/1", "tokenizer": "a", "vocabulary_size": 300, "token_lengths": {"shortest": 1, \
    "histogram": {"1": 256, "2": 30, "40": 14}}, "scripts": {"Latin": 200, "Common": 100}}
    """

  static let sweep = """
    {"schema": "toklab.sweep.export/1", "plan": {}, "cells": [
    {"cell": 1, "language": "deu", "algorithm": "bpe", "pre_tokenizer": "default", "training_bytes": 9000, "seed": 0, \
    "vocabulary_size": 400, "status": "done", "size_reached": 400, "reason": null, \
    "values": {"tokens_per_line": 60.5, "premium": 1.25}},
    {"cell": 2, "language": "deu", "algorithm": "bpe", "pre_tokenizer": "default", "training_bytes": 9000, "seed": 0, \
    "vocabulary_size": 800, "status": "done", "size_reached": 800, "reason": null, \
    "values": {"tokens_per_line": 50.5, "premium": null}},
    {"cell": 3, "language": "eng", "algorithm": "bpe", "pre_tokenizer": "default", "training_bytes": 9000, "seed": 0, \
    "vocabulary_size": 800, "status": "unreachable", "size_reached": 700, "reason": "the text fills 700 of 800 tokens", \
    "values": {}}]}
    """

  private func check(_ name: String, _ text: String) throws {
    let path = "\(Self.folder)/\(name)"
    if getenv("TOKLAB_RECORD") != nil {
      try AtomicFile.write(path, Array(text.utf8))
      Issue.record("recorded \(name)")
      return
    }
    var expected: [UInt8] = []
    try ByteStream(path).readAll(into: &expected)
    #expect(text == String(decoding: expected, as: UTF8.self), "\(name) has changed; see GoldenTests")
  }

  /// One page with every kind of plot: a change of any of them shows in the diff of the snapshot.
  @Test func snapshots() throws {
    let report = try Report(
      [
        read(Self.premium()), read(Self.inspect, "i.json"), read(Self.view, "v.jsonl"),
        read(Self.sweep, "s.json"),
      ],
      title: "A & B")
    try check("report.html", report.html())
    try check("report.csv", report.csv())
    try check("report.md", report.markdown())
  }

  @Test func everythingFromFilesIsEscaped() throws {
    let report = try Report(
      [read(Self.premium()), read(Self.view, "v.jsonl")], title: "<script>alert(1)</script>")
    let page = report.html()
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("<b>Tamil") && page.contains("&lt;b&gt;Tamil"))
    #expect(!page.contains("<i>\n") && page.contains("&lt;i&gt;⏎"))
    #expect(report.markdown().contains("&lt;b>Tamil"))
  }

  /// Nothing is fetched and nothing tells when or where it was made.
  @Test func standsAlone() throws {
    let page = try Report([read(Self.premium())], title: "t").html()
    for word in ["http://", "https://", "src=", "url(", "@import", "fetch(", "Date"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(try Report([read(Self.premium())], title: "t").html() == page)
  }

  @Test func rowsOfOneTextAreJoined() throws {
    let first = try read(Self.premium(tokenizers: ["a"]), "1.json")
    let second = try read(Self.premium(tokenizers: ["b"]), "2.json")
    let joined = try Report([first, second], title: "t")
    #expect(joined.sections.count == 1)
    #expect(try joined.csv() == Report([read(Self.premium())], title: "t").csv())
    // The same rows again add nothing.
    #expect(try Report([first, first, second], title: "t").csv() == joined.csv())
    let other = try read(Self.premium(tokenizers: ["a"], corpus: "c2"), "3.json")
    let apart = try Report([first, other], title: "t")
    #expect(apart.sections.map(\.id) == ["premium", "premium-2"])
    #expect(apart.sections.map(\.title) == ["What a language costs: 1", "What a language costs: 3"])
  }

  @Test func contradictionsAreErrors() throws {
    let first = try read(Self.premium(tokenizers: ["a"]), "1.json")
    let second = try read(
      Self.premium(tokenizers: ["a"]).replacing("\"value\": 1.5", with: "\"value\": 1.75"), "2.json")
    let error = #expect(throws: ToklabError.self) { try Report([first, second], title: "t") }
    #expect(error?.file == "2.json")
    #expect(error?.found.contains("another premium of a in deu than 1.json") == true)
  }

  @Test(arguments: [
    ("", "an empty file"), ("[1]", "not a JSON object"), ("{\"a\": 1}", "without a schema"),
    (
      "{\"schema\": \"toklab.score.premium/1\", \"rows\": [{\"metric\": \"m\"}]}",
      "without tokenizer or metric"
    ),
    ("{\"schema\": \"toklab.score.premium/1\", \"rows\": [", "$"),
    ("{\"schema\": \"toklab.inspect/1\", \"token_lengths\": {\"histogram\": {\"x\": 1}}}", "the length x"),
  ])
  func badResults(text: String, found: String) {
    let error = #expect(throws: ToklabError.self) { try read(text, "bad.json") }
    #expect(error?.file == "bad.json")
    if found != "$" { #expect(error?.found.contains(found) == true, "\(error?.description ?? "")") }
  }

  /// Documents of other verbs become tables.
  @Test func otherVerbs() throws {
    let report = try Report(
      [
        read(
          "{\"schema\": \"toklab.count/1\", \"rows\": [{\"tokenizer\": \"a\", \"tokens\": 12345}], \"ok\": true}"
        )
      ],
      title: "t")
    #expect(report.sections.map(\.title) == ["count: r"])
    #expect(report.html().contains("12,345"))
    #expect(report.markdown().contains("| a | 12,345 |"))
  }

  @Test func namesAreOptional() throws {
    let page = try Report([read(Self.premium(names: false))], title: "t").html()
    #expect(!page.contains("<button type=\"button\">script</button>"))
    #expect(page.contains(">deu</th>"))
  }

  @Test func readableFigures() {
    let values: [Double] = [0, 3, 1234567, 1234.5, 12.345, 1.23456, 0.012345, 0.000012345, -0.00000018792]
    #expect(
      values.map(Figures.readable) == [
        "0", "3", "1,234,567", "1,235", "12.35", "1.235", "0.01235", "1.23e-5", "-1.88e-7",
      ])
  }

  @Test func barsFitTheirWidth() {
    let bars = ReportBars(title: "t", unit: "u", rows: [("one", 1), ("half", 0.5), ("none", 0)])
    let lines = bars.lines(width: 40)
    #expect(
      lines == [
        "one   " + String(repeating: "█", count: 27) + " 1",
        "half  " + String(repeating: "█", count: 13) + "▌ 0.500", "none   0",
      ])
    #expect(lines.allSatisfy { $0.count <= 40 })
  }

  /// Whatever lists bits per byte is drawn, best first, with the document's own figure among the rest.
  @Test func bitsPerByte() throws {
    let document = try read(
      """
      {"schema": "toklab.bytes.ensemble/1", "bytes": 100, "bits_per_byte": 0.9375, "members": [
        {"model": "small", "bits_per_byte": 1.5}, {"model": "large", "bits_per_byte": 1.25}, {"model": "none", \
      "bits_per_byte": null}],
        "others": [{"name": "x", "bits_per_token": 3}]}
      """)
    let section = try #require(Report([document], title: "t").sections.last)
    #expect(section.figures.count == 1 && section.tables.count == 3)
    #expect(section.bars.first?.rows.map(\.label) == ["bytes.ensemble", "large", "small"])
    #expect(section.bars.first?.rows.map(\.value) == [0.9375, 1.25, 1.5])
    #expect(section.figures[0].svg.contains("small: 1.5"))
  }
}
