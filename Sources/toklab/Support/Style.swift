import Glibc

/// Colour, or none: `--no-color`, a non-empty `NO_COLOR`, `TERM=dumb` and a target that is no terminal
/// all turn it off.
struct Style: Sendable {
  let enabled: Bool

  init(descriptor: Int32, noColor: Bool) {
    enabled = !noColor && Terminal.isTerminal(descriptor) && !Terminal.refusesColor
  }

  init(enabled: Bool) { self.enabled = enabled }

  func bold(_ text: String) -> String { paint(text, "1") }
  func dim(_ text: String) -> String { paint(text, "2") }
  func red(_ text: String) -> String { paint(text, "31") }
  func green(_ text: String) -> String { paint(text, "32") }

  func paint(_ text: String, _ code: String) -> String {
    enabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}

enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  static var refusesColor: Bool {
    if let value = getenv("NO_COLOR"), value.pointee != 0 { return true }
    if let value = getenv("TERM"), strcmp(value, "dumb") == 0 { return true }
    return false
  }

  /// Columns of the terminal behind a descriptor; 80 where there is none.
  static func width(_ descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    if let value = getenv("COLUMNS"), let columns = Int(String(cString: value)), columns > 0 {
      return columns
    }
    return 80
  }
}
