/// Decodes ids as they come and hands out whole characters only.
///
/// A token may end in the middle of a character; such a tail is held back until it is complete, or can no
/// longer become a character, or ``finish()`` is called. Where the decoder is a chain of steps that look at
/// their neighbours, the ids since the last output are decoded together with the few before them.
public struct StreamingDecoder {
  private let tokenizer: Tokenizer
  private let skipSpecialTokens: Bool
  private var held: [UInt8] = []
  private var position = 0
  /// Chains only: ids under decoding, and how many bytes of their text were handed out.
  private var window: [TokenID] = []
  private var given = 0
  private static let windowLimit = 64

  public init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// The bytes that are certain after one more id.
  public mutating func push(_ id: TokenID) throws(ToklabError) -> [UInt8] {
    defer { position += 1 }
    if tokenizer.decoding.isConcatenation {
      try tokenizer.decoding.append(id, at: position, skipSpecialTokens: skipSpecialTokens, to: &held)
    } else {
      window.append(id)
      let text = try tokenizer.decoding.decode(window, skipSpecialTokens: skipSpecialTokens)
      if text.count > given { held += text[given...] }
      given = max(given, text.count)
      if window.count > Self.windowLimit {
        window.removeFirst(window.count / 2)
        given = try tokenizer.decoding.decode(window, skipSpecialTokens: skipSpecialTokens).count
      }
    }
    let tail = Self.incompleteTail(held)
    let ready = Array(held.dropLast(tail))
    held.removeFirst(ready.count)
    return ready
  }

  /// What is still held back.
  public mutating func finish() -> [UInt8] {
    defer { held = [] }
    return held
  }

  /// The number of bytes at the end that may be the beginning of a character.
  static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for length in 1..<4 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed =
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      guard needed > length else { return 0 }
      // The bytes so far must be a possible beginning: complete them with the extreme continuations.
      let start = Array(bytes.suffix(length))
      for filler: UInt8 in [0x80, 0x90, 0xA0, 0xBF] {
        let completed = start + [UInt8](repeating: filler, count: needed - length)
        if UTF8Scalar.length(completed, at: 0) == needed { return length }
      }
      return 0
    }
    return 0
  }
}
