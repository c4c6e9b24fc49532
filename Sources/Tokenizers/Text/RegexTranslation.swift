/// Says in ICU's syntax what an expression means to another engine.
enum RegexTranslation {
  /// Whose meaning an expression has.
  enum Dialect: Sendable {
    /// `tokenizer.json`: Oniguruma with its default syntax.
    case oniguruma
    /// `.tiktoken`: fancy-regex over Rust's regex crate.
    case fancy
  }

  static func icu(_ expression: String, from dialect: Dialect) throws(ToklabError) -> String {
    expression
  }
}
