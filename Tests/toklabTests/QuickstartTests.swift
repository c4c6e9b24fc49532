import TestSupport
import Testing

/// `Scripts/quickstart.sh`, which `make quickstart` runs, on the built program.
struct QuickstartTests {
  @Test func everyStepLeavesWhatItSays() throws {
    let scratch = try Scratch()
    let out = scratch["quickstart"]
    let run = try Toklab(
      program: TestPaths.root + "/Scripts/quickstart.sh",
      environment: [
        "TOKLAB": Toklab.path, "QUICKSTART": out, "QUICKSTART_TEXT": scratch["none"], "NO_COLOR": "1",
      ]
    ).run([])
    #expect(run.status == 0, "\(run.errorText)")
    for heading in [
      "1. ", "2. Train", "3. What a language costs", "4. Export", "5. Byte probabilities", "6. The files",
    ] {
      #expect(run.lines.contains { $0.hasPrefix(heading) }, "\(heading)")
    }
    #expect(run.lines.contains { $0.hasPrefix("tur ") && $0.contains("Turkish") })
    #expect(run.lines.contains { $0.hasPrefix("quantity") && $0.contains("canonical, exact") })
    // What was written is what it is called: the exports give the ids of the tokenizer.
    for file in ["multilingual.tiktoken", "multilingual.gguf"] {
      let verified = try Toklab.run(
        "verify", "-t", out + "/multilingual", "--pattern", "o200k", "--against", out + "/export/" + file,
        out + "/sample/tur.txt", out + "/sample/hin.txt")
      #expect(verified.status == 0, "\(file): \(verified.errorText)")
    }
    #expect(try Scratch.read(out + "/export/multilingual.tsv").split(separator: 10).count == 4001)
    // transformers' ids of its first text are ours.
    let loaded = try ReferenceLibrary.run("formats_peer.py", "auto", out + "/multilingual")
    #expect(loaded.starts(with: "[[".utf8))
  }
}
