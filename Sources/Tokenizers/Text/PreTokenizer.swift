/// Cuts text into pre-tokens: the units no token crosses.
///
/// A pre-tokenizer in this sense never drops or changes a byte; it only says where pieces end. Known
/// patterns have hand-written scanners, any other pattern goes through ICU's regular expressions.
/// Components that drop or rewrite text (Metaspace, `Removed` splits) are handled by the general path of
/// ``Tokenizer``.
public protocol PreTokenizer: Sendable {
  /// A scanner with its own scratch memory; one for each thread.
  func makeScanner() -> any PreTokenScanner

  /// A position `p` in `lowerBound ..< text.count` such that scanning `text[..<p]` and `text[p...]`
  /// apart gives the same pieces as scanning the whole, when the scanner looks only at those bytes; nil
  /// when none is found before `upperBound`. Used to cut long documents for parallel work; each
  /// pre-tokenizer proves its own rule in a comment.
  func cut(_ text: UnsafeBufferPointer<UInt8>, from lowerBound: Int, to upperBound: Int) -> Int?
}

/// The moving part of a ``PreTokenizer``: remembers a text and how far it has come.
public protocol PreTokenScanner: AnyObject {
  /// Starts on a text, which must stay in place until the last ``fill(_:)``.
  func begin(_ text: UnsafeBufferPointer<UInt8>) throws(ToklabError)

  /// Writes the ends (offsets into the text, ascending) of the next pieces and returns how many; the
  /// first piece starts at 0, each next one at the end before it. Returns 0 when the text is used up, at
  /// which point the last end written was `text.count`. Pieces are never empty.
  ///
  /// - Throws: ``ToklabError`` when the pattern engine gives up (its stack limit), naming the byte.
  func fill(_ ends: UnsafeMutableBufferPointer<Int>) throws(ToklabError) -> Int
}
