/// Decisions out of an input: libFuzzer changes bytes, and each byte is one decision. Behind the end all are 0.
struct Choices {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  mutating func below(_ limit: Int) -> Int { Int(bytes.popFirst() ?? 0) % limit }

  mutating func flag() -> Bool { below(2) == 1 }

  /// What is left, as letters of a small alphabet.
  func letters(_ alphabet: [UInt8], most: Int) -> [UInt8] {
    bytes.prefix(most).map { alphabet[Int($0) % alphabet.count] }
  }

  func rest(most: Int) -> [UInt8] { Array(bytes.prefix(most)) }
}
