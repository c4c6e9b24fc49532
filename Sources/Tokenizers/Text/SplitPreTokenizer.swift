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
  private let behavior: SplitBehavior
  private let segments: SegmentReader
  /// The end of the piece under construction, and of the last one handed out.
  private var pending = 0
  private var handedOut = 0
  private var isFirst = true
  private var previousMatched = false

  init(_ split: SplitPreTokenizer) {
    behavior = split.behavior
    segments = SegmentReader(split.matching, invert: split.invert)
  }

  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    try segments.begin(text)
    pending = 0
    handedOut = 0
    isFirst = true
    previousMatched = false
  }

  func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int {
    var filled = 0
    while filled < ends.count {
      let segment = try segments.nextOrEmpty()
      var joins = false
      if let segment, !isFirst {
        joins =
          switch behavior {
          case .contiguous: segment.matched == previousMatched
          case .mergedWithPrevious: segment.matched && !previousMatched
          case .mergedWithNext: !segment.matched && previousMatched
          case .isolated, .removed: false
          }
      }
      // Empty pieces vanish, but not before they have kept their neighbours apart.
      if !joins, pending > handedOut {
        ends[filled] = pending
        filled += 1
        handedOut = pending
      }
      guard let segment else { break }
      pending = segment.end
      previousMatched = segment.matched
      isFirst = false
    }
    return filled
  }
}
