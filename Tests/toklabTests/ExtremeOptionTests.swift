import Testing

/// Options with values that no one should give, over all verbs: one in 31 here, all of them by
/// `Tests/Faults/options_test.py`.
@Suite struct ExtremeOptionTests {
  @Test func eachEndsWithAResultOrOneError() throws {
    try passes("Faults/options_test.py", ["--every", "31"], sum: " runs, 0 failed")
  }
}
