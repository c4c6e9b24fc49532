import Glibc
import Testing

/// Bad input gives one clear line, status 2, and nothing else: no output, no file.
@Suite struct ErrorTests {
  let fixture: Fixture
  let scratch: Scratch

  init() throws {
    fixture = try Fixture.shared.get()
    scratch = try Scratch()
  }

  /// Runs with `--quiet` and checks everything that holds for all failures.
  private func failure(
    _ arguments: [String], input: [UInt8] = [], status: Int32 = 2, _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = scratch.names()
    let run = try Toklab.run(arguments + ["--quiet"], input: input)
    #expect(run.status == status, sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, sourceLocation: sourceLocation)
    #expect(run.errorLines.count == 1, sourceLocation: sourceLocation)
    #expect(run.errorText == "toklab: error: \(expected)\n", sourceLocation: sourceLocation)
    #expect(scratch.names() == before, sourceLocation: sourceLocation)
  }

  @Test func missingFiles() throws {
    try failure(["encode", "-t", "no/such"], "no/such: cannot be opened: No such file or directory")
    try failure(
      ["encode", "-t", fixture.tokenizer, "no/such"],
      "no/such: cannot be opened: No such file or directory")
    try failure(
      ["train", "bpe", "no/such", "-o", scratch["x.json"]],
      "no/such: cannot be opened: No such file or directory")
  }

  @Test func unwritableOutput() throws {
    try failure(
      ["encode", "-t", fixture.tokenizer, "-o", "/no/such/x"],
      "/no/such/x: cannot write: No such file or directory")
    try failure(
      ["encode", "-t", fixture.tokenizer, "-o", scratch.path],
      "\(scratch.path): a folder; expected the name of a file to write")
    // Before any training.
    try failure(
      ["train", "bpe", fixture.text, "-o", "/no/such/x.json"],
      "/no/such/x.json: cannot write: No such file or directory")
    try failure(
      ["train", "bpe", fixture.text, "-o", "/proc/x/"], "/proc/x/: cannot write: No such file or directory")
  }

  @Test func garbledTokenizers() throws {
    let whole = try Scratch.read(fixture.tokenizer)
    try scratch.write("cut.json", Array(whole[..<(whole.count / 2)]))
    let cut = try Toklab.run("inspect", scratch["cut.json"], "--quiet")
    #expect(cut.status == 2)
    #expect(cut.errorText.hasPrefix("toklab: error: \(scratch["cut.json"]): byte \(whole.count / 2)"))
    for length in [0, 1, 10, 100, 1000] {
      try scratch.write("cut.json", Array(whole[..<length]))
      let run = try Toklab.run("encode", "-t", scratch["cut.json"], "--quiet")
      #expect(run.status == 2)
      #expect(run.errorLines.count == 1)
      #expect(run.errorText.hasPrefix("toklab: error: \(scratch["cut.json"]):"))
    }
  }

  @Test func tokenizersThatContradictThemselves() throws {
    func check(_ text: String, _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let path = try scratch.write("t.json", text)
      let run = try Toklab.run("encode", "-t", path, "--quiet")
      #expect(run.status == 2, sourceLocation: sourceLocation)
      #expect(run.errorLines.count == 1, sourceLocation: sourceLocation)
      #expect(run.errorText.hasPrefix("toklab: error: \(path): "), sourceLocation: sourceLocation)
      #expect(run.errorText.contains(fragment), "\(run.errorText)", sourceLocation: sourceLocation)
    }
    try check(TokenizerFiles.bytePair([], merges: [], extra: "\"ab\": 65"), "65")
    try check(TokenizerFiles.bytePair(["ab"], merges: ["a bc"]), "bc")
    try check(TokenizerFiles.bytePair(["ab"], merges: ["a b c"]), "a b c")
    try check("{\"version\": \"1.0\"}", "model")
    try check("[1, 2, 3]", "expected a tokenizer of a known format")
  }

  @Test func trainingText() throws {
    try scratch.write("latin1.txt", [0x63, 0x61, 0x66, 0xE9, 0x0A])
    try failure(
      ["train", "bpe", scratch["latin1.txt"], "-o", scratch["x.json"]],
      "\(scratch["latin1.txt"]): byte 3: not UTF-8 (byte 0xe9); expected UTF-8 text; convert the file to UTF-8, or leave it out"
    )
    try scratch.write("empty.txt", "")
    try failure(
      ["train", "bpe", scratch["empty.txt"], "-o", scratch["x.json"]],
      "the corpus holds no text; expected at least one byte of text; check the input files, their format and their weights"
    )
    let small = try Toklab.run(
      "train", "bpe", fixture.text, "--vocab-size", "255", "-o", scratch["x.json"], "--quiet")
    #expect(small.status == 2)
    #expect(small.errorText.contains("a vocabulary size of 255; expected at least 256"))
    #expect(scratch.names() == ["empty.txt", "latin1.txt"])
  }

  @Test func idsThatAreNone() throws {
    try failure(
      ["decode", "-t", fixture.tokenizer], input: Array("65\n66 x7 68\n".utf8),
      "-:2: \"x7\" is no token id; expected decimal ids separated by spaces")
    try failure(
      ["decode", "-t", fixture.tokenizer], input: Array("65 4000000\n".utf8),
      "-:1: id 4000000 (number 2) is no token; expected an id of this tokenizer; check that the ids were made with it"
    )
    try failure(
      ["decode", "-t", fixture.tokenizer], input: Array("99999999999999999999\n".utf8),
      "-:1: \"99999999999999999999\" is no token id; expected decimal ids separated by spaces")
    try failure(
      ["decode", "-t", fixture.tokenizer, "--format", "u32"], input: [1, 0, 0],
      "-: byte 3: 3 bytes; expected a multiple of 4; check --format")
  }

  @Test(arguments: [
    (["encode"], "Missing expected argument '--tokenizer <path>'"),
    (["encode", "-t", "x", "--format", "u8"], "The value 'u8' is invalid for '--format <format>'"),
    (["encode", "-t", "x", "--threads", "0"], "--threads 0 is out of range; expected 1 to 4096"),
    (["encode", "-t", "x", "--dropout", "1.5"], "--dropout 1.5 is out of range; expected 0 to 1"),
    (
      ["encode", "-t", "x", "--sample=-1"],
      "--sample -1.0 is out of range; expected a number of at least 0"
    ),
    (["encode", "-t", "x", "--nbest", "0"], "--nbest 0 is out of range; expected 1 to 1024"),
    (
      ["encode", "-t", "x", "--nbest", "2", "--dropout", "0.1"],
      "--dropout, --sample and --nbest exclude each other"
    ),
    (
      ["encode", "-t", "x", "--truncation", "0"], "--truncation 0; expected none, file or a number of tokens"
    ),
    (["encode", "-t", "x", "--pairs", "--format", "u16"], "--format u16 holds plain ids only"),
    (["encode", "-t", "x", "--memory", "12Q"], "The value '12Q' is invalid for '--memory <size>'"),
    (["train", "bpe", "--vocab-size", "-1"], "Missing value for '--vocab-size <size>'"),
    (["train", "bpe", "--vocab-size", "many"], "The value 'many' is invalid for '--vocab-size <size>'"),
    (["train", "bpe", "--min-frequency", "x"], "The value 'x' is invalid for '--min-frequency <n>'"),
    (
      ["train", "bpe", "--pre-tokenizer", "gpt9"], "The value 'gpt9' is invalid for '--pre-tokenizer <name>'"
    ),
    (["train", "bpe", "--balance", "-1"], ""),
    (
      ["score", "premium", "--parallel", "d", "-t", "x", "--gate", "premium = 2"],
      "--gate 'premium = 2' is no gate"
    ),
    (
      ["score", "premium", "--parallel", "d", "-t", "x", "--gate", "beauty < 2"],
      "--gate 'beauty < 2' names no metric"
    ),
    (
      ["score", "premium", "--parallel", "d", "-t", "x", "--bootstrap", "many"], "The value 'many' is invalid"
    ),
    (["inspect"], "Missing expected argument '<tokenizer>'"),
    (["nonsense"], "Unexpected argument 'nonsense'"),
  ])
  func usage(arguments: [String], expected: String) throws {
    let run = try Toklab.run(arguments)
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count <= 2)
    #expect(run.errorText.hasPrefix("toklab: error: \(expected)"), "\(run.errorText)")
    let quiet = try Toklab.run(arguments + ["--quiet"])
    #expect(quiet.status == 64)
    #expect(quiet.errorLines.count == 1)
  }

  @Test func fullDisk() throws {
    var toklab = Toklab()
    toklab.outputPath = "/dev/full"
    let run = try toklab.run(["encode", "-t", fixture.tokenizer, fixture.text])
    #expect(run.status == 2)
    #expect(run.errorText.hasPrefix("toklab: error: standard output: cannot write: No space left on device"))
    let direct = try Toklab.run("encode", "-t", fixture.tokenizer, fixture.text, "-o", "/dev/full")
    #expect(direct.status == 2)
    #expect(direct.errorText.hasPrefix("toklab: error: /dev/full: cannot write: No space left on device"))
  }

  @Test func aClosedPipeIsSuccess() throws {
    let input = try scratch.write("soup.txt", EncodeDecodeTests.soup(4_000_000))
    var toklab = Toklab()
    toklab.closeOutputAfter = 10
    for format in ["ids", "json", "u32"] {
      let run = try toklab.run(["encode", "-t", fixture.tokenizer, "--per-line", "--format", format, input])
      #expect(run.status == 0)
      #expect(run.error.isEmpty)
    }
  }

  @Test func anInterruptLeavesNothingBehind() throws {
    try scratch.write("soup.txt", EncodeDecodeTests.soup(3_000_000))
    let (path, names) = (scratch.path, scratch.names())
    var toklab = Toklab()
    // The reference engine is slow enough to be caught at work.
    toklab.interruptWhen = { Scratch.names(of: path).contains { $0.hasPrefix("ids.tmp-") } }
    let run = try toklab.run([
      "encode", "-t", fixture.tokenizer, "--algorithm", "reference", scratch["soup.txt"], "-o",
      scratch["ids"],
    ])
    #expect(run.status == 130)
    #expect(run.output.isEmpty)
    #expect(scratch.names() == names)
  }

  @Test func aFailureKeepsTheOldFile() throws {
    try scratch.write("ids", "precious")
    let run = try Toklab.run(
      ["encode", "-t", fixture.tokenizer, "--json-field", "text", "-o", scratch["ids"]],
      input: Array("{\"text\": \"a\"}\n{\"text\": 1}\n".utf8))
    #expect(run.status == 2)
    #expect(try scratch.read("ids") == Array("precious".utf8))
    #expect(scratch.names() == ["ids"])
  }

  @Test func linksKeepPointingAndDevicesAreWrittenInPlace() throws {
    try scratch.write("real", "old")
    symlink(scratch["real"], scratch["link"])
    #expect(try Toklab.run("encode", "-t", fixture.tokenizer, "-o", scratch["link"], input: "a").status == 0)
    #expect(String(decoding: try scratch.read("real"), as: UTF8.self).hasSuffix("\n"))
    var status = stat()
    lstat(scratch["link"], &status)
    #expect(status.st_mode & S_IFMT == S_IFLNK)
    #expect(try Toklab.run("encode", "-t", fixture.tokenizer, "-o", "/dev/null", input: "a").status == 0)
    let stdout = try Toklab.run("encode", "-t", fixture.tokenizer, "-o", "/dev/stdout", input: "a")
    #expect(stdout.text.hasSuffix("\n"))
  }
}
