import Tokenizers

/// Validity inside one piece (pre-token), where it is the model's matter alone.
///
/// For byte-pair encoding, longest match and unigram the encoding of a prefix that ends at a token boundary
/// is that prefix of the encoding, so a sequence is viable in a piece exactly when it is the encoding of
/// its own bytes; nothing needs to be tried behind it. Reasons: a longest match that fits the shorter text
/// is still the longest there; a best path through a point is best up to that point (ties broken by a rule
/// that looks only at what lies before it); for byte pairs see ``PairValidity``.
enum PieceValidity {
  /// Byte pairs: all tokens reachable, all neighbours a valid pair.
  case pairs(PairValidity)
  /// Any model: encode and compare. The closure gives nil for bytes it cannot encode.
  case encoding(@Sendable ([UInt8]) -> [TokenID]?)

  /// Whether `tokens` are the encoding of `bytes`, their bytes.
  func isEncoding(_ tokens: ArraySlice<TokenID>, of bytes: @autoclosure () -> [UInt8]) -> Bool {
    switch self {
    case .pairs(let pairs):
      guard var previous = tokens.first else { return true }
      guard pairs.reachable[Int(previous)] else { return false }
      for token in tokens.dropFirst() {
        guard pairs.reachable[Int(token)], pairs.isValid(previous, token) else { return false }
        previous = token
      }
      return true
    case .encoding(let encode):
      return encode(bytes()).map { $0.elementsEqual(tokens) } ?? false
    }
  }
}
