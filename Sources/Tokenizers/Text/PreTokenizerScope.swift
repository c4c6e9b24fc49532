/// What is known about the places where a pre-tokenizer cuts.
package enum PreTokenizerScope: Sendable {
  /// Nothing is cut: the whole text is one piece.
  case wholeText
  /// A hand-written rule: it looks at classes of characters, and never behind the start of a piece.
  case rule
  /// Any regular expression, which may look anywhere.
  case pattern
}

extension PreTokenizer {
  package var scope: PreTokenizerScope {
    if self is WholeTextPreTokenizer { return .wholeText }
    return self is RulePreTokenizer ? .rule : .pattern
  }
}
