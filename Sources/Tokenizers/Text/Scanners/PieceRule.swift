/// A pre-tokenization pattern as code: where the piece that starts at a place ends.
///
/// The end depends only on the bytes from the start on: no rule looks behind.
protocol PieceRule: SendableMetatype {
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
///
/// The rule's loops are captured as closures where its type is known, so that each is compiled for its
/// rule. A scanner class generic over the rule was never specialised behind the protocol: the options of
/// the rule were then asked for through witness tables, at half the speed.
struct RulePreTokenizer: PreTokenizer {
  fileprivate typealias Fill =
    @Sendable (_ text: ScanText, _ start: Int, _ ends: UnsafeMutableBufferPointer<Int>)
    -> Int
  private let classes: UnicodeClasses
  private let fill: Fill
  private let isCut: @Sendable (ScanText, Int) -> Bool

  @inline(__always)
  init<Rule: PieceRule>(_ rule: Rule.Type) {
    classes = Rule.classes
    fill = { text, start, ends in
      guard let out = ends.baseAddress else { return 0 }
      let capacity = ends.count
      var start = start
      var filled = 0
      while filled < capacity, start < text.count {
        start = Rule.end(text, from: start)
        out[filled] = start
        filled &+= 1
      }
      return filled
    }
    isCut = { text, index in Rule.isCut(text, index) }
  }

  func makeScanner() -> any PreTokenScanner { RuleScanner(classes, fill) }

  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int? {
    guard let base = text.baseAddress else { return nil }
    let scan = ScanText(base: base, count: text.count, classes: classes)
    var index = max(1, lowerBound)
    let end = min(upperBound, text.count)
    while index < end {
      if isCut(scan, index) { return index }
      index += 1
    }
    return nil
  }
}

/// One call through a closure a block.
private final class RuleScanner: PreTokenScanner {
  private var base: UnsafePointer<UInt8>?
  private var count = 0
  private var position = 0
  private let classes: UnicodeClasses
  private let fill: RulePreTokenizer.Fill

  init(_ classes: UnicodeClasses, _ fill: @escaping RulePreTokenizer.Fill) {
    self.classes = classes
    self.fill = fill
  }

  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError) {
    base = text.baseAddress
    count = text.count
    position = 0
  }

  func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int {
    guard let base else { return 0 }
    let filled = fill(ScanText(base: base, count: count, classes: classes), position, ends)
    if filled > 0 { position = ends[filled - 1] }
    return filled
  }
}
