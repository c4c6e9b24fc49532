import TestSupport
import Testing

/// `toklab sweep` as a program: killed, resumed, and given what is wrong.
@Suite struct SweepTests {
  /// 3 languages × 3 algorithms × 2 sizes, killed five times; `--kills 20` by hand.
  @Test func killedAndResumed() throws {
    let script = Toklab.folder(#filePath) + "/../Sweeps/sweep_test.py"
    var program = Toklab(program: TestPaths.python)
    program.timeout = 600
    let run = try program.run([script, Toklab.path])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.text.contains(" checks, 0 failed"))
  }
}
