import Tokenizers

/// Where pieces may be cut when a token follows a given stretch of text, whatever comes after it.
///
/// For the text y since the last certain cut and the bytes z of a token, y·z is scanned with every probe r
/// behind it. A scan that cuts inside z rules itself out; every other one gives a pattern of cuts inside y,
/// whether there is a cut between y and z, and whether there is one after z. These are few, so a token's
/// code is a word of bits, made when it is first asked for.
///
/// For patterns that look only at classes of characters, letters are replaced by one letter of their class,
/// in y and z alike, unless y holds an apostrophe (contractions look at letters themselves). So all words of
/// one length share their codes, and tokens of one shape too.
final class CutCodes {
  /// The text since the last certain cut, letters replaced.
  let tail: [UInt8]
  /// Whether codes are shared by tokens of one shape.
  let isShared: Bool
  /// The cuts inside the tail, one list a pattern, ascending.
  private(set) var patterns: [[Int]] = []
  /// Whether some token had more patterns than fit a code.
  private(set) var hasOverflown = false
  /// Bit 31: known. Then four bits a pattern: cut before and after, before only, after only, neither.
  private var codes: [UInt32]

  static let mostPatterns = 7
  private static let known: UInt32 = 1 << 31

  /// Bits of a code by whether there is a cut before the token and one after.
  static func bit(pattern: Int, before: Bool, after: Bool) -> UInt32 {
    1 << UInt32(4 * pattern + (before ? 2 : 0) + (after ? 1 : 0))
  }

  init(tail: [UInt8], isShared: Bool, shapes: Int) {
    self.tail = tail
    self.isShared = isShared
    codes = [UInt32](repeating: 0, count: shapes)
  }

  /// The code of the token (or shape) of this number.
  ///
  /// - Parameter bytes: its bytes.
  @inline(__always)
  func code(_ index: Int, _ scan: CutScan, bytes: @autoclosure () -> [UInt8]) -> UInt32 {
    let code = codes[index]
    if code != 0 { return code & ~Self.known }
    return make(index, scan, bytes())
  }

  private func make(_ index: Int, _ scan: CutScan, _ bytes: [UInt8]) -> UInt32 {
    let text = tail + bytes
    var code: UInt32 = 0
    for probe in scan.probes(after: text) {
      scan.run(text + probe)
      var inside: [Int] = []
      var before = tail.isEmpty
      var after = probe.isEmpty
      var isCut = false
      for cut in scan.cuts {
        if cut < tail.count {
          inside.append(cut)
        } else if cut == tail.count {
          before = true
        } else if cut < text.count {
          isCut = true
          break
        } else {
          if cut == text.count { after = true }
          break
        }
      }
      if isCut { continue }
      var pattern = patterns.firstIndex(of: inside)
      if pattern == nil, patterns.count < Self.mostPatterns {
        pattern = patterns.count
        patterns.append(inside)
      }
      guard let pattern else {
        hasOverflown = true
        continue
      }
      code |= Self.bit(pattern: pattern, before: before, after: after)
    }
    codes[index] = code | Self.known
    return code
  }
}

/// A scanner at work on short texts.
final class CutScan {
  /// The ends of the pieces of the last text.
  private(set) var cuts: [Int] = []
  private let scanner: any PreTokenScanner
  private let buffer: UnsafeMutableBufferPointer<Int>
  private var completions: [[UInt8]: [[UInt8]]] = [:]

  init(_ preTokenizer: any PreTokenizer) {
    scanner = preTokenizer.makeScanner()
    buffer = .allocate(capacity: 256)
    buffer.initialize(repeating: 0)
  }

  deinit { buffer.deallocate() }

  /// Cuts a text. A pattern engine that gives up cuts nothing.
  func run(_ text: [UInt8]) {
    cuts.removeAll(keepingCapacity: true)
    text.withUnsafeBufferPointer { text in
      guard !text.isEmpty else { return }
      do throws(ToklabError) {
        try scanner.begin(text)
        while true {
          let count = try scanner.fill(buffer)
          if count == 0 { break }
          cuts.append(contentsOf: buffer[..<count])
        }
      } catch { cuts = [text.count] }
    }
  }

  /// What may follow a text. The empty probe is the first.
  func probes(after text: [UInt8]) -> [[UInt8]] {
    let start = CutProbes.incompleteTail(text)
    if start.isEmpty { return CutProbes.whole }
    if let known = completions[start] { return known }
    let made = CutProbes.completing(start)
    completions[start] = made
    return made
  }
}
