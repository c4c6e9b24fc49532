import Glibc
import Testing
import Tokenizers

@Suite struct FileBytesTests {
  private func folder() -> String {
    var template = Array("/tmp/toklab-files-XXXXXX".utf8CString)
    return template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  /// `printf abc | gzip -n`, twice; and `printf abc | zstd`.
  private let gzip: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C, 0x4A, 6, 0, 0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0,
  ]
  private let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 0x61, 0x62, 0x63,
  ]

  @Test func compressionIsFoundFromTheContent() throws {
    let folder = folder()
    defer { TemporaryFiles.remove(folder) }
    for (name, bytes) in [
      ("a.txt", gzip), ("b", zstd), ("c.gz", Array("abc".utf8)), ("d", gzip + gzip + [0, 0]),
    ] {
      try AtomicFile.write("\(folder)/\(name)", bytes)
      #expect(
        try FileBytes.read("\(folder)/\(name)") == Array((name == "d" ? "abcabc" : "abc").utf8), "\(name)")
    }
    #expect(try FileBytes.readRaw("\(folder)/b") == zstd)
  }

  @Test func damagedCompressionIsOneError() {
    for bytes in [gzip, zstd] {
      let compression = Compression(of: bytes)!
      for end in 4..<bytes.count {
        #expect(throws: ToklabError.self) { try compression.decompress(Array(bytes[..<end]), limit: 100) }
      }
      #expect(throws: ToklabError.self) { try compression.decompress(bytes, limit: 2) }
      #expect(throws: ToklabError.self) { try compression.decompress(bytes + [7], limit: 100) }
    }
  }

  @Test func limitsAndMissingFilesNameTheFile() throws {
    let folder = folder()
    defer { TemporaryFiles.remove(folder) }
    try AtomicFile.write("\(folder)/x", [UInt8](repeating: 1, count: 50))
    for path in ["\(folder)/x", folder, "\(folder)/absent"] {
      let error = #expect(throws: ToklabError.self) { try FileBytes.read(path, limit: 49) }
      #expect(error?.file == path)
    }
    #expect(throws: ToklabError.self) { try FileBytes.readRaw("/dev/zero", limit: 100_000) }
  }

  @Test func nothingIsHalfWritten() throws {
    let folder = folder()
    defer { TemporaryFiles.remove(folder) }
    let path = "\(folder)/out"
    try AtomicFile.write(path, [1, 2, 3])
    #expect(throws: ToklabError.self) {
      try AtomicFile.write(path) { (writer) throws(ToklabError) in
        try writer.write([9])
        throw ToklabError("stopped")
      }
    }
    #expect(try FileBytes.read(path) == [1, 2, 3])
    #expect(throws: ToklabError.self) { try AtomicFile.write("\(folder)/no/such/place", [1]) }
    #expect(throws: ToklabError.self) { try AtomicFile.write(folder, [1]) }
    try AtomicFile.makeFolder("\(folder)/p/q/")
    try AtomicFile.write("\(folder)/p/q/r", [], durable: true)
    #expect(throws: ToklabError.self) { try AtomicFile.makeFolder("\(folder)/p/q/r") }
    var names: [String] = []
    let entries = opendir(folder)!
    while let entry = readdir(entries) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    closedir(entries)
    #expect(names.sorted() == [".", "..", "out", "p"])
  }
}

@Suite struct DigestAndBase64Tests {
  /// FIPS 180-4 examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digests(text: String, hex: String) {
    #expect(SHA256.hex(Array(text.utf8)) == hex)
  }

  @Test func streamedDigestIsTheSame() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var hash = SHA256()
    var start = 0
    for length in [0, 1, 63, 64, 65, 127, 300, 380] {
      hash.update(Array(bytes[start..<start + length]))
      start += length
    }
    #expect(start == 1000)
    #expect(hash.finish() == SHA256.hex(bytes))
  }

  @Test func base64RoundTripAndErrors() {
    for length in 0..<20 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ length) }
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    #expect(String(decoding: Base64.encode([0xFF, 0xEF]), as: UTF8.self) == "/+8=")
    for bad in ["a", "ab", "abc", "a===", "====", "ab=c", "abc=abcd", "ab~d", "YR==", "YWJ=", "Y W="] {
      #expect(Base64.decode(Array(bad.utf8)) == nil, "\(bad)")
    }
  }

  @Test func byteAlphabet() {
    #expect(String(decoding: ByteAlphabet.spelling(of: " a\n\u{AD}".utf8), as: UTF8.self) == "ĠaĊÂŃ")
    let all = (0...255).map { UInt8($0) }
    #expect(ByteAlphabet.bytes(spelledBy: ByteAlphabet.spelling(of: all)) == all)
    for outside in [" ", "\u{AD}", "ń", "▁", "\u{A0}"] {
      #expect(ByteAlphabet.bytes(spelledBy: Array("a\(outside)".utf8)) == nil)
    }
    #expect(ByteAlphabet.bytes(spelledBy: [0xC3]) == nil)
  }

  /// The processor's instructions and ordinary ones, for lengths around the block and whatever cut.
  @Test func bothWaysOfHashingAgree() {
    var random = SplitMix64(seed: 5)
    for length in Array(0...200) + [1000, 4096, 100_003] {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var plain = SHA256(usingInstructions: false)
      plain.update(bytes)
      var cut = SHA256()
      let middle = random.below(length + 1)
      cut.update(Array(bytes[..<middle]))
      cut.update(Array(bytes[middle...]))
      let digest = plain.finish()
      #expect(digest == SHA256.hex(bytes) && digest == cut.finish(), "\(length) bytes")
    }
  }
}
