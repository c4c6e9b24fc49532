import TestSupport
import Testing

/// `toklab dynamic` as users call it.
@Suite struct DynamicTests {
  let scratch: Scratch
  let tokenizer: String
  let text: String

  init() throws {
    scratch = try Scratch()
    let fixture = try Fixture.shared.get()
    (tokenizer, text) = (fixture.tokenizer, fixture.text)
  }

  private func numbers(_ value: JSONText.Value) -> [Int] {
    guard case .array(let items) = value else { return [] }
    return items.compactMap { if case .number(let text) = $0 { Int(text) } else { nil } }
  }

  @Test(arguments: ["pretoken", "word", "word-hyphen", "sentence", "identifier", "sequence"])
  func sequencesHoldTheText(boundary: String) throws {
    let run = try Toklab.run(
      "dynamic", "encode", "-t", tokenizer, text, "--batch", "3", "--boundary", boundary, "--json")
    #expect(run.status == 0, "\(run.errorText)")
    let document = try #require(JSONText.parse(run.output))
    #expect(document["schema"] == .string("toklab.dynamic-encode/1"))
    let plain = try Toklab.run("encode", "-t", tokenizer, "--per-line", text)
    let lines = plain.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      $0.split(separator: " ").compactMap { Int($0) }
    }
    var restored: [[Int]] = []
    var (before, after) = (0, 0)
    for batch in 0..<document["batches"].count {
      let batch = document["batches"][batch]
      var parts: [Int: [Int]] = [:]
      for index in 0..<batch["vocabulary"].count {
        let token = batch["vocabulary"][index]
        parts[Int(token["id"].text)!] = numbers(token["parts"])
      }
      for index in 0..<batch["sequences"].count {
        let sequence = numbers(batch["sequences"][index])
        after += sequence.count
        restored.append(sequence.flatMap { parts[$0] ?? [] })
      }
      before += Int(batch["tokens_before"].text)!
    }
    #expect(document["base_tokens"] == .number("\(before)"))
    #expect(document["dynamic_tokens"] == .number("\(after)"))
    #expect(numbers(document["curve"]).first == before)
    #expect(numbers(document["curve"]).last == after)
    #expect(before == lines.reduce(0) { $0 + $1.count })
    // A merge that the vocabulary has stands for itself, so only the bytes are the same.
    let joined = try Toklab.run(
      ["decode", "-t", tokenizer],
      input: Array(restored.map { $0.map(String.init).joined(separator: " ") + "\n" }.joined().utf8))
    #expect(joined.output == (try Scratch.read(text)).filter { $0 != 0x0A })
  }

  @Test func limitsStopIt() throws {
    let none = try Toklab.run("dynamic", "encode", "-t", tokenizer, text, "--merges", "0")
    #expect(none.text.contains("0.00 %"))
    let two = try Toklab.run(
      "dynamic", "encode", "-t", tokenizer, text, "--merges", "2", "--json", "--threads", "1")
    let document = try #require(JSONText.parse(two.output))
    #expect(document["batches"][0]["merges"].count == 2)
    let some = try Toklab.run(
      "dynamic", "encode", "-t", tokenizer, text, "--reduction", "0.05", "--curve", scratch["curve.csv"])
    #expect(some.status == 0)
    let curve = String(decoding: try scratch.read("curve.csv"), as: UTF8.self)
    #expect(curve.hasPrefix("merges,tokens,mean_length\n0,"))
    for threads in ["2", "5"] {
      let again = try Toklab.run(
        "dynamic", "encode", "-t", tokenizer, text, "--merges", "2", "--json", "--threads", threads)
      let other = try #require(JSONText.parse(again.output))
      #expect(other["batches"] == document["batches"])
    }
  }

  @Test func badOptionsAndInput() throws {
    try scratch.write("bad.txt", [0x61, 0x0A])
    for (words, status) in [
      (["encode", text], 64), (["encode", "-t", tokenizer, text, "--batch", "0"], 64),
      (["encode", "-t", tokenizer, text, "--merges", "1", "--reduction", "0.1"], 64),
      (["encode", "-t", tokenizer, text, "--reduction", "1.5"], 64),
      (["encode", "-t", tokenizer, text, "--boundary", "line"], 64),
      (["encode", "-t", tokenizer, scratch["none.txt"]], 2), (["encode", "-t", text, text], 2),
      (["vocabulary", "-t", tokenizer, text], 64),
      (["vocabulary", "-t", tokenizer, text, "--vocab-size", "300", "-o", scratch["v.txt"]], 2),
      (["vocabulary", "-t", tokenizer, text, "--vocab-size", "3G", "-o", scratch["v.txt"]], 2),
      (["measure", "-t", tokenizer, "--parallel", scratch["nowhere"]], 2),
    ] {
      let run = try Toklab.run(["dynamic"] + words + ["--quiet"])
      #expect(run.status == Int32(status), "\(words): \(run.errorText)")
      #expect(!run.errorText.isEmpty)
    }
    #expect(scratch.names() == ["bad.txt"])
  }

  /// The file takes the longest of its tokens at each place, and base tokens keep their ids.
  @Test func largeVocabularyTakesTheLongestPrefix() throws {
    let run = try Toklab.run(
      "dynamic", "vocabulary", "-t", tokenizer, text, "--vocab-size", "460", "-o", scratch["large.txt"],
      "--json")
    #expect(run.status == 0, "\(run.errorText)")
    let summary = try #require(JSONText.parse(run.output))
    #expect(summary["base_size"] == .number("400"))
    #expect(summary["vocabulary_size"] == .number("460"))
    let dump = try Toklab.run("inspect", scratch["large.txt"], "--dump-vocab")
    #expect(dump.status == 0, "\(dump.errorText)")
    let base = try Toklab.run("inspect", tokenizer, "--dump-vocab")
    let special = base.text.split(separator: "\n").filter { $0.contains("<|") }.count
    #expect(special == 2)
    #expect(dump.text.split(separator: "\n").count == 460 - special)
    let ids = try Toklab.run("encode", "-t", scratch["large.txt"], text)
    let back = try Toklab.run(["decode", "-t", scratch["large.txt"]], input: ids.output)
    #expect(back.output == (try Scratch.read(text)))
    let greedy = try ReferenceLibrary.run("longest_prefix.py", scratch["large.txt"], text)
    #expect(ids.text == String(decoding: greedy, as: UTF8.self))
    let piped = try Toklab.run(
      ["dynamic", "vocabulary", "-t", tokenizer, "--vocab-size", "460", "--quiet", "--threads", "3"],
      input: try Scratch.read(text))
    #expect(piped.output == (try scratch.read("large.txt")))
  }

  @Test func parallelTextsAreMeasured() throws {
    for name in ["eng", "rus"] {
      try scratch.write(
        "p/\(name).txt",
        (0..<40).map { "\(name == "eng" ? "unusual foxes" : "необычные лисы") \($0 % 7)\n" }.joined())
    }
    var documents: [JSONText.Value] = []
    for threads in ["1", "3"] {
      let run = try Toklab.run(
        "dynamic", "measure", "-t", tokenizer, "--parallel", scratch["p"], "--batch", "8", "--json",
        "--bootstrap", "200", "--threads", threads)
      #expect(run.status == 0, "\(run.errorText)")
      documents.append(try #require(JSONText.parse(run.output)))
    }
    #expect(documents[0]["rows"] == documents[1]["rows"])
    #expect(documents[0]["rows"].count == 3)
    #expect(documents[0]["rows"][2]["language"] == .string("mean"))
    #expect(documents[0]["rows"][0]["batches"] == .number("5"))
  }
}
