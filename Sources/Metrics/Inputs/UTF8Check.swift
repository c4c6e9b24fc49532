/// Well-formed UTF-8, as the Unicode standard's table 3-7 defines it.
package enum UTF8Check {
  package struct Outcome {
    /// Unicode scalars before the first fault, or in the whole text.
    package var scalars: Int
    /// Offset of the first byte that begins no well-formed sequence.
    package var fault: Int?
  }

  /// Linear in the bytes. ASCII is taken eight bytes at a time.
  package static func scan(_ text: UnsafeBufferPointer<UInt8>) -> Outcome {
    var index = 0
    var scalars = 0
    let count = text.count
    while index < count {
      let lead = text[index]
      if lead < 0x80 {
        index += 1
        scalars += 1
        while index + 8 <= count,
          UnsafeRawPointer(text.baseAddress! + index).loadUnaligned(as: UInt64.self)
            & 0x8080_8080_8080_8080 == 0
        {
          index += 8
          scalars += 8
        }
        continue
      }
      let length = sequenceLength(text, index)
      if length == 0 { return Outcome(scalars: scalars, fault: index) }
      index += length
      scalars += 1
    }
    return Outcome(scalars: scalars, fault: nil)
  }

  /// The length of the well-formed multi-byte sequence at `index`, or 0.
  private static func sequenceLength(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    func tail(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      index + offset < text.count && range.contains(text[index + offset])
    }
    switch text[index] {
    case 0xC2...0xDF: return tail(1) ? 2 : 0
    case 0xE0: return tail(1, 0xA0...0xBF) && tail(2) ? 3 : 0
    case 0xED: return tail(1, 0x80...0x9F) && tail(2) ? 3 : 0
    case 0xE1...0xEF: return tail(1) && tail(2) ? 3 : 0
    case 0xF0: return tail(1, 0x90...0xBF) && tail(2) && tail(3) ? 4 : 0
    case 0xF1...0xF3: return tail(1) && tail(2) && tail(3) ? 4 : 0
    case 0xF4: return tail(1, 0x80...0x8F) && tail(2) && tail(3) ? 4 : 0
    default: return 0
    }
  }
}
