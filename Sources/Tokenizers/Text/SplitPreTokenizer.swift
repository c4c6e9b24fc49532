/// `Split` with any behaviour but `Removed`: the matches of a pattern and the text between them become
/// pieces, alone or merged with their neighbours.
///
/// An empty match cuts the text too. Source: huggingface/tokenizers `tokenizer/normalizer.rs` (`split`).
struct SplitPreTokenizer: PreTokenizer {
  let matching: any TextMatching
  let behavior: SplitBehavior
  let invert: Bool

  init(_ matching: any TextMatching, behavior: SplitBehavior, invert: Bool) {
    precondition(behavior != .removed, "a pre-tokenizer drops no text")
    self.matching = matching
    self.behavior = behavior
    self.invert = invert
  }

  func makeScanner() -> any PreTokenScanner { SplitScanner(self) }

  /// Nothing is known about where an arbitrary pattern may be cut.
  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? { nil }
}

private final class SplitScanner: PreTokenScanner {
  private let split: SplitPreTokenizer
  private var matcher: (any TextMatcher)?
  private var count = 0
  /// The end of the last segment.
  private var reached = 0
  /// A match that waits for the text before it to be handed out.
  private var waiting: Range<Int>?
  private var lastMatchEnd = -1
  private var exhausted = true
  /// The end of the piece under construction, 0 when there is none.
  private var pending = 0
  private var previousMatched = false

  init(_ split: SplitPreTokenizer) { self.split = split }

  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    let matcher = if let matcher { matcher } else { try split.matching.makeMatcher() }
    self.matcher = matcher
    try matcher.begin(text)
    count = text.count
    reached = 0
    waiting = nil
    lastMatchEnd = -1
    exhausted = false
    pending = 0
    previousMatched = false
  }

  func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int {
    var filled = 0
    while filled < ends.count {
      guard let (end, matched) = try nextSegment() else {
        if pending > 0 {
          ends[filled] = pending
          filled += 1
          pending = 0
        }
        break
      }
      let joins =
        switch split.behavior {
        case .contiguous: matched == previousMatched
        case .mergedWithPrevious: matched && !previousMatched
        case .mergedWithNext: !matched && previousMatched
        case .isolated, .removed: false
        }
      if !joins, pending > 0 {
        ends[filled] = pending
        filled += 1
      }
      pending = end
      previousMatched = matched
    }
    return filled
  }

  /// The next match or text between matches; empty ones only move the cut, so they are left out.
  private func nextSegment() throws(ToklabError) -> (end: Int, matched: Bool)? {
    while true {
      if let match = waiting {
        waiting = nil
        reached = match.upperBound
        if match.isEmpty { continue }
        return (match.upperBound, !split.invert)
      }
      if reached >= count { return nil }
      guard !exhausted, let match = try matcher?.next() else {
        exhausted = true
        reached = count
        return (count, split.invert)
      }
      if match.isEmpty, match.lowerBound == lastMatchEnd { continue }
      lastMatchEnd = match.upperBound
      waiting = match
      if match.lowerBound > reached {
        reached = match.lowerBound
        return (match.lowerBound, split.invert)
      }
    }
  }
}
