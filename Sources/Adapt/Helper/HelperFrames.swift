import Tokenizers

/// Version 1 of the protocol between toklab and a model helper; docs/helper-protocol.md describes it.
///
/// A frame is the length of what follows as four bytes, least significant first, a kind of one byte, and a
/// body.
enum HelperFrames {
  static let version: UInt32 = 1
  /// More than the rows of any vocabulary take: a longer frame is no frame.
  static let longest = 1 << 28

  enum Kind {
    static let hello = UInt8(ascii: "H")
    static let question = UInt8(ascii: "Q")
    static let texts = UInt8(ascii: "E")
    static let tokenize = UInt8(ascii: "T")
    static let facts = UInt8(ascii: "h")
    static let row = UInt8(ascii: "r")
    static let partialRow = UInt8(ascii: "p")
    static let vector = UInt8(ascii: "v")
    static let done = UInt8(ascii: "d")
    static let ids = UInt8(ascii: "t")
    static let fault = UInt8(ascii: "e")
  }

  static func frame(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
    bytes(UInt32(body.count + 1)) + [kind] + body
  }

  static func question(_ contexts: [[TokenID]]) -> [UInt8] {
    var body = bytes(UInt32(contexts.count))
    for context in contexts {
      body += bytes(UInt32(context.count))
      for id in context { body += bytes(UInt32(id)) }
    }
    return frame(Kind.question, body)
  }

  static func texts(_ texts: some Collection<[UInt8]>) -> [UInt8] {
    var body = bytes(UInt32(texts.count))
    for text in texts { body += bytes(UInt32(text.count)) + text }
    return frame(Kind.texts, body)
  }

  static func bytes(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func number(_ bytes: some RandomAccessCollection<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Scores as 32-bit floats.
  static func floats(_ bytes: [UInt8]) -> [Double] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        return Double(Float(bitPattern: bits))
      }
    }
  }
}

/// The Python side of the helper, as it stands in the program.
public enum HelperScript {
  public static var source: [UInt8] { PackageResources.toklab_helper_py }
}
