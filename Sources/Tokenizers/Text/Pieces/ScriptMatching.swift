import ICUShim

/// Runs of one script: what the `UnicodeScripts` pre-tokenizer keeps.
///
/// A space, and a character without a script, belongs to any script and stays with the run before it; Hiragana,
/// Katakana and the long-vowel mark U+30FC count as Han; spaces before the first run are dropped. Source:
/// huggingface/tokenizers `pre_tokenizers/unicode_scripts/`. Scripts are those of Unicode 9.0: ICU's for the
/// characters that version had, but for four that have moved since (peer test on every scalar).
struct ScriptMatching: TextMatching {
  func makeMatcher() -> any TextMatcher { Matcher() }

  private final class Matcher: TextMatcher {
    private static let common = toklab_icu_script(0x21)
    private static let devanagari = toklab_icu_script(0x915)
    /// Private use.
    private static let unknown = toklab_icu_script(0xE000)
    private static let han = toklab_icu_script(0x4E00)
    private static let hiragana = toklab_icu_script(0x3042)
    private static let katakana = toklab_icu_script(0x30A2)
    private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    private var position = 0

    func begin(_ text: UnsafeBufferPointer<UInt8>) {
      self.text = text
      position = 0
    }

    func next() -> Range<Int>? {
      var start = position
      while start < text.count, script(at: start) == nil { start += length(at: start) }
      guard start < text.count else {
        position = start
        return nil
      }
      var end = start
      var script: Int32?
      while end < text.count {
        if let next = self.script(at: end) {
          if let script, script != next { break }
          script = next
        }
        end += length(at: end)
      }
      position = end
      return start..<end
    }

    private func length(at index: Int) -> Int {
      max(1, UTF8Scalar.length(text.baseAddress! + index, text.count - index))
    }

    /// Nil for what belongs to any script.
    private func script(at index: Int) -> Int32? {
      text[index] == 0x20
        ? nil : Self.script(ScanText.scalar(text.baseAddress! + index, length(at: index)))
    }

    private static func script(_ scalar: Unicode.Scalar) -> Int32? {
      switch scalar.value {
      case 0x30FC: return han
      case 0x589, 0x61C: return common
      case 0x953, 0x954: return devanagari
      case 0..<0x80: break
      default: guard CharacterSets.known(scalar.value, upTo: 9) != nil else { return nil }
      }
      let script = toklab_icu_script(scalar.value)
      if script == unknown { return nil }
      return script == hiragana || script == katakana ? han : script
    }
  }
}
