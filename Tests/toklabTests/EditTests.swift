import TestSupport
import Testing

/// `toklab edit`, and what it writes loaded by the reference library: the ids must be the same.
@Suite struct EditTests {
  let scratch: Scratch
  let text: String

  init() throws {
    scratch = try Scratch()
    text = try Fixture.shared.get().text
    try scratch.write(
      "more.txt", String(repeating: "unusual foxes prefer unusual dogs; необычные лисы. ", count: 9))
    try scratch.write("add.txt", "<tool>\nfox\n лиса\n")
  }

  /// A tokenizer of each family that a tokenizer.json holds.
  private func tokenizer(_ family: String) throws -> String {
    if family == "bpe" { return try Fixture.shared.get().tokenizer }
    let size = family == "unigram" ? "300" : "420"
    var words = ["train", family, text, "--vocab-size", size, "-o", scratch["\(family).json"], "--quiet"]
    if family == "bpe-bos" {
      words[1] = "bpe"
      words += ["--special", "bos=<s>", "--special", "eos=</s>", "--post-processor", "bos-eos"]
    }
    if family == "unigram-bytes" {
      words[1] = "unigram"
      words += ["--byte-fallback"]
    }
    let run = try Toklab.run(words)
    #expect(run.status == 0, "\(run.errorText)")
    return scratch["\(family).json"]
  }

  private func ids(_ tokenizer: String, _ options: String...) throws -> String {
    let texts = try ReferenceLibrary.run("formats_peer.py", "texts")
    let path = try scratch.write("texts.jsonl", texts)
    let run = try Toklab.run(["encode", "-t", tokenizer, "--json-field", "text", path] + options)
    #expect(run.status == 0, "\(run.errorText)")
    let lines = run.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return "["
      + lines.map { "[" + $0.split(separator: " ").joined(separator: ", ") + "]" }.joined(separator: ", ")
      + "]\n"
  }

  private func check(_ file: String) throws {
    let peer = try ReferenceLibrary.run("formats_peer.py", "ids", file)
    #expect(try ids(file) == String(decoding: peer, as: UTF8.self))
  }

  /// Old and new ids.
  private func map(_ folder: String = "") throws -> [(Int, Int)] {
    String(decoding: try scratch.read(folder.isEmpty ? "ids.tsv" : folder + "/ids.tsv"), as: UTF8.self)
      .split(separator: "\n").map { line in
        let parts = line.split(separator: "\t")
        return (Int(parts[0])!, Int(parts[1])!)
      }
  }

  private func dump(_ tokenizer: String) throws -> [Int: String] {
    let run = try Toklab.run("inspect", tokenizer, "--dump-vocab")
    var tokens: [Int: String] = [:]
    for line in run.text.split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      tokens[Int(parts[0])!] = String(parts[1])
    }
    return tokens
  }

  private static let families = ["bpe", "bpe-bos", "wordpiece", "unigram", "unigram-bytes"]

  @Test(arguments: families)
  func everyOperationIsValidInTheReferenceLibrary(family: String) throws {
    let tokenizer = try tokenizer(family)
    let old = try dump(tokenizer)
    let small = ["wordpiece": "200", "unigram": "98", "unigram-bytes": "300"][family] ?? "330"
    for (name, words) in [
      ("truncate", ["--truncate", small]), ("prune", ["--prune", text, "--keep", small]),
      ("add", ["--add", scratch["add.txt"]]), ("unreachable", ["--remove-unreachable"]),
      ("extend", ["--extend", scratch["more.txt"], "--to", "440"]),
    ] {
      let run = try Toklab.run(["edit", tokenizer] + words + ["-o", scratch[name + "/"], "--json"])
      #expect(run.status == 0, "\(family) \(name): \(run.errorText)")
      guard run.status == 0 else { continue }
      let file = scratch[name + "/tokenizer.json"]
      try check(file)
      let summary = try #require(JSONText.parse(run.output))
      let new = try dump(file)
      #expect(summary["tokens_after"] == .number("\(new.count)"), "\(family) \(name)")
      if name == "truncate" || name == "prune" { #expect(new.count == Int(small)!) }
      if name == "extend" { #expect(new.count > old.count) }
      // The map names every kept token once, and the bytes behind both ids are the same.
      let pairs = try map(name)
      #expect(Set(pairs.map(\.1)).count == pairs.count)
      for (first, second) in pairs { #expect(old[first] == new[second], "\(family) \(name) \(first)") }
      #expect(pairs.count == old.count - Int(summary["removed"].text)!)
      if name == "truncate" || name == "prune" || name == "unreachable" {
        #expect(pairs.map(\.1) == Array(0..<pairs.count), "new ids have no holes and keep the order")
      }
    }
  }

  @Test(arguments: ["gpt2"])
  func realVocabularyIsPruned(name: String) throws {
    let tokenizer = TestPaths.vocabularies + "/" + name
    let run = try Toklab.run(
      "edit", tokenizer, "--prune", text, "--keep", "5000", "-o", scratch["pruned.json"], "--json")
    #expect(run.status == 0, "\(run.errorText)")
    try check(scratch["pruned.json"])
    let counts = try #require(JSONText.parse(run.output))["text_tokens"]
    let (before, after, truncated) = (
      Int(counts["before"].text)!, Int(counts["after"].text)!, Int(counts["truncated"].text)!
    )
    // So few distinct words need fewer tokens than that.
    #expect(before == after)
    #expect(after < truncated)
    #expect(scratch.names().contains("ids.tsv"))
    #expect(try Toklab.run("verify", scratch["pruned.json"]).status == 0)
  }

  @Test func addedTokensAreWhole() throws {
    let tokenizer = try Fixture.shared.get().tokenizer
    #expect(
      try Toklab.run("edit", tokenizer, "--add", scratch["add.txt"], "-o", scratch["a.json"]).status == 0)
    let run = try Toklab.run(
      ["encode", "-t", scratch["a.json"], "--format", "tokens"], input: "a<tool>b лиса".utf8.map { $0 })
    #expect(run.text.contains("<tool>"))
    #expect(try map().count == 400)
  }

  @Test func unreachableTokensChangeNothing() throws {
    let run = try Toklab.run(
      "edit", TestPaths.vocabularies + "/gpt2", "--remove-unreachable", "-o", scratch["r.json"])
    #expect(run.status == 0, "\(run.errorText)")
    let new = Dictionary(uniqueKeysWithValues: try map())
    let before = try Toklab.run("encode", "-t", TestPaths.vocabularies + "/gpt2", text)
    let after = try Toklab.run("encode", "-t", scratch["r.json"], text)
    let expected = before.text.split(separator: " ").map { id in
      id.hasSuffix("\n") ? "\(new[Int(id.dropLast())!]!)\n" : "\(new[Int(id)!]!)"
    }
    #expect(after.text == expected.joined(separator: " "))
  }

  @Test func badOptionsLeaveNothing() throws {
    let tokenizer = try Fixture.shared.get().tokenizer
    try scratch.write("empty.txt", "")
    try scratch.write("gap.txt", "a\n\nb\n")
    let before = scratch.names()
    for (words, status) in [
      ([], 64), (["--truncate", "300", "--remove-unreachable"], 64), (["--keep", "300"], 64),
      (["--prune", text], 64), (["--to", "500"], 64), (["--truncate", "0"], 64), (["--truncate", "20"], 2),
      (["--truncate", "401"], 2), (["--prune", text, "--keep", "100000"], 2),
      (["--add", scratch["none"]], 2), (["--add", scratch["empty.txt"]], 2),
      (["--add", scratch["gap.txt"]], 2),
      (["--extend", text, "--to", "400"], 2), (["--extend", scratch["empty.txt"], "--to", "500"], 2),
      (["--truncate", "300", "--json-field", "x"], 64),
    ] as [([String], Int)] {
      let run = try Toklab.run(["edit", tokenizer] + words + ["-o", scratch["out.json"], "--quiet"])
      #expect(run.status == Int32(status), "\(words): \(run.errorText)")
    }
    #expect(try Toklab.run("edit", tokenizer, "--truncate", "300").status == 64)
    #expect(try Toklab.run("edit", tokenizer, "--truncate", "300", "-o", scratch["x.model"]).status == 2)
    #expect(scratch.names() == before)
  }
}
