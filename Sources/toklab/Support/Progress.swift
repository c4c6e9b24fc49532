import Glibc
import Synchronization

/// Progress on standard error: a live bar with rate and time left on a terminal (at most 10 a second),
/// one sparse line every five seconds elsewhere, nothing under `--quiet`.
///
/// `advance` may be called from any thread and costs an atomic addition and, at most every few
/// milliseconds of work, a look at the clock.
final class Progress: Sendable {
  enum Unit: Sendable {
    case bytes
    case things(String)
  }

  private let label: String
  private let unit: Unit
  private let total: Int?
  private let mode: Mode
  private let done = Atomic<Int>(0)
  private let start: ContinuousClock.Instant
  /// Milliseconds after `start` of the next drawing.
  private let next: Atomic<Int>
  private let drawing = Mutex<Bool>(false)

  private enum Mode { case silent, live, sparse }

  init(_ label: String, total: Int? = nil, unit: Unit = .bytes, quiet: Bool) {
    self.label = label
    self.total = total.flatMap { $0 > 0 ? $0 : nil }
    self.unit = unit
    mode = quiet ? .silent : Terminal.isTerminal(2) ? .live : .sparse
    start = .now
    // Short jobs draw nothing at all.
    next = Atomic<Int>(mode == .live ? 300 : 5000)
  }

  func advance(by count: Int = 1) {
    guard mode != .silent else { return }
    let now = done.wrappingAdd(count, ordering: .relaxed).newValue
    drawIfDue(now)
  }

  func set(_ count: Int) {
    guard mode != .silent else { return }
    done.store(count, ordering: .relaxed)
    drawIfDue(count)
  }

  private func drawIfDue(_ count: Int) {
    let elapsed = milliseconds()
    guard elapsed >= next.load(ordering: .relaxed) else { return }
    drawing.withLock { shown in
      guard elapsed >= next.load(ordering: .relaxed) else { return }
      next.store(elapsed + (mode == .live ? 100 : 5000), ordering: .relaxed)
      let text = describe(count, elapsed)
      if mode == .live {
        let width = max(20, Terminal.width(2) - 1)
        StandardError.write("\r\u{1B}[2K" + DisplayWidth.truncate(text, to: width))
        shown = true
      } else {
        StandardError.line("toklab: " + text)
      }
    }
  }

  /// Removes the bar. Call it before anything else is written to the terminal.
  func finish() {
    guard mode == .live else { return }
    drawing.withLock { shown in
      if shown { StandardError.write("\r\u{1B}[2K") }
      shown = false
      next.store(Int.max, ordering: .relaxed)
    }
  }

  private func milliseconds() -> Int {
    let elapsed = start.duration(to: .now).components
    return Int(elapsed.seconds) * 1000 + Int(elapsed.attoseconds / 1_000_000_000_000_000)
  }

  private func describe(_ count: Int, _ elapsed: Int) -> String {
    let seconds = max(0.001, Double(elapsed) / 1000)
    let rate = Double(count) / seconds
    var text = label
    if let total {
      let share = min(1, Double(count) / Double(total))
      if mode == .live {
        let filled = Int(share * 24)
        text += " " + String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      }
      text += " \(Int(share * 100)) %"
      text += "  \(quantity(Double(count))) of \(quantity(Double(total)))"
    } else {
      text += "  \(quantity(Double(count)))"
    }
    text += "  \(quantity(rate))/s"
    if let total, rate > 0, count > 0, count < total {
      text += "  \(Numbers.duration(Double(total - count) / rate)) left"
    }
    return text
  }

  private func quantity(_ value: Double) -> String {
    switch unit {
    case .bytes: Numbers.scaled(value, unit: "B")
    case .things(let name): Numbers.scaled(value, unit: name)
    }
  }
}
