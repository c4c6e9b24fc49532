import CZlib
import CZstd

/// A compressed format, recognised by its first bytes.
public enum Compression: Sendable, Hashable {
  case gzip
  case zstd

  public init?(of bytes: [UInt8]) {
    if bytes.starts(with: [0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else {
      return nil
    }
  }

  /// All members or frames of `bytes`, decompressed one after another.
  ///
  /// The output grows as data arrives, whatever sizes the headers claim, and never beyond `limit`.
  /// - Throws: ``ToklabError`` for damaged, truncated or too large data.
  public func decompress(_ bytes: [UInt8], limit: Int) throws(ToklabError) -> [UInt8] {
    switch self {
    case .gzip: try Self.gunzip(bytes, limit: limit)
    case .zstd: try Self.unzstd(bytes, limit: limit)
    }
  }

  private static func tooLarge(_ limit: Int) -> ToklabError {
    ToklabError(
      "unpacks to more than \(limit) bytes", expected: "at most that for this kind of file",
      advice: "unpack it first if it is what you meant")
  }

  private static let step = 1 << 18

  private static func gunzip(_ bytes: [UInt8], limit: Int) throws(ToklabError) -> [UInt8] {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ToklabError("zlib cannot start", advice: "check the installed zlib")
    }
    defer { inflateEnd(&stream) }
    var out: [UInt8] = []
    out.reserveCapacity(min(limit, bytes.count * 4))
    var buffer = [UInt8](repeating: 0, count: step)
    var position = 0
    while true {
      var status: Int32 = 0
      var made = 0
      let slice = min(bytes.count - position, 1 << 30)
      bytes.withUnsafeBufferPointer { input in
        buffer.withUnsafeMutableBufferPointer { output in
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + position })
          stream.avail_in = UInt32(slice)
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(step)
          status = inflate(&stream, Z_NO_FLUSH)
          made = step - Int(stream.avail_out)
        }
      }
      position += slice - Int(stream.avail_in)
      out.append(contentsOf: buffer.prefix(made))
      guard out.count <= limit else { throw tooLarge(limit) }
      switch status {
      case Z_STREAM_END:
        // Zero padding after the last member is allowed; anything else must be another member.
        if bytes[position...].allSatisfy({ $0 == 0 }) { return out }
        guard inflateReset(&stream) == Z_OK else {
          throw ToklabError(at: .byte(position), "damaged gzip data")
        }
      case Z_OK where made > 0 || position < bytes.count: continue
      case Z_OK, Z_BUF_ERROR:
        throw ToklabError(at: .byte(position), "gzip data that ends too early", expected: "a whole file")
      default:
        throw ToklabError(at: .byte(position), "damaged gzip data", expected: "a whole, unchanged file")
      }
    }
  }

  private static func unzstd(_ bytes: [UInt8], limit: Int) throws(ToklabError) -> [UInt8] {
    guard let stream = ZSTD_createDStream() else { throw ToklabError("zstd cannot start") }
    defer { ZSTD_freeDStream(stream) }
    // A frame may ask for a window as large as this, no larger.
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 27)
    var out: [UInt8] = []
    out.reserveCapacity(min(limit, bytes.count * 4))
    var buffer = [UInt8](repeating: 0, count: step)
    var position = 0
    var expected = 1
    while position < bytes.count || expected != 0 {
      var made = 0
      var status = 0
      let before = position
      bytes.withUnsafeBytes { input in
        buffer.withUnsafeMutableBytes { output in
          var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: position)
          var target = ZSTD_outBuffer(dst: output.baseAddress, size: step, pos: 0)
          status = ZSTD_decompressStream(stream, &target, &source)
          position = source.pos
          made = target.pos
        }
      }
      guard ZSTD_isError(status) == 0 else {
        throw ToklabError(
          at: .byte(position), "damaged zstd data: \(String(cString: ZSTD_getErrorName(status)))",
          expected: "a whole, unchanged file")
      }
      out.append(contentsOf: buffer.prefix(made))
      guard out.count <= limit else { throw tooLarge(limit) }
      expected = status
      if made == 0 && position == before {
        throw ToklabError(at: .byte(position), "zstd data that ends too early", expected: "a whole file")
      }
    }
    return out
  }
}
