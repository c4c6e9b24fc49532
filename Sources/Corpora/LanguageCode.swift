import ICUShim
import Tokenizers

/// The language labels of corpora: lower case, language first, region or script only where the text differs.
package enum LanguageCode {
  /// What a package calls a language, as a label: ISO 639-3 where the language has such a code, then a
  /// script or region where it matters. `pt_BR` → `por-br`, `de-DE` → `deu`, `zh_CN` → `zho`.
  package static func label(_ name: some StringProtocol) -> String {
    var code = String(name.map { $0 == "_" || $0 == "@" || $0 == "." ? "-" : $0 }).lowercased()
    code = aliases[code] ?? code
    var parts = code.split(separator: "-").map(String.init)
    // A region alone is spelling, not another language.
    if parts.count == 2, parts[1].count == 2, !kept.contains(code) { parts.removeLast() }
    guard let first = parts.first else { return code }
    var iso = [CChar](repeating: 0, count: 8)
    let length = toklab_icu_language_iso3(first, &iso, Int32(iso.count))
    if length == 3 { parts[0] = String(decoding: iso.prefix(3).map { UInt8(bitPattern: $0) }, as: UTF8.self) }
    return parts.joined(separator: "-")
  }

  /// English, and forms of address or country spellings of a language that is there without them.
  package static func isVariant(_ label: String) -> Bool {
    label == english || label.hasPrefix(english + "-") || label == "qqq" || variants.contains(label)
  }

  package static let english = "eng"

  private static let aliases = [
    "zh-hans": "zh", "zh-cn": "zh", "zh-hant": "zh-hant", "zh-tw": "zh-hant", "sr-ec": "sr",
    "sr-el": "sr-latn", "sr-latin": "sr-latn", "no": "nb", "no-nb": "nb", "en-us": "en", "tt-cyrl": "tt",
    "tg-cyrl": "tg", "kk-cyrl": "kk", "ku-latn": "ku", "ug-arab": "ug",
  ]
  private static let kept: Set<String> = [
    "pt-br", "en-gb", "en-ca", "de-at", "de-ch", "zh-hk", "ko-kp", "crh-ro",
  ]
  private static let variants: Set<String> = [
    "deu-at", "deu-ch", "deu-formal", "nld-informal", "hun-formal", "spa-formal", "zho-hk", "kor-kp",
    "crh-ro",
    "bel-tarask",
  ]

  /// The English name of a language; the code itself where ICU knows none.
  package static func name(_ label: String) -> String {
    var buffer = [CChar](repeating: 0, count: 160)
    let length = toklab_icu_language_name(label, &buffer, Int32(buffer.count))
    guard length > 0 else { return label }
    return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The script most letters of a text belong to, as ISO 15924 code; "Zyyy" without letters.
  package static func script(of text: [UInt8]) -> String {
    var counts: [Int32: Int] = [:]
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars.prefix(200_000) {
      let script = toklab_icu_script(scalar.value)
      if script > 1 { counts[script, default: 0] += 1 }  // 0 is common, 1 inherited
    }
    guard let best = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return "Zyyy" }
    return String(cString: toklab_icu_script_name(best.key))
  }
}
