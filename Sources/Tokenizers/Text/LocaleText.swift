import ICUShim

/// Text boundaries by the rules of Unicode and a locale (ICU's break iterators): graphemes, words,
/// sentences. For metrics; no tokenizer depends on them.
///
/// One instance a thread. Byte offsets are of the UTF-8 text itself.
public final class TextBreaker {
  public enum Kind: Int32, Sendable, CaseIterable {
    case grapheme = 0
    case word = 1
    case sentence = 3
  }

  private let handle: OpaquePointer
  public let kind: Kind
  public let locale: String

  /// - Parameter locale: a language code such as `tr` or `th`; unknown ones get the root rules.
  public init(_ kind: Kind, locale: String = "") throws(ToklabError) {
    var error: Int32 = 0
    guard let handle = toklab_breaks_open(kind.rawValue, locale, &error) else {
      throw ToklabError("ICU has no \(kind) boundaries for \"\(locale)\" (error \(error))")
    }
    self.handle = handle
    self.kind = kind
    self.locale = locale
  }

  deinit { toklab_breaks_close(handle) }

  /// Calls `body` with each stretch between boundaries; `isWord` tells letters, numbers and ideographs from
  /// spaces and punctuation, for ``Kind/word`` only.
  ///
  /// - Throws: ``ToklabError`` when ICU cannot take the text (2 GiB or more).
  public func forEach(
    in text: UnsafeBufferPointer<UInt8>, _ body: (_ range: Range<Int>, _ isWord: Bool) -> Void
  ) throws(ToklabError) {
    guard text.count > 0 else { return }
    guard text.count < Int(Int32.max) else { throw ToklabError("a text of \(text.count) bytes in one piece") }
    var error: Int32 = 0
    toklab_breaks_begin(handle, text.baseAddress, Int64(text.count), &error)
    guard error == 0 else { throw ToklabError("ICU refuses the text (error \(error))") }
    var start = 0
    var status: Int32 = 0
    while true {
      let end = Int(toklab_breaks_next(handle, &status))
      guard end > start else { return }
      body(start..<end, status >= 100)
      start = end
    }
  }

  /// How results name the segmentation: `ICU 72.1 word boundaries (th)`.
  public var name: String {
    "ICU \(String(cString: toklab_icu_version())) \(kind) boundaries (\(locale.isEmpty ? "root" : locale))"
  }
}

/// Case and canonical form by a locale's rules.
public enum LocaleText {
  /// NFC, lower case by the locale (Turkish and Azerbaijani: I → ı, İ → i), NFC again. Nil when the bytes
  /// are not UTF-8.
  public static func canonicalLower(_ text: some Collection<UInt8>, locale: String) -> [UInt8]? {
    let input = Array(text)
    // ASCII needs ICU only where a locale changes it: I in Turkish, Azerbaijani and Lithuanian.
    if input.allSatisfy({ $0 < 0x80 && $0 != 0x49 }) {
      return input.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
    }
    guard input.count < 1 << 28 else { return nil }
    var capacity = input.count * 2 + 16
    while true {
      var error: Int32 = 0
      var needed = 0
      let out = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        needed = Int(
          toklab_canonical_lower(
            locale, input, Int32(input.count), buffer.baseAddress, Int32(buffer.count), &error))
        count = min(max(needed, 0), capacity)
      }
      if error != 0 { return nil }
      if needed <= capacity { return out }
      capacity = needed
    }
  }

  /// The first character in upper case by the locale (Turkish i → İ), the rest as it is; nil when it has no
  /// other case or the bytes are not UTF-8.
  public static func capitalized(_ text: [UInt8], locale: String) -> [UInt8]? {
    guard let lead = text.first else { return nil }
    let width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard text.count >= width else { return nil }
    var error: Int32 = 0
    var out = [UInt8](repeating: 0, count: 64)
    let count = toklab_upper(locale, text, Int32(width), &out, Int32(out.count), &error)
    guard error == 0, count > 0, Int(count) <= out.count else { return nil }
    let upper = Array(out[..<Int(count)])
    return upper.elementsEqual(text[..<width]) ? nil : upper + text[width...]
  }

  /// Canonical decomposition (NFD) by ICU's own Unicode data. Nil when the bytes are not UTF-8.
  public static func decomposed(_ text: [UInt8]) -> [UInt8]? {
    guard text.count < Int(Int32.max) else { return nil }
    var error: Int32 = 0
    guard let normalizer = toklab_normalizer_open(Int32(TOKLAB_NFD), nil, &error), error <= 0 else {
      return nil
    }
    defer { toklab_normalizer_close(normalizer) }
    var out: UnsafeMutablePointer<UInt8>?
    var length: Int32 = 0
    let changed = toklab_normalizer_apply(normalizer, text, Int32(text.count), &out, &length, &error)
    defer { toklab_icu_free(out) }
    if error > 0 { return nil }
    guard changed != 0, let out else { return text }
    return Array(UnsafeBufferPointer(start: out, count: Int(length)))
  }
}
