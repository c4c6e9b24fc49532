import Glibc
import Testing

/// Help texts and the shapes of JSON documents, against the files in Snapshots/.
///
/// After a change that is meant, `TOKLAB_RECORD=1 swift test … --filter GoldenTests` writes them anew; a
/// recording run fails on purpose, so that nobody records by accident.
@Suite struct GoldenTests {
  static let folder = Toklab.folder(#filePath) + "/Snapshots"

  private func check(_ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws
  {
    let path = "\(Self.folder)/\(name)"
    if getenv("TOKLAB_RECORD") != nil {
      mkdir(Self.folder, 0o755)
      guard let file = fopen(path, "w") else { throw SpawnFailed(description: "cannot write \(path)") }
      fputs(text, file)
      fclose(file)
      Issue.record("recorded \(name)", sourceLocation: sourceLocation)
      return
    }
    let expected = String(decoding: try Scratch.read(path), as: UTF8.self)
    #expect(text == expected, "\(name) has changed; see GoldenTests", sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    "", "train", "train bpe", "train superword", "train supertoken", "train batch-bpe", "train wordpiece",
    "train pathpiece", "train mingram",
    "train unigram", "count-words", "merge-counts", "encode", "decode", "count", "inspect", "view",
    "export",
    "verify", "diff", "score", "score premium", "score compare", "score optimal-vocab",
    "score intrinsic", "score integrity", "score morphology", "score capacity", "score vocabulary",
    "score robustness", "score code", "score predictors", "score parity", "score bias", "score byte-premium",
    "score list", "bytes", "bytes next", "bytes covers",
    "bytes score", "bytes sample", "bytes fim", "bytes words", "bytes ensemble", "bytes logits",
    "bytes check", "models",
    "models ngram", "models record", "models info", "models convert", "transplant", "transplant run",
    "transplant list", "transplant evaluate", "dynamic", "dynamic encode",
    "dynamic vocabulary",
    "dynamic measure", "edit", "report", "sweep",
    "sweep plan", "sweep run", "sweep resume", "sweep status", "sweep export", "sweep fit", "serve",
  ])
  func help(verb: String) throws {
    let words = verb.split(separator: " ").map(String.init)
    var toklab = Toklab()
    toklab.environment = ["COLUMNS": "100"]
    let run = try toklab.run(words + ["--help"])
    #expect(run.status == 0)
    try check("help-\(words.isEmpty ? "toklab" : words.joined(separator: "-")).txt", run.text)
  }

  /// Every path of a JSON value with its type; array elements and free keys are one path each.
  private func shape(_ value: JSONText.Value, _ path: String = "$", into lines: inout Set<String>) {
    switch value {
    case .null: lines.insert("\(path): null")
    case .bool: lines.insert("\(path): bool")
    case .number: lines.insert("\(path): number")
    case .string: lines.insert("\(path): string")
    case .array(let items):
      if items.isEmpty { lines.insert("\(path): array") }
      for item in items { shape(item, path + "[]", into: &lines) }
    case .object(let members):
      if members.isEmpty { lines.insert("\(path): object") }
      let free = path.hasSuffix(".histogram") || path.hasSuffix(".scripts")
      for (key, member) in members { shape(member, path + "." + (free ? "*" : key), into: &lines) }
    }
  }

  @Test func documents() throws {
    let fixture = try Fixture.shared.get()
    let scratch = try Scratch()
    let (tokenizer, text) = (fixture.tokenizer, fixture.text)
    try scratch.write("p/eng.txt", "The fox.\n")
    try scratch.write("p/rus.txt", "Лиса.\n")
    #expect(try Toklab.run("train", "bpe", text, "--vocab-size", "300", "-o", scratch["d.json"]).status == 0)
    let commands: [(String, [String])] = [
      ("count", ["count", "-t", tokenizer, text, "--json"]), ("inspect", ["inspect", tokenizer, "--json"]),
      ("verify", ["verify", tokenizer, text, "--json"]),
      ("diff", ["diff", tokenizer, scratch["d.json"], text, "--json"]),
      ("train", ["train", "bpe", text, "--vocab-size", "300", "-o", scratch["t.json"], "--json"]),
      ("export", ["export", tokenizer, "--to", "huggingface", "-o", scratch["e.json"], "--json"]),
      (
        "score-premium",
        [
          "score", "premium", "--parallel", scratch["p"], "-t", tokenizer, "--json", "--bootstrap", "0",
          "--gate",
          "premium < 9",
        ]
      ), ("score-list", ["score", "list", "--json"]),
      ("encode-record", ["encode", "-t", tokenizer, text, "--json"]),
      ("view-record", ["view", tokenizer, text, "--json", "--explain"]),
    ]
    for (name, arguments) in commands {
      let run = try Toklab.run(arguments)
      #expect(run.status == 0, "\(name): \(run.errorText)")
      guard let value = JSONText.parse(run.output) else {
        Issue.record("\(name) is no JSON")
        continue
      }
      var lines: Set<String> = []
      shape(value, into: &lines)
      try check("json-\(name).txt", lines.sorted().joined(separator: "\n") + "\n")
    }
    let sidecar = try #require(JSONText.parse(try scratch.read("t.toklab.json")))
    var lines: Set<String> = []
    shape(sidecar, into: &lines)
    try check("json-toklab.json.txt", lines.sorted().joined(separator: "\n") + "\n")
  }

  /// The source of the man pages: every command and every option says what it is for.
  @Test func everythingIsDescribed() throws {
    let run = try Toklab.run("--experimental-dump-help")
    let root = try #require(JSONText.parse(run.output))
    func visit(_ command: JSONText.Value, _ path: String) {
      let name = path + " " + (command["commandName"].string ?? "?")
      // Made by the argument parser.
      if command["commandName"] == .string("help") { return }
      #expect(command["abstract"].string?.isEmpty == false, "\(name) has no abstract")
      if case .array(let arguments) = command["arguments"] {
        for argument in arguments {
          #expect(
            argument["abstract"].string?.isEmpty == false, "\(name) \(argument["valueName"].text) has no help"
          )
        }
      }
      if case .array(let subcommands) = command["subcommands"] {
        for next in subcommands { visit(next, name) }
      }
    }
    visit(root["command"], "")
  }
}
