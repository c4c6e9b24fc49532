import TestSupport
import Testing

/// Runs a Python script of `Tests` with the program's path. Each counts for itself what it tried; `sum` is the end of its
/// last line when nothing failed, so that a script that tried nothing does not pass.
func passes(
  _ script: String, _ arguments: [String] = [], sum: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var program = Toklab(program: TestPaths.python)
  program.timeout = 600
  let run = try program.run([Toklab.packageRoot + "/Tests/" + script, Toklab.path] + arguments)
  #expect(run.status == 0, "\(run.text)\(run.errorText)", sourceLocation: sourceLocation)
  #expect(run.text.contains(sum), "\(run.text)", sourceLocation: sourceLocation)
}
