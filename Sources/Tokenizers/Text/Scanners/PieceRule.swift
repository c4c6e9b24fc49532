/// A pre-tokenization pattern as code: where the piece that starts at a place ends.
///
/// The end depends only on the bytes from the start on: no rule looks behind.
protocol PieceRule {
  static var classes: UnicodeClasses { get }

  /// The end of the piece at `start`; `start < text.count` and the result is greater than `start`.
  static func end(_ text: ScanText, from start: Int) -> Int

  /// Whether scanning apart what is before and after `index` (in `1 ..< text.count`) surely gives the
  /// pieces of the whole. Each rule has its proof.
  static func isCut(_ text: ScanText, _ index: Int) -> Bool
}

extension PieceRule {
  static var classes: UnicodeClasses { .shared }
}

/// A pre-tokenizer whose pattern is a ``PieceRule``.
struct RulePreTokenizer<Rule: PieceRule>: PreTokenizer {
  func makeScanner() -> any PreTokenScanner { RuleScanner<Rule>() }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? {
    guard let base = text.baseAddress else { return nil }
    let scan = ScanText(base: base, count: text.count, classes: Rule.classes)
    var index = max(1, lowerBound)
    let end = min(upperBound, text.count)
    while index < end {
      if Rule.isCut(scan, index) { return index }
      index += 1
    }
    return nil
  }
}

/// Hot: specialised for each rule, so that a piece costs no call. One dynamic call a block.
final class RuleScanner<Rule: PieceRule>: PreTokenScanner {
  private var base: UnsafePointer<UInt8>?
  private var count = 0
  private var position = 0
  private let classes = Rule.classes

  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    base = text.baseAddress
    count = text.count
    position = 0
  }

  func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int {
    guard let base, let out = ends.baseAddress else { return 0 }
    let text = ScanText(base: base, count: count, classes: classes)
    let capacity = ends.count
    var start = position
    var filled = 0
    while filled < capacity, start < text.count {
      start = Rule.end(text, from: start)
      out[filled] = start
      filled &+= 1
    }
    position = start
    return filled
  }
}
