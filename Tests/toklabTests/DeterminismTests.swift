import Testing

/// Every verb with other threads, hash seeds, listing orders, locales and folders gives the same bytes; more settings by
/// `Tests/Determinism/matrix_test.py --whole`.
@Suite struct DeterminismTests {
  @Test func everyVerbGivesTheSameBytes() throws {
    try passes("Determinism/matrix_test.py", sum: " verbs, 0 differences")
  }
}
