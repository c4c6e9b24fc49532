/// Finds added tokens in text by the rules of huggingface/tokenizers (`added_vocabulary.rs`).
///
/// Leftmost-longest search; `singleWord` rejects a match with a word character as neighbour; `leftStrip` and
/// `rightStrip` take adjacent white space along. A special token that the policy does not allow is passed
/// over as plain text, its bytes not searched again. White space that a token took along may still begin the
/// next one, and then belongs to both.
package struct AddedTokenMatcher: Sendable {
  package struct Part {
    /// The token, or nil for plain text.
    package var token: TokenID?
    package var range: Range<Int>
  }

  private let tokens: [AddedToken]
  private let isActive: [Bool]
  private let automaton: AhoCorasickAutomaton?

  /// - Parameter contents: what to search for instead of each token's content (normalized spellings).
  package init(_ tokens: [AddedToken], contents: [[UInt8]]? = nil, policy: SpecialTokenPolicy) {
    let spellings = contents ?? tokens.map(\.content)
    var seen = Set<[UInt8]>()
    var kept: [AddedToken] = []
    var patterns: [[UInt8]] = []
    for (token, spelling) in zip(tokens, spellings) where !spelling.isEmpty && seen.insert(spelling).inserted
    {
      kept.append(token)
      patterns.append(spelling)
    }
    self.tokens = kept
    isActive = kept.map { token in
      guard token.special else { return true }
      switch policy {
      case .none: return false
      case .all: return true
      case .only(let allowed): return allowed.contains(token.content)
      }
    }
    automaton = isActive.contains(true) ? AhoCorasickAutomaton(patterns) : nil
  }

  /// True when nothing can match, so that text need not be searched.
  package var isEmpty: Bool { automaton == nil }

  /// Calls `body` for each part of the text, in order; parts are not empty and cover the text,
  /// tokens with their white space possibly twice.
  package func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, _ body: (Part) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    var done = 0
    if let automaton {
      var position = 0
      while let match = automaton.firstMatch(in: text, from: position) {
        position = match.range.upperBound
        let token = tokens[match.pattern]
        guard isActive[match.pattern] else { continue }
        var (start, end) = (match.range.lowerBound, match.range.upperBound)
        if token.singleWord, WordBoundary.isWord(before: start, text) || WordBoundary.isWord(at: end, text) {
          continue
        }
        if token.leftStrip { start = max(WordBoundary.whiteSpaceStart(before: start, text), done) }
        if token.rightStrip { end = WordBoundary.whiteSpaceEnd(from: end, text) }
        guard start < end else { continue }
        if done < start { try body(Part(token: nil, range: done..<start)) }
        try body(Part(token: token.id, range: start..<end))
        done = end
      }
    }
    if done < text.count { try body(Part(token: nil, range: done..<text.count)) }
  }
}

/// The `\w` and `\s` neighbours of a position in UTF-8 text.
enum WordBoundary {
  /// `\w` as the Rust `regex` crate defines it: Alphabetic, M, Nd, Pc and Join_Control (UTS 18, annex C), at
  /// the Unicode version of ``UnicodeClasses``; the standard library's is a later one.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    guard let properties = CharacterSets.known(scalar.value, upTo: 16) else { return false }
    if properties.isAlphabetic || scalar.value == 0x200C || scalar.value == 0x200D { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }

  static func isWord(at index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    scalar(at: index, text).map(isWord) ?? false
  }

  static func isWord(before index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    scalar(before: index, text).map { isWord($0.scalar) } ?? false
  }

  /// The start of the white space that ends at `index`.
  static func whiteSpaceStart(before index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var index = index
    while let (scalar, start) = scalar(before: index, text), scalar.properties.isWhitespace { index = start }
    return index
  }

  /// The end of the white space that starts at `index`.
  static func whiteSpaceEnd(from index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
    var index = index
    while let scalar = scalar(at: index, text), scalar.properties.isWhitespace {
      index += UTF8.width(scalar)
    }
    return index
  }

  private static func scalar(at index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
    guard index < text.count else { return nil }
    let length = UTF8Scalar.length(text.baseAddress! + index, text.count - index)
    guard length > 0 else { return nil }
    return String(decoding: text[index..<index + length], as: UTF8.self).unicodeScalars.first
  }

  private static func scalar(
    before index: Int, _ text: UnsafeBufferPointer<UInt8>
  ) -> (scalar: Unicode.Scalar, start: Int)? {
    var start = index - 1
    while start >= 0, index - start <= 4 {
      if text[start] & 0xC0 != 0x80 {
        guard UTF8Scalar.length(text.baseAddress! + start, index - start) == index - start else { return nil }
        return scalar(at: start, text).map { ($0, start) }
      }
      start -= 1
    }
    return nil
  }
}
