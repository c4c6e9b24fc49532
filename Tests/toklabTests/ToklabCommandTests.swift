import Testing

@Suite struct ToklabCommandTests {
  /// A verb without its subcommand is a usage error, not success with a page of help.
  @Test(arguments: ["score", "train", "bytes", "models", "corpus"]) func unfinishedVerbs(verb: String) throws
  {
    let run = try Toklab.run(verb)
    #expect(run.status == 64 && run.text.isEmpty)
    #expect(run.errorText == "toklab: error: Missing subcommand of '\(verb)'\nSee 'toklab \(verb) --help'.\n")
    #expect(try Toklab.run(verb, "--help").status == 0 && Toklab.run("help", verb).status == 0)
  }

  @Test func versionIsPrinted() throws {
    let run = try Toklab.run("--version")
    #expect(run.status == 0)
    #expect(run.text == "0.1.0\n")
    #expect(run.error.isEmpty)
  }

  @Test func helpGoesToStandardOutput() throws {
    let run = try Toklab.run("--help")
    #expect(run.status == 0)
    #expect(run.text.contains("USAGE: toklab"))
    #expect(run.error.isEmpty)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionScriptsAreGenerated(shell: String) throws {
    let run = try Toklab.run("--generate-completion-script", shell)
    #expect(run.status == 0)
    #expect(run.text.contains("toklab"))
    #expect(run.error.isEmpty)
  }

  @Test func usageErrorsAreOneLineAndAHint() throws {
    let run = try Toklab.run("--no-such-option")
    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(
      run.errorLines == ["toklab: error: Unknown option '--no-such-option'", "See 'toklab --help'."])
  }

  @Test func usageErrorsUnderQuietAreOneLine() throws {
    let run = try Toklab.run("--no-such-option", "--quiet")
    #expect(run.status == 64)
    #expect(run.errorLines.count == 1)
  }

  @Test func fullDiskIsAFailure() throws {
    var toklab = Toklab()
    toklab.outputPath = "/dev/full"
    let run = try toklab.run(["--help"])
    #expect(run.status == 2)
    #expect(run.errorText.hasPrefix("toklab: error: standard output: cannot write: No space left on device"))
    #expect(run.errorLines.count == 1)
  }
}
