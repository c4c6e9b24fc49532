/// Writes JSON byte for byte as `serde_json` does: two spaces of indentation or none at all, non-ASCII
/// characters as they are, `\b \f \n \r \t \" \\` and `\u00xx` for other control characters.
///
/// The caller keeps the grammar: a key before each member, as many ends as beginnings.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private let pretty: Bool
  private var hasValue: [Bool] = []
  private var afterKey = false

  public init(pretty: Bool = true) { self.pretty = pretty }

  public mutating func reserveCapacity(_ capacity: Int) { bytes.reserveCapacity(capacity) }

  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    guard let has = hasValue.last else { return }
    if has { bytes.append(0x2C) }
    hasValue[hasValue.count - 1] = true
    newline()
  }

  private mutating func newline() {
    guard pretty else { return }
    bytes.append(0x0A)
    for _ in 0..<hasValue.count {
      bytes.append(0x20)
      bytes.append(0x20)
    }
  }

  private mutating func begin(_ byte: UInt8) {
    separate()
    bytes.append(byte)
    hasValue.append(false)
  }

  private mutating func end(_ byte: UInt8) {
    if hasValue.removeLast() { newline() }
    bytes.append(byte)
  }

  public mutating func beginObject() { begin(0x7B) }
  public mutating func endObject() { end(0x7D) }
  public mutating func beginArray() { begin(0x5B) }
  public mutating func endArray() { end(0x5D) }

  /// Writes a key; the next call writes its value.
  public mutating func key(_ name: some Sequence<UInt8>) {
    separate()
    quote(name)
    bytes.append(0x3A)
    if pretty { bytes.append(0x20) }
    afterKey = true
  }

  public mutating func key(_ name: String) { key(name.utf8) }

  public mutating func string(_ text: String) { string(text.utf8) }

  /// A string of valid UTF-8.
  public mutating func string(_ text: some Sequence<UInt8>) {
    separate()
    quote(text)
  }

  public mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
  public mutating func integer(_ value: some FixedWidthInteger) { raw(String(value)) }
  public mutating func null() { raw("null") }

  /// A finite number; anything else becomes `null`, as in `serde_json`.
  public mutating func double(_ value: Double) {
    raw(value.isFinite ? ShortestDecimal.text(value) : "null")
  }

  /// A finite number in single precision; anything else becomes `null`.
  public mutating func float(_ value: Float) {
    raw(value.isFinite ? ShortestDecimal.text(value) : "null")
  }

  /// Writes `text` as it is: a number or a word of JSON.
  public mutating func raw(_ text: String) { raw(text.utf8) }

  public mutating func raw(_ text: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
  }

  private mutating func quote(_ text: some Sequence<UInt8>) {
    bytes.append(0x22)
    for byte in text {
      if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
        bytes.append(byte)
        continue
      }
      bytes.append(0x5C)
      switch byte {
      case 0x08: bytes.append(0x62)
      case 0x0C: bytes.append(0x66)
      case 0x0A: bytes.append(0x6E)
      case 0x0D: bytes.append(0x72)
      case 0x09: bytes.append(0x74)
      case 0x22, 0x5C: bytes.append(byte)
      default:
        bytes.append(contentsOf: [0x75, 0x30, 0x30, 0x30 + byte >> 4])
        bytes.append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
      }
    }
    bytes.append(0x22)
  }
}
