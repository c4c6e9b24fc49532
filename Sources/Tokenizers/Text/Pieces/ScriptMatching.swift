import ICUShim

/// Runs of one script: what the `UnicodeScripts` pre-tokenizer keeps.
///
/// A space belongs to any script and stays with the run before it; Hiragana, Katakana and the long-vowel
/// mark U+30FC count as Han; spaces before the first run are dropped. Source: huggingface/tokenizers
/// `pre_tokenizers/unicode_scripts/`. Scripts are ICU's (15.0 in ICU 72).
struct ScriptMatching: TextMatching {
  func makeMatcher() -> any TextMatcher { Matcher() }

  private final class Matcher: TextMatcher {
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
      while start < text.count, text[start] == 0x20 { start += 1 }
      guard start < text.count else {
        position = start
        return nil
      }
      var end = start
      var script: Int32?
      while end < text.count {
        let length = max(1, UTF8Scalar.length(text.baseAddress! + end, text.count - end))
        if text[end] != 0x20 {
          let next = Self.script(ScanText.scalar(text.baseAddress! + end, length))
          if let script, script != next { break }
          script = next
        }
        end += length
      }
      position = end
      return start..<end
    }

    private static func script(_ scalar: Unicode.Scalar) -> Int32 {
      if scalar.value == 0x30FC { return han }
      let script = toklab_icu_script(scalar.value)
      return script == hiragana || script == katakana ? han : script
    }
  }
}
