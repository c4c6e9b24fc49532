import TestSupport
import Testing

/// What people read beside the code, held against the program. The checks are Python scripts in Tests/Documentation.
@Suite struct DocumentationTests {
  private func passes(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    var program = Toklab(program: TestPaths.python)
    program.timeout = 600
    let run = try program.run([Toklab.packageRoot + "/Tests/Documentation/" + script, Toklab.path])
    #expect(run.status == 0, "\(run.text)\(run.errorText)", sourceLocation: sourceLocation)
    #expect(run.text.contains(" checks, 0 failed"), "\(run.text)", sourceLocation: sourceLocation)
  }

  /// Installed programs start; every verb and option is in its man page and in the completions.
  @Test func manualAndCompletions() throws { try passes("manual_test.py") }

  /// Every JSON document of every verb is as docs/schemas says.
  @Test func schemas() throws { try passes("schema_test.py") }

  /// The formulas of docs/methods.md, worked out by hand, are what the program prints.
  @Test func methods() throws { try passes("methods_test.py") }

  /// Links and commands of README and docs; every command of docs/faq.md prints what stands below it.
  @Test func pages() throws { try passes("pages_test.py") }
}
