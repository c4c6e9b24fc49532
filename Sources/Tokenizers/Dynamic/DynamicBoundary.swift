/// Which neighbouring tokens of a batch may become one (see ``PairValidity``).
///
/// Source of all but the last two: Feher, Vulić, Minixhofer 2025 (arXiv 2411.18553);
/// DariusFeher/dynamic-tokenization, `tokenizations/dynamic_bpe.py`.
public enum DynamicBoundary: String, Sendable, Hashable, CaseIterable {
  /// Together they are still one pre-token of the base tokenizer.
  case pretoken
  /// Together they hold exactly one run of characters that are not white space.
  case word
  /// As ``word``, but punctuation other than a hyphen does not join what is before it.
  case wordHyphen = "word-hyphen"
  /// Only the rule on spaces that the three above have too: a space, tab or line feed stands only at the
  /// front of a token, unless the token has nothing else; two line feeds alone are no token.
  case sentence
  /// Together they are one identifier of source code, or the beginning of one, after at most one space
  /// (arXiv 2507.14423).
  case identifier
  /// Any two ordinary tokens: what a sequence can be merged to.
  case sequence
}

/// Which of several most frequent pairs is merged.
public enum DynamicTies: String, Sendable, Hashable, CaseIterable {
  /// The smallest (left id, right id).
  case id
  /// The one that stands first in the batch, as in the paper's program.
  case first
}
