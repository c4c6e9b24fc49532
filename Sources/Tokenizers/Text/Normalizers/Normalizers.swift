/// Turns components of a `tokenizer.json` into normalizers.
public enum Normalizers {
  /// The normalizer a component describes, each with the reference library's Unicode version.
  ///
  /// - Parameter path: where the component stands in its file, for errors.
  /// - Throws: ``ToklabError`` for a component that has no engine, or a pattern that cannot run.
  public static func make(
    _ component: NormalizerComponent, path: String = "$.normalizer"
  ) throws(ToklabError) -> any Normalizer {
    switch component {
    case .nfc: return try UnicodeNormalizer(.nfc)
    case .nfd: return try UnicodeNormalizer(.nfd)
    case .nfkc: return try UnicodeNormalizer(.nfkc)
    case .nfkd: return try UnicodeNormalizer(.nfkd)
    case .lowercase: return LowercaseNormalizer()
    case .strip(let left, let right): return StripNormalizer(left: left, right: right)
    case .stripAccents: return FilterNormalizer.stripAccents
    case .nmt: return NmtNormalizer()
    case .prepend(let prefix): return PrependNormalizer(prefix: prefix)
    case .byteLevel: return ByteLevelNormalizer()
    case .bert(let cleanText, let handleChineseCharacters, let stripAccents, let lowercase):
      return try BertNormalizer(
        cleanText: cleanText, handleChineseCharacters: handleChineseCharacters,
        stripAccents: stripAccents, lowercase: lowercase)
    case .replace(let pattern, let content):
      do throws(ToklabError) { return try ReplaceNormalizer(pattern, with: content) } catch {
        var located = error
        located.position = .path(path)
        throw located
      }
    case .sequence(let parts):
      var steps: [any Normalizer] = []
      for (index, part) in parts.enumerated() {
        steps.append(try make(part, path: "\(path).normalizers[\(index)]"))
      }
      return SequenceNormalizer(steps: steps)
    case .precompiled(let charsmap):
      do throws(ToklabError) { return try PrecompiledNormalizer(charsmap) } catch {
        var located = error
        if case .byte(let byte) = error.position { located.found = "byte \(byte): \(error.found)" }
        located.position = .path(path + ".precompiled_charsmap")
        throw located
      }
    }
  }
}
