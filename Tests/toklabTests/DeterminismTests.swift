import TestSupport
import Testing

/// Every verb with other threads, hash seeds, listing orders, locales and folders gives the same bytes; more settings by
/// `Tests/Determinism/matrix_test.py --whole`.
@Suite struct DeterminismTests {
  @Test func everyVerbGivesTheSameBytes() throws {
    let script = Toklab.folder(#filePath) + "/../Determinism/matrix_test.py"
    var program = Toklab(program: TestPaths.python)
    program.timeout = 600
    let run = try program.run([script, Toklab.path])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.text.contains(" verbs, 0 differences"), "\(run.text)")
  }
}
