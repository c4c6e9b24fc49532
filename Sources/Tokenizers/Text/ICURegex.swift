import ICUShim

/// A regular expression compiled by ICU, shared by all threads; ``makeMatcher()`` gives each its own.
///
/// Character classes are at ICU's Unicode version (15.0 in ICU 72), not at 16.0: that is why known patterns
/// have scanners of their own. Text is read in place as UTF-8; ill-formed sequences read as U+FFFD.
package final class ICURegex: Sendable {
  /// Bytes of backtracking stack a match may use. ICU's default of 8 MB gives up on a possessive run of
  /// about 250,000 characters.
  package static let stackLimit: Int32 = 256 << 20
  /// ICU match steps (each about 10,000 operations) one search may take: about two seconds, the same on every
  /// machine. 100,000 took 20 to 30 seconds to give up on (a+)+b.
  package static let timeLimit: Int32 = 10_000

  nonisolated(unsafe) private let handle: OpaquePointer
  package let pattern: String

  /// - Parameter written: the pattern as its author wrote it, when `pattern` is a translation.
  /// - Throws: ``ToklabError`` with ICU's error name and the column when ICU refuses the pattern.
  package init(_ pattern: String, written: String? = nil) throws(ToklabError) {
    var error: Int32 = 0
    var line: Int32 = 0
    var column: Int32 = 0
    var copy = pattern
    let handle = copy.withUTF8 {
      toklab_regex_open(
        $0.baseAddress, Int64($0.count), Self.stackLimit, Self.timeLimit, &line, &column, &error)
    }
    guard let handle else {
      let place = written == nil ? " at character \(column)" : ""
      throw ToklabError(
        "the regular expression \(ByteEscape.shortened(written ?? pattern)) is refused by ICU\(place) (\(icuName(error)))",
        expected: "a pattern that ICU \(icuVersion) compiles")
    }
    self.handle = handle
    self.pattern = pattern
  }

  /// An expression with another engine's meaning.
  ///
  /// - Throws: ``ToklabError`` when ICU cannot match it with the same meaning.
  convenience init(
    translating expression: String, from dialect: RegexTranslation.Dialect
  ) throws(ToklabError) {
    try self.init(RegexTranslation.icu(expression, from: dialect), written: expression)
  }

  deinit { toklab_regex_close(handle) }

  package func makeMatcher() throws(ToklabError) -> Matcher {
    var error: Int32 = 0
    guard let copy = toklab_regex_clone(handle, Self.stackLimit, Self.timeLimit, &error) else {
      throw ToklabError("ICU cannot copy a regular expression (\(icuName(error)))")
    }
    return Matcher(copy)
  }

  /// A position in a text; for one thread.
  package final class Matcher {
    private let handle: OpaquePointer
    private var reached = 0

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { toklab_regex_close(handle) }

    /// Starts on a text, which must stay in place.
    package func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
      var error: Int32 = 0
      reached = 0
      toklab_regex_begin(handle, text.baseAddress, Int64(text.count), &error)
      try check(error)
    }

    /// Restricts the search to a range, which then counts as the whole text, and starts at its beginning.
    package func restrict(to range: Range<Int>) throws(ToklabError) {
      var error: Int32 = 0
      reached = range.lowerBound
      toklab_regex_region(handle, Int64(range.lowerBound), Int64(range.upperBound), &error)
      try check(error)
    }

    /// The next match, which may be empty.
    ///
    /// - Throws: ``ToklabError`` naming the byte the search began at when ICU gives up.
    package func next() throws(ToklabError) -> Range<Int>? {
      var error: Int32 = 0
      var start: Int64 = 0
      var end: Int64 = 0
      let found = toklab_regex_next(handle, &start, &end, &error)
      try check(error)
      guard found != 0 else { return nil }
      reached = Int(end)
      return Int(start)..<Int(end)
    }

    private func check(_ error: Int32) throws(ToklabError) {
      guard error > 0 else { return }
      throw ToklabError(
        at: .byte(reached), "ICU gave up matching the pre-tokenizer's pattern (\(icuName(error)))",
        advice: "use a pattern that needs less backtracking, or cut the text before this byte")
    }
  }
}

func icuName(_ error: Int32) -> String { String(cString: toklab_icu_error_name(error)) }

var icuVersion: String { String(cString: toklab_icu_version()) }
