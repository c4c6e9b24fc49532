/// How many tokens a text has.
public struct TokenCount: Sendable, Hashable {
  public var tokens = 0
  /// Those of them that are the unknown token.
  public var unknown = 0

  public init(tokens: Int = 0, unknown: Int = 0) {
    self.tokens = tokens
    self.unknown = unknown
  }

  public static func += (left: inout TokenCount, right: TokenCount) {
    left.tokens += right.tokens
    left.unknown += right.unknown
  }
}
