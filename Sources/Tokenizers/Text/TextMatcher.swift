import Glibc

/// Something a text can be split at: a regular expression or a literal string.
protocol TextMatching: Sendable {
  func makeMatcher() throws(ToklabError) -> any TextMatcher
}

/// Finds the matches of a ``TextMatching`` one after another; for one thread.
protocol TextMatcher: AnyObject {
  /// Starts on a text, which must stay in place.
  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError)
  /// The next match, in order and without overlap; it may be empty.
  func next() throws(ToklabError) -> Range<Int>?
}

extension ICURegex.Matcher: TextMatcher {}

struct RegexMatching: TextMatching {
  let regex: ICURegex
  func makeMatcher() throws(ToklabError) -> any TextMatcher { try regex.makeMatcher() as ICURegex.Matcher }
}

/// A literal string; an empty one matches nowhere, as in the reference library.
struct LiteralMatching: TextMatching {
  let literal: [UInt8]

  func makeMatcher() -> any TextMatcher { Matcher(literal) }

  private final class Matcher: TextMatcher {
    private let literal: [UInt8]
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0

    init(_ literal: [UInt8]) { self.literal = literal }

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
    }

    func next() -> Range<Int>? {
      guard let base = text.baseAddress, let first = literal.first else { return nil }
      while text.count - position >= literal.count,
        let found = memchr(base + position, Int32(first), text.count - position - literal.count + 1)
      {
        let start = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        if memcmp(base + start, literal, literal.count) == 0 {
          position = start + literal.count
          return start..<position
        }
        position = start + 1
      }
      return nil
    }
  }
}
