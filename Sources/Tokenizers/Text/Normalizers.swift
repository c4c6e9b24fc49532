/// Turns components of a `tokenizer.json` into normalizers.
public enum Normalizers {
  /// - Throws: ``ToklabError`` for a component that has no engine.
  public static func make(_ component: NormalizerComponent) throws(ToklabError) -> any Normalizer {
    throw ToklabError("normalizer \(component) has no engine", expected: "a tokenizer without normalizer")
  }
}
