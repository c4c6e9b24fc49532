/// For byte-level vocabularies that lack some bytes: the fast encoder for text without them, the general one for
/// the rest. Many lack those that UTF-8 never uses (0xC0, 0xC1, 0xF5 and above), so their text never has one.
package final class PartialByteEncoder: PieceEncoder {
  private let fast: any PieceEncoder
  private let general: any PieceEncoder
  private let isMissing: [Bool]
  private let asciiIsComplete: Bool

  package init(_ model: BytePairModel, fast: any PieceEncoder, general: any PieceEncoder) {
    self.fast = fast
    self.general = general
    isMissing = model.byteTokens.map { $0 == VocabularyStorage.none }
    asciiIsComplete = !isMissing[..<128].contains(true)
  }

  package func encode(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>,
    into ids: TokenBuffer, lengths: TokenBuffer?
  ) throws(ToklabError) {
    guard let end = ends.last else { return }
    let encoder = hasMissing(text, start, end) ? general : fast
    try encoder.encode(text, from: start, ends: ends, into: ids, lengths: lengths)
  }

  package func count(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, ends: UnsafeBufferPointer<Int>, unknown: inout Int
  ) throws(ToklabError) -> Int {
    guard let end = ends.last else { return 0 }
    let encoder = hasMissing(text, start, end) ? general : fast
    return try encoder.count(text, from: start, ends: ends, unknown: &unknown)
  }

  private func hasMissing(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    guard let base = text.baseAddress else { return false }
    return isMissing.withUnsafeBufferPointer { isMissing in
      var index = start
      while index < end {
        if asciiIsComplete, index &+ 8 <= end {
          let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
          if word & 0x8080_8080_8080_8080 == 0 {
            index &+= 8
            continue
          }
        }
        if isMissing[Int(base[index])] { return true }
        index &+= 1
      }
      return false
    }
  }
}
