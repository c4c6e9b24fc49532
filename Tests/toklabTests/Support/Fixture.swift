import Glibc
import Testing
import Tokenizers

/// A small tokenizer trained once for all tests, and text for it.
struct Fixture: Sendable {
  let scratch: Scratch
  let tokenizer: String
  let text: String

  static let shared: Result<Fixture, any Error> = Result {
    // Statics are never freed; the folder must go all the same.
    atexit { if let fixture = try? Fixture.shared.get() { TemporaryFiles.remove(fixture.scratch.path) } }
    return try Fixture()
  }

  private init() throws {
    scratch = try Scratch()
    text = try scratch.write("text.txt", Self.sample)
    tokenizer = scratch["small.json"]
    let run = try Toklab.run(
      "train", "bpe", text, "--vocab-size", "400", "--special", "eos=<|end|>", "--special", "<|x|>", "-o",
      tokenizer,
      "--quiet")
    guard run.status == 0 else { throw SpawnFailed(description: run.errorText) }
  }

  static let sample = """
    The quick brown fox jumps over the lazy dog, and the dog doesn't mind.
    Nine of ten foxes prefer jumping; 1,234 were asked in 2019.

    Быстрая лиса прыгает через ленивую собаку.
    敏捷的狐狸跳过懒狗。 素早い狐が犬を飛び越える。
    if (fox.jumps) { dog.sleep(10); }\ttabbed  double  spaces

    """
}

/// The value behind a chain of keys of a JSON text, as its own text; a very small reader for tests.
struct JSONText {
  enum Value: Equatable {
    case null, bool(Bool), number(String), string(String), array([Value])
    case object([(String, Value)])

    static func == (a: Value, b: Value) -> Bool { a.text == b.text }

    var text: String {
      switch self {
      case .null: "null"
      case .bool(let value): String(value)
      case .number(let value): value
      case .string(let value): "\"\(value)\""
      case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
      case .object(let members): "{" + members.map { "\($0.0):\($0.1.text)" }.joined(separator: ",") + "}"
      }
    }

    subscript(key: String) -> Value {
      if case .object(let members) = self { return members.first { $0.0 == key }?.1 ?? .null }
      return .null
    }

    subscript(index: Int) -> Value {
      if case .array(let items) = self, items.indices.contains(index) { return items[index] }
      return .null
    }

    var keys: [String] {
      if case .object(let members) = self { return members.map(\.0) }
      return []
    }

    var count: Int {
      if case .array(let items) = self { return items.count }
      return 0
    }

    var string: String? {
      if case .string(let text) = self { return text }
      return nil
    }

    var int: Int? {
      if case .number(let text) = self { return Int(text) }
      return nil
    }
  }

  private var bytes: [UInt8]
  private var index = 0

  /// nil for text that is no JSON.
  static func parse(_ bytes: [UInt8]) -> Value? {
    var reader = JSONText(bytes: bytes)
    guard let value = reader.value() else { return nil }
    reader.skipSpace()
    return reader.index == bytes.count ? value : nil
  }

  static func parse(_ text: String) -> Value? { parse(Array(text.utf8)) }

  private mutating func skipSpace() {
    while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func word(_ text: String) -> Bool {
    guard bytes[index...].starts(with: text.utf8) else { return false }
    index += text.utf8.count
    return true
  }

  private mutating func value() -> Value? {
    skipSpace()
    guard index < bytes.count else { return nil }
    switch bytes[index] {
    case 0x7B:
      index += 1
      var members: [(String, Value)] = []
      if take(0x7D) { return .object([]) }
      repeat {
        skipSpace()
        guard case .string(let key)? = value(), take(0x3A), let value = value() else { return nil }
        members.append((key, value))
      } while take(0x2C)
      return take(0x7D) ? .object(members) : nil
    case 0x5B:
      index += 1
      var items: [Value] = []
      if take(0x5D) { return .array([]) }
      repeat {
        guard let value = value() else { return nil }
        items.append(value)
      } while take(0x2C)
      return take(0x5D) ? .array(items) : nil
    case 0x22: return string().map { .string($0) }
    case 0x74: return word("true") ? .bool(true) : nil
    case 0x66: return word("false") ? .bool(false) : nil
    case 0x6E: return word("null") ? .null : nil
    default:
      let start = index
      while index < bytes.count, "+-.eE0123456789".utf8.contains(bytes[index]) { index += 1 }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      return Double(text) == nil ? nil : .number(text)
    }
  }

  private mutating func string() -> String? {
    index += 1
    var out: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == 0x22 { return String(decoding: out, as: UTF8.self) }
      guard byte == 0x5C, index < bytes.count else {
        out.append(byte)
        continue
      }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "u"):
        guard index + 4 <= bytes.count,
          let code = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16),
          let scalar = Unicode.Scalar(code)
        else { return nil }
        index += 4
        out.append(contentsOf: String(scalar).utf8)
      default: out.append(escape)
      }
    }
    return nil
  }
}
