import TestSupport
import Testing

/// Options with values that no one should give, over all verbs: one in 31 here, all of them by
/// `Tests/Faults/options_test.py`.
@Suite struct ExtremeOptionTests {
  @Test func eachEndsWithAResultOrOneError() throws {
    let script = Toklab.folder(#filePath) + "/../Faults/options_test.py"
    var program = Toklab(program: TestPaths.python)
    program.timeout = 600
    let run = try program.run([script, Toklab.path, "--every", "31"])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.text.contains(" runs, 0 failed"), "\(run.text)")
  }
}
