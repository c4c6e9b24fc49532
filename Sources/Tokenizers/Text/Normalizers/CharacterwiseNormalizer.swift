import Synchronization

/// A normalizer that, ordering of combining marks apart, treats every character by itself: what becomes of each
/// one of the basic plane is asked once and looked up from then on. For text without alignment.
///
/// Ordering: a character of a combining class other than 0 that survives may trade places with another one; the
/// stretch between ASCII characters around it, like one with a character of another plane, is left to the
/// normalizer itself. ASCII characters never move nor do others move across them.
///
/// Cost: ASCII by one table look-up a byte, other characters by two. BERT's four steps one after another took
/// five times as long on English. The table takes 8 ms, the first time a character beyond ASCII is met.
///
/// Unsafe: output through a raw pointer, with room made before each character.
final class CharacterwiseNormalizer: Sendable {
  private let normalizer: any Normalizer
  /// What an ASCII character becomes, or ``nothing``.
  private let ascii: [UInt8]
  /// No ASCII character; U+0000 is one, and only clean text loses it.
  private static let nothing = UInt8.max
  private let table = Mutex<Table?>(nil)

  /// Ends no character's normalization and begins none.
  private static let separator = UInt8(ascii: "#")

  /// For each character of the basic plane the place of its normal form in `blob`: offset · 256 + length.
  private final class Table: Sendable {
    let places: [UInt32]
    let blob: [UInt8]

    static let leftAlone = UInt32.max

    init(_ normalizer: any Normalizer) throws(ToklabError) {
      var text: [UInt8] = []
      for value in UInt32(0x80)...0xFFFF where !(0xD800...0xDFFF).contains(value) {
        TextTransform.append(value, to: &text)
        text.append(CharacterwiseNormalizer.separator)
      }
      let forms = try normalizer.normalized(text).split(
        separator: CharacterwiseNormalizer.separator, omittingEmptySubsequences: false)
      var places = [UInt32](repeating: Self.leftAlone, count: 0x10000)
      var blob: [UInt8] = []
      var number = 0
      for value in UInt32(0x80)...0xFFFF where !(0xD800...0xDFFF).contains(value) {
        let form = forms[number]
        number += 1
        let moves = String(decoding: form, as: UTF8.self).unicodeScalars.contains {
          $0.properties.canonicalCombiningClass != .notReordered
        }
        if moves || form.count > 0xFF { continue }
        places[Int(value)] = UInt32(blob.count) << 8 | UInt32(form.count)
        blob += form
      }
      self.places = places
      self.blob = blob
    }
  }

  /// - Parameter normalizer: one that maps each ASCII character to one or none.
  init(_ normalizer: any Normalizer) {
    self.normalizer = normalizer
    ascii = (0..<128).map { (try? normalizer.normalized([UInt8($0)]))?.first ?? Self.nothing }
  }

  func normalize(
    _ text: UnsafeBufferPointer<UInt8>, alignment: Bool
  ) throws(ToklabError) -> NormalizedText? {
    precondition(!alignment)
    try text.requireUTF8()
    var output = [UInt8](repeating: 0, count: text.count + 256)
    var written = 0
    var position = 0
    while position < text.count {
      position = copyASCII(text, from: position, into: &output, &written)
      if position == text.count { break }
      var end = position + 1
      while end < text.count, text[end] >= 0x80 { end += 1 }
      let stretch = UnsafeBufferPointer(rebasing: text[position..<end])
      let table = try characters()
      if !copy(stretch, table, rest: text.count - position, into: &output, &written) {
        let form = try normalizer.normalize(stretch, alignment: false)?.bytes ?? Array(stretch)
        Self.makeRoom(form.count + text.count - position, &output, written)
        output.replaceSubrange(written..<written + form.count, with: form)
        written += form.count
      }
      position = end
    }
    if written == text.count, output[..<written].elementsEqual(text) { return nil }
    output.removeLast(output.count - written)
    return NormalizedText(bytes: output)
  }

  /// Copies up to the next character beyond ASCII; there is room for all that is left of the text.
  private func copyASCII(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, into output: inout [UInt8], _ written: inout Int
  ) -> Int {
    var position = start
    var count = written
    ascii.withUnsafeBufferPointer { ascii in
      output.withUnsafeMutableBufferPointer { output in
        while position < text.count, text[position] < 0x80 {
          let form = ascii[Int(text[position])]
          output[count] = form
          if form != Self.nothing { count &+= 1 }
          position &+= 1
        }
      }
    }
    written = count
    return position
  }

  /// Copies the forms of a stretch; false, with nothing written, when some character is not in the table.
  private func copy(
    _ stretch: UnsafeBufferPointer<UInt8>, _ table: Table, rest: Int, into output: inout [UInt8],
    _ written: inout Int
  ) -> Bool {
    var count = written
    var position = 0
    while position < stretch.count {
      let (scalar, length) = TextTransform.scalar(stretch, at: position)
      guard scalar < 0x10000, table.places[Int(scalar)] != Table.leftAlone else { return false }
      let place = table.places[Int(scalar)]
      let size = Int(place & 0xFF)
      if count + size + rest > output.count { Self.makeRoom(size + rest, &output, count) }
      let start = Int(place >> 8)
      for index in 0..<size { output[count + index] = table.blob[start + index] }
      count += size
      position += length
    }
    written = count
    return true
  }

  /// Makes room for `extra` bytes and the byte after them.
  private static func makeRoom(_ extra: Int, _ output: inout [UInt8], _ written: Int) {
    let needed = written + extra + 256
    if output.count < needed {
      output.append(contentsOf: repeatElement(0, count: max(needed - output.count, output.count / 2)))
    }
  }

  private func characters() throws(ToklabError) -> Table {
    let result: Result<Table, ToklabError> = table.withLock { table in
      if let table { return .success(table) }
      do throws(ToklabError) {
        let new = try Table(normalizer)
        table = new
        return .success(new)
      } catch { return .failure(error) }
    }
    return try result.get()
  }
}
