import Tokenizers

/// A JSON value with ordered keys: what toklab's results are made of before they are printed.
///
/// Foundation's encoders are left out on purpose: they cost start-up time and print doubles and key
/// orders of their own.
enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// A number that may not have been measurable.
  static func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
  static func string(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  /// One line without spaces between tokens beyond what reading needs: a JSON Lines record.
  func line() -> [UInt8] {
    var out: [UInt8] = []
    append(to: &out, indent: nil)
    return out
  }

  /// A document for people and programs: indented, with flat arrays and objects on one line.
  func document() -> [UInt8] {
    var out: [UInt8] = []
    append(to: &out, indent: 0)
    out.append(0x0A)
    return out
  }

  private var isScalar: Bool {
    switch self {
    case .array(let items): items.isEmpty
    case .object(let members): members.isEmpty
    default: true
    }
  }

  /// Whether the value is printed on one line in a document.
  private var isFlat: Bool {
    switch self {
    case .array(let items): items.allSatisfy(\.isScalar)
    case .object(let members): members.allSatisfy { $0.1.isScalar }
    default: true
    }
  }

  private func append(to out: inout [UInt8], indent: Int?) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): out.append(contentsOf: String(value).utf8)
    case .unsigned(let value): out.append(contentsOf: String(value).utf8)
    case .number(let value): out.append(contentsOf: Numbers.shortest(value).utf8)
    case .string(let value): Self.appendString(value, to: &out)
    case .array(let items):
      let inner = isFlat ? nil : indent.map { $0 + 2 }
      Self.appendMembers(items, to: &out, open: 0x5B, close: 0x5D, indent: inner) { item, out in
        item.append(to: &out, indent: inner)
      }
    case .object(let members):
      // The document itself is always spread out.
      let inner = isFlat && indent != 0 ? nil : indent.map { $0 + 2 }
      Self.appendMembers(members, to: &out, open: 0x7B, close: 0x7D, indent: inner) { member, out in
        Self.appendString(member.0, to: &out)
        out.append(contentsOf: ": ".utf8)
        member.1.append(to: &out, indent: inner)
      }
    }
  }

  private static func appendMembers<Element>(
    _ items: [Element], to out: inout [UInt8], open: UInt8, close: UInt8, indent: Int?,
    _ body: (Element, inout [UInt8]) -> Void
  ) {
    out.append(open)
    for (index, item) in items.enumerated() {
      if index > 0 { out.append(0x2C) }
      if let indent {
        out.append(0x0A)
        out.append(contentsOf: repeatElement(0x20, count: indent))
      } else if index > 0 {
        out.append(0x20)
      }
      body(item, &out)
    }
    if let indent, !items.isEmpty {
      out.append(0x0A)
      out.append(contentsOf: repeatElement(0x20, count: indent - 2))
    }
    out.append(close)
  }

  static func appendString(_ text: String, to out: inout [UInt8]) {
    out.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C:
        out.append(0x5C)
        out.append(byte)
      case 0x0A: out.append(contentsOf: [0x5C, 0x6E])
      case 0x0D: out.append(contentsOf: [0x5C, 0x72])
      case 0x09: out.append(contentsOf: [0x5C, 0x74])
      case 0..<0x20, 0x7F:
        out.append(contentsOf: "\\u00".utf8)
        out.append(hexDigits[Int(byte >> 4)])
        out.append(hexDigits[Int(byte & 15)])
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
}
