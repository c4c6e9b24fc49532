import Testing

/// Processes that end early, full and closed places, files that change, large inputs and memory limits, in their short
/// form; `make faults` tries more.
@Suite struct FaultTests {
  @Test func nothingIsLostOrHalfWritten() throws {
    try passes("Faults/faults_test.py", sum: " cases, 0 failed")
  }
}
