/// gzip and zstd files made of stored blocks: packed as far as readers are concerned, and made without
/// any tool (RFC 1952 and RFC 1951 section 3.2.4; RFC 8878 sections 3.1.1.1 and 3.1.1.2).
enum Pack {
  static func pack(_ bytes: [UInt8], with format: String) -> [UInt8] {
    format == "gzip" ? gzip(bytes) : zstd(bytes)
  }

  private static func littleEndian(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func blocks(_ bytes: [UInt8], of size: Int) -> [(bytes: ArraySlice<UInt8>, isLast: Bool)] {
    if bytes.isEmpty { return [(bytes[...], true)] }
    return stride(from: 0, to: bytes.count, by: size).map {
      (bytes[$0..<min(bytes.count, $0 + size)], $0 + size >= bytes.count)
    }
  }

  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    for block in blocks(bytes, of: 65535) {
      out.append(block.isLast ? 1 : 0)
      out += littleEndian(block.bytes.count, 2) + littleEndian(~block.bytes.count, 2) + block.bytes
    }
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return out + littleEndian(Int(~crc), 4) + littleEndian(bytes.count, 4)
  }

  private static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0] + littleEndian(bytes.count, 4)
    for block in blocks(bytes, of: 1 << 17) {
      out += littleEndian(block.bytes.count << 3 | (block.isLast ? 1 : 0), 3) + block.bytes
    }
    return out
  }
}
