import Studies

/// Wall-clock phases of a run, for `timing` and the summaries.
struct Timing {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var phaseStart: ContinuousClock.Instant
  private(set) var phases: [(name: String, seconds: Double)] = []

  init() {
    start = clock.now
    phaseStart = start
  }

  /// Ends the phase that began at the last call (or at the start).
  mutating func phase(_ name: String) {
    let now = clock.now
    phases.append((name, Self.seconds(phaseStart.duration(to: now))))
    phaseStart = now
  }

  var total: Double { Self.seconds(start.duration(to: clock.now)) }

  static func seconds(_ duration: Duration) -> Double {
    let parts = duration.components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }

  /// `{"phase_seconds": …, "total_seconds": …, "peak_memory_bytes": …}`.
  var json: JSON {
    var members = phases.map { ("\($0.name)_seconds", JSON.number(rounded($0.seconds))) }
    members.append(("total_seconds", .number(rounded(total))))
    members.append(("peak_memory_bytes", .int(Measured.peakMemory)))
    return .object(members)
  }

  private func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
}
