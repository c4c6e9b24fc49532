import TestSupport
import Tokenizers

/// Helpers over ``PreTokenizer`` for tests.
extension PreTokenizer {
  /// The ends of all pieces, asked for in blocks of `capacity`.
  func ends(_ text: [UInt8], capacity: Int = 4096) throws -> [Int] {
    let scanner = makeScanner()
    var block = [Int](repeating: 0, count: capacity)
    var ends: [Int] = []
    try text.withUnsafeBufferPointer { text in
      try scanner.begin(text)
      while true {
        let count = try block.withUnsafeMutableBufferPointer { try scanner.fill($0) }
        if count == 0 { break }
        ends.append(contentsOf: block[0..<count])
      }
    }
    return ends
  }

  func pieces(_ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    var start = 0
    return try ends(bytes).map { end in
      defer { start = end }
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }
  }
}

/// Random text full of what patterns disagree about.
struct EdgeText {
  private var generator: SplitMix64
  private let parts: [String]

  /// - Parameter recent: also characters assigned after Unicode 15.0, which ICU does not know.
  init(seed: UInt64, recent: Bool = false) {
    generator = SplitMix64(seed: seed)
    parts = Self.common + (recent ? Self.recent : [])
  }

  mutating func next(upTo length: Int = 12) -> String {
    var bytes: [UInt8] = []
    for _ in 0...generator.below(length) { bytes += parts[generator.below(parts.count)].utf8 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `before`, the scalar, `after` for every scalar of a range.
  static func everyScalar(
    _ before: String, _ after: String, in range: ClosedRange<UInt32> = 0...0x10FFFF
  ) -> String {
    // Appending to a String.UnicodeScalarView copies it each time.
    var bytes: [UInt8] = []
    for value in range {
      guard let scalar = Unicode.Scalar(value) else { continue }
      bytes += before.utf8
      bytes += UTF8.encode(scalar)!
      bytes += after.utf8
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let common: [String] = [
    // White space; U+001C is none.
    " ", " ", " ", "  ", "\n", "\n", "\r", "\r\n", "\t", "\u{0B}", "\u{0C}", "\u{85}", "\u{A0}", "\u{1680}",
    "\u{2003}", "\u{2028}", "\u{202F}", "\u{3000}", "\u{1C}", "\u{200B}", "\u{FEFF}",
    // Apostrophes and contractions.
    "'", "'", "'s", "'S", "'ſ", "'t", "'RE", "'re", "'ve", "'Ve", "'m", "'ll", "'lL", "'d", "'x", "’", "’s",
    "ʼ", "s", "r", "e", "l", "L", "v", "ſ",
    // Letters of all five categories, marks, case changes.
    "a", "B", "the", "Word", "camelCase", "XMLHttp", "ABC", "é", "É", "ß", "Dž", "ǅ", "ʰ", "ª", "中", "文字",
    "の", "カ", "タ", "ー", "ﾊ", "゠", "・", "゙", "〇", "々", "⼀", "ก", "ำ", "ิ", "한", "ᄀ", "ᅡ", "א", "ع", "ً", "ह",
    "ि",
    "ि", "न्", "\u{301}", "\u{20DD}", "\u{200D}", "\u{FE0F}", "ж", "Ж", "Ω", "ა", "Ა", "𝔘", "𐐀", "𐐨", "ⅷ", "Ⅷ",
    // Numbers.
    "0", "12", "345", "6789", "٣", "२", "½", "²", "①", "Ⅳ", "𝟘", "〣", "一",
    // Punctuation, symbols, controls, private use, unassigned.
    ".", ",", "!", "?", "/", "//", "-", "_", "(", ")", "\"", "#", "$", "+", "<", "=", "^", "`", "|", "~", "…",
    "—",
    "«", "€", "©", "→", "😀", "👩‍👩‍👧", "🇩🇪", "\u{0}", "\u{7F}", "\u{80}", "\u{AD}", "\u{E000}", "\u{378}",
    "\u{10FFFF}",
    "\u{FFFD}", "\u{FFFF}",
  ]

  private static let recent: [String] = [
    "\u{1C89}", "\u{1C8A}", "\u{10D50}", "\u{10D70}", "\u{A7CB}", "\u{A7CD}", "\u{A7DA}", "\u{2EBF0}",
    "\u{2EE5D}", "\u{10D40}", "\u{1E5F1}", "\u{11BF0}", "\u{A7CE}", "\u{A7D2}", "\u{323B0}", "\u{16EBB}",
    "\u{897}", "\u{1FACF}", "\u{20C1}", "\u{2FFC}", "\u{1CC00}", "\u{1CCF0}",
  ]
}
