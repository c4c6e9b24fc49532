import Testing

/// What people read beside the code, held against the program. The checks are Python scripts in Tests/Documentation.
@Suite struct DocumentationTests {
  private func holds(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try passes("Documentation/" + script, sum: " checks, 0 failed", sourceLocation: sourceLocation)
  }

  /// Installed programs start; every verb and option is in its man page and in the completions.
  @Test func manualAndCompletions() throws { try holds("manual_test.py") }

  /// Every JSON document of every verb is as docs/schemas says.
  @Test func schemas() throws { try holds("schema_test.py") }

  /// The formulas of docs/methods.md, worked out by hand, are what the program prints.
  @Test func methods() throws { try holds("methods_test.py") }

  /// Links and commands of README and docs; every command of docs/faq.md prints what stands below it.
  @Test func pages() throws { try holds("pages_test.py") }
}
