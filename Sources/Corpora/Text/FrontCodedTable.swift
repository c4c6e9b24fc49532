import Tokenizers

/// The table of forms and lemmas of simplemma 2 (MIT), after decompression.
///
/// Format (simplemma/strategies/dictionaries/frontcode.py): "SMFC1", one byte of flags (bit 0: keys are stored
/// backwards), the number of records; each record is the number of bytes shared with the key before, the
/// number of new bytes and those bytes; then how the value comes from the key: 254 the value before, 255 a
/// literal, else so many bytes cut off the key's end, and the bytes to add. Numbers are base-128, low bits
/// first.
package enum FrontCodedTable {
  /// Forms and lemmas together, sorted and each once.
  ///
  /// - Throws: ``ToklabError`` with the byte of what does not fit.
  package static func forms(_ bytes: [UInt8]) throws(ToklabError) -> [[UInt8]] {
    guard bytes.starts(with: "SMFC1".utf8), bytes.count > 6 else {
      throw ToklabError("no front-coded table", expected: "\"SMFC1\" at the start")
    }
    let isReversed = bytes[5] & 1 != 0
    var position = 6
    func fault() -> ToklabError {
      ToklabError(at: .byte(position), "a record that runs over the end", expected: "a whole table")
    }
    func byte() throws(ToklabError) -> Int {
      guard position < bytes.count else { throw fault() }
      position += 1
      return Int(bytes[position - 1])
    }
    func number() throws(ToklabError) -> Int {
      var value = 0
      for shift in stride(from: 0, to: 35, by: 7) {
        let next = try byte()
        value |= (next & 0x7F) << shift
        if next < 0x80 { return value }
      }
      throw fault()
    }
    func take(_ count: Int) throws(ToklabError) -> ArraySlice<UInt8> {
      guard count <= bytes.count - position else { throw fault() }
      position += count
      return bytes[(position - count)..<position]
    }
    let count = try number()
    var forms: [[UInt8]] = []
    forms.reserveCapacity(min(count, bytes.count))
    var key: [UInt8] = []
    var value: [UInt8] = []
    var records = 0
    while position < bytes.count {
      let shared = try number()
      guard shared <= key.count else { throw fault() }
      let suffix = try number()
      key = Array(key[..<shared]) + (try take(suffix))
      let trim = try byte()
      if trim == 255 {
        value = Array(try take(number()))
      } else if trim != 254 {
        guard trim <= key.count else { throw fault() }
        value = Array(key.dropLast(trim)) + (try take(number()))
      }
      records += 1
      forms.append(isReversed ? key.reversed() : key)
      // A lemma is a form of its own; most stand right before.
      if trim != 254 || records == 1 { forms.append(isReversed ? value.reversed() : value) }
    }
    guard records == count else {
      throw ToklabError("\(records) records", expected: "\(count), as the table says")
    }
    forms.sort { $0.lexicographicallyPrecedes($1) }
    var distinct: [[UInt8]] = []
    distinct.reserveCapacity(forms.count)
    for form in forms where !form.isEmpty && distinct.last != form { distinct.append(form) }
    return distinct
  }
}
