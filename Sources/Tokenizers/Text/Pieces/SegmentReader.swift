/// Walks a text as matches of a pattern and the text between them; no segment is empty.
final class SegmentReader {
  private let matching: any TextMatching
  private let invert: Bool
  private var matcher: (any TextMatcher)?
  private var count = 0
  /// The end of the last segment.
  private var reached = 0
  /// A match that waits for the text before it to be handed out.
  private var waiting: Range<Int>?
  private var lastMatchEnd = -1
  private var exhausted = true

  init(_ matching: any TextMatching, invert: Bool) {
    self.matching = matching
    self.invert = invert
  }

  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    let matcher = if let matcher { matcher } else { try matching.makeMatcher() }
    self.matcher = matcher
    try matcher.begin(text)
    count = text.count
    reached = 0
    waiting = nil
    lastMatchEnd = -1
    exhausted = false
  }

  /// The end of the next segment and whether the pattern matched it (did not, when inverted); empty matches
  /// only move the cut.
  func next() throws(ToklabError) -> (end: Int, matched: Bool)? {
    while true {
      if let match = waiting {
        waiting = nil
        reached = match.upperBound
        if match.isEmpty { continue }
        return (match.upperBound, !invert)
      }
      if reached >= count { return nil }
      guard !exhausted, let match = try matcher?.next() else {
        exhausted = true
        reached = count
        return (count, invert)
      }
      if match.isEmpty, match.lowerBound == lastMatchEnd { continue }
      lastMatchEnd = match.upperBound
      waiting = match
      if match.lowerBound > reached {
        reached = match.lowerBound
        return (match.lowerBound, invert)
      }
    }
  }
}
