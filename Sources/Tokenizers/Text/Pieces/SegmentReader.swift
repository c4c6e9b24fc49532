/// Walks a text as matches of a pattern and the text between them.
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
    let start = reached
    while let segment = try nextOrEmpty() {
      if segment.end > start { return segment }
    }
    return nil
  }

  /// The same with the empty matches, which keep their neighbours from merging.
  func nextOrEmpty() throws(ToklabError) -> (end: Int, matched: Bool)? {
    if let match = waiting {
      waiting = nil
      reached = match.upperBound
      return (match.upperBound, !invert)
    }
    while !exhausted {
      guard let match = try matcher?.next() else {
        exhausted = true
        break
      }
      if match.isEmpty, match.lowerBound == lastMatchEnd { continue }
      lastMatchEnd = match.upperBound
      guard match.lowerBound > reached else {
        reached = match.upperBound
        return (match.upperBound, !invert)
      }
      reached = match.lowerBound
      waiting = match
      return (match.lowerBound, invert)
    }
    if reached >= count { return nil }
    reached = count
    return (count, invert)
  }
}
