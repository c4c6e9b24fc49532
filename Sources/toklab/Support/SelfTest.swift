import Tokenizers

/// Texts that show most differences between tokenizers: scripts, numbers, white space, contractions,
/// code, emoji sequences, combining marks, and bytes that are no text.
enum SelfTest {
  static let texts: [String] = [
    "Hello, world! It's 12:05; she'll pay $1,234.56 (or 50%).",
    "  two leading, three   inside, trailing  \n\n\ttabbed\r\nlast line ",
    "for (int i = 0; i < n; ++i) { sum += a[i] * 2; } // done",
    "Zwölf Boxkämpfer jagen Viktor über den großen Sylter Deich.",
    "Îles, cœur, naïve; cafe\u{301} is spelled with a combining accent.",
    "Привет, как дела? Ελληνικά: Καλημέρα κόσμε.",
    "שלום עולם. مرحبا بالعالم، كيف حالك؟",
    "नमस्ते दुनिया, १२३। வணக்கம் உலகம். สวัสดีชาวโลก",
    "你好，世界！今天是2024年3月1日。こんにちは世界、カタカナ。안녕하세요 세계",
    "👩‍👩‍👧‍👦 🇪🇺 👍🏽 x² ≈ ½·π ∑ﬁ № Ⅳ",
    "DON'T stop-me_now; HTTPServer2Go, snake_case, camelCase, 0xFF, 1e-9",
  ]

  /// The texts, and for tokenizers that take any bytes two strings that are no UTF-8.
  static func samples(for tokenizer: Tokenizer) -> [[UInt8]] {
    var samples = texts.map { Array($0.utf8) }
    if tokenizer.isByteComplete {
      samples.append([0x61, 0xFF, 0xFE, 0x00, 0x62, 0xE2, 0x82])
      samples.append((0...255).map { UInt8($0) })
    }
    return samples
  }

  /// Samples with their ids, for the file beside a tokenizer.
  static func json(_ tokenizer: Tokenizer) throws -> JSON {
    .array(
      try texts.map { text in
        let ids = try tokenizer.encode(text).ids
        return .object([("text", .string(text)), ("ids", .array(ids.map { .int(Int($0)) }))])
      })
  }

  /// The first sample that two tokenizers encode differently.
  static func firstDifference(_ a: Tokenizer, _ b: Tokenizer) throws -> Difference? {
    for sample in samples(for: a) {
      let first = try a.encode(sample)
      let second = try b.encode(sample)
      if let difference = Difference(text: sample, first, second, a, b) { return difference }
    }
    return nil
  }
}

/// Where two encodings of one text part.
struct Difference: Sendable {
  /// The index of the first id that differs.
  let index: Int
  /// Where in the text that is.
  let byte: Int
  let context: [UInt8]
  let first: [TokenID]
  let second: [TokenID]
  let firstText: String
  let secondText: String

  /// nil when the ids are equal.
  init?(text: [UInt8], _ a: Encoding, _ b: Encoding, _ first: Tokenizer, _ second: Tokenizer) {
    guard a.ids != b.ids else { return nil }
    let index =
      zip(a.ids, b.ids).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? min(a.ids.count, b.ids.count)
    self.index = index
    let byte =
      (index < a.offsets.count
      ? a.offsets[index] : index < b.offsets.count ? b.offsets[index] : text.count..<text.count).lowerBound
    self.byte = byte
    context = Array(text[max(0, byte - 24)..<min(text.count, byte + 24)])
    func around(_ encoding: Encoding) -> [TokenID] {
      Array(encoding.ids[max(0, index - 2)..<min(encoding.ids.count, index + 4)])
    }
    self.first = around(a)
    self.second = around(b)
    func show(_ ids: [TokenID], _ tokenizer: Tokenizer) -> String {
      ids.map { "\($0) \"\(ByteEscape.string(tokenizer.bytes(of: $0) ?? []))\"" }.joined(separator: ", ")
    }
    firstText = show(self.first, first)
    secondText = show(self.second, second)
  }

  var json: [(String, JSON)] {
    [
      ("token", .int(index)), ("byte", .int(byte)), ("context", .string(ByteEscape.utf8(context).text)),
      ("ids", .array(first.map { .int(Int($0)) })), ("other_ids", .array(second.map { .int(Int($0)) })),
    ]
  }
}
