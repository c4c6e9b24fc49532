import Glibc
import Testing
import Tokenizers

@Suite struct ByteStreamTests {
  static let gzip: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 215, 81, 72, 175, 202, 44, 224, 2, 0, 134, 31,
    130, 164, 12, 0, 0, 0,
  ]
  static let zstd: [UInt8] = [
    40, 181, 47, 253, 4, 88, 97, 0, 0, 104, 101, 108, 108, 111, 44, 32, 122, 115, 116, 100, 10, 132, 88, 92,
    160,
  ]

  /// Writes `bytes` to a file, hands its path to `body` and removes it.
  private func withFile<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
    var template = Array("/tmp/toklab-stream-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    var offset = 0
    while offset < bytes.count {
      offset += bytes[offset...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
    close(descriptor)
    return try body(path)
  }

  private func read(_ bytes: [UInt8], by step: Int = 1 << 16) throws -> [UInt8] {
    try withFile(bytes) { path in
      let stream = try ByteStream(path)
      var result: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: step)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try stream.read(into: $0) }
        if count == 0 { return result }
        result += buffer[..<count]
      }
    }
  }

  @Test(arguments: [1, 3, 7, 4096, 1 << 21])
  func readsPlainGzipAndZstd(step: Int) throws {
    #expect(try read([], by: step) == [])
    #expect(try read(Array("abc".utf8), by: step) == Array("abc".utf8))
    #expect(try read(Self.gzip, by: step) == Array("hello, gzip\n".utf8))
    #expect(try read(Self.zstd, by: step) == Array("hello, zstd\n".utf8))
  }

  @Test func readsManyMembersAcrossBlocks() throws {
    let count = 70_000
    for (packed, text) in [(Self.gzip, "hello, gzip\n"), (Self.zstd, "hello, zstd\n")] {
      var bytes: [UInt8] = []
      for _ in 0..<count { bytes += packed }
      let result = try read(bytes, by: 100_003)
      #expect(result.count == text.utf8.count * count)
      #expect(result.suffix(12).elementsEqual(text.utf8))
    }
    #expect(try read(Self.gzip + [0, 0, 0]) == Array("hello, gzip\n".utf8))
  }

  @Test func readAllEqualsReadInSteps() throws {
    let plain = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    try withFile(plain) { path in
      var all: [UInt8] = []
      try ByteStream(path).readAll(into: &all)
      #expect(all == plain)
    }
    #expect(try read(plain, by: 777_777) == plain)
  }

  @Test func everyTruncationIsAnError() throws {
    for packed in [Self.gzip, Self.zstd] {
      for length in 4..<packed.count {
        let error = #expect(throws: ToklabError.self) { try read(Array(packed[..<length])) }
        #expect(error?.file != nil)
      }
    }
  }

  @Test func damageIsAnError() throws {
    for packed in [Self.gzip, Self.zstd] {
      var bytes = packed
      bytes[bytes.count - 2] ^= 0x55
      #expect(throws: ToklabError.self) { try read(bytes) }
    }
    #expect(throws: ToklabError.self) { try read(Self.gzip + Array("tail".utf8)) }
  }

  @Test func digestIsOfTheFileOnDisk() throws {
    try withFile(Self.gzip) { path in
      let stream = try ByteStream(path, hashing: true)
      var all: [UInt8] = []
      try stream.readAll(into: &all)
      #expect(try stream.sha256() == SHA256.hex(Self.gzip))
      #expect(stream.consumed == Self.gzip.count)
      #expect(try ByteStream(path, hashing: true).sha256() == SHA256.hex(Self.gzip))
    }
  }

  @Test func foldersAndMissingFilesAreErrors() {
    #expect(throws: ToklabError.self) { try ByteStream("/") }
    #expect(throws: ToklabError.self) { try ByteStream("/no/such/file") }
  }
}
