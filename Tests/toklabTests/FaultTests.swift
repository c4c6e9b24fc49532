import TestSupport
import Testing

/// Processes that end early, full and closed places, files that change, large inputs and memory limits, in their short
/// form; `make faults` tries more.
@Suite struct FaultTests {
  @Test func nothingIsLostOrHalfWritten() throws {
    let script = Toklab.folder(#filePath) + "/../Faults/faults_test.py"
    var program = Toklab(program: TestPaths.python)
    program.timeout = 600
    let run = try program.run([script, Toklab.path])
    #expect(run.status == 0, "\(run.text)\(run.errorText)")
    #expect(run.text.contains(" cases, 0 failed"), "\(run.text)")
  }
}
