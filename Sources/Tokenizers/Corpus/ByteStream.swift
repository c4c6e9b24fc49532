import CZlib
import CZstd
import Glibc

/// The bytes of a file or of standard input in order, a block at a time; gzip and zstd are recognised by
/// their first bytes and unpacked on the way. Memory: two blocks of a megabyte.
///
/// For texts of any size; ``FileBytes`` is for files that are needed whole. Not thread-safe.
public final class ByteStream {
  /// As the user named it; error messages carry it.
  public let name: String
  /// The size on the disk of a regular file.
  public let fileSize: Int?
  /// Bytes taken from the file so far, before unpacking.
  public private(set) var consumed = 0
  /// Whether the file is packed; known after the first ``read(into:)``.
  public private(set) var isCompressed = false

  private let descriptor: Int32
  private var hash: SHA256?
  private var digest: String?
  private var block: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var atEnd = false
  private var unpacker: (any Unpacker)?
  private var begun = false

  private static let blockSize = 1 << 20

  /// - Parameters:
  ///   - path: a file, or `-` for standard input.
  ///   - hashing: keeps the SHA-256 of the file as it is on the disk for ``sha256()``.
  /// - Throws: ``ToklabError`` for a file that cannot be opened, or a folder.
  public init(_ path: String, hashing: Bool = false) throws(ToklabError) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToklabError.system("cannot be opened", file: path) }
    var status = stat()
    let known = fstat(descriptor, &status) == 0
    if known, status.st_mode & S_IFMT == S_IFDIR {
      if descriptor > 0 { close(descriptor) }
      throw ToklabError(file: name, "a folder", expected: "a file")
    }
    fileSize = known && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    if hashing { hash = SHA256() }
    block = .allocate(byteCount: Self.blockSize, alignment: 16)
  }

  deinit {
    if descriptor > 0 { close(descriptor) }
    block.deallocate()
  }

  /// Fills as much of `target` as the input has; less than all only at the end.
  ///
  /// - Returns: the number of bytes written; 0 at the end.
  /// - Throws: ``ToklabError`` for a failing read, or packed data that is damaged or ends too early.
  public func read(into target: UnsafeMutableRawBufferPointer) throws(ToklabError) -> Int {
    if !begun { try begin() }
    var filled = 0
    while filled < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
      if let unpacker {
        if start == end { try refill() }
        let input = UnsafeRawBufferPointer(rebasing: block[start..<end])
        let step: (taken: Int, made: Int)
        do throws(ToklabError) {
          step = try unpacker.unpack(input, into: rest)
        } catch {
          var located = error.in(name)
          if located.position == nil { located.position = .byte(consumed - (end - start)) }
          throw located
        }
        start += step.taken
        filled += step.made
        if step.made == 0, step.taken == 0 {
          guard start == end, unpacker.isBetweenMembers else {
            throw ToklabError(
              file: name, at: .byte(consumed), "packed data that ends too early", expected: "a whole file")
          }
          break
        }
      } else {
        if start == end {
          // Big reads go straight to the caller.
          if rest.count >= Self.blockSize {
            let count = try readOnce(rest)
            if count == 0 { break }
            filled += count
            continue
          }
          try refill()
          if start == end { break }
        }
        let count = min(rest.count, end - start)
        rest.baseAddress!.copyMemory(from: block.baseAddress! + start, byteCount: count)
        start += count
        filled += count
      }
    }
    return filled
  }

  /// The rest of the input, appended to `bytes`.
  public func readAll(into bytes: inout [UInt8]) throws(ToklabError) {
    var size = fileSize.map { min(max($0 - consumed + 4096, 4096), 1 << 30) } ?? 1 << 16
    while true {
      var failure: ToklabError?
      var count = 0
      let room = size
      let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
        do throws(ToklabError) {
          count = try read(into: UnsafeMutableRawBufferPointer(buffer))
        } catch {
          failure = error
        }
        initialized = count
      }
      if let failure { throw failure }
      if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
      if count < room { return }
      size = min(1 << 26, max(1 << 20, bytes.count))
    }
  }

  /// The SHA-256 of the whole file as it is on the disk; reads what is left of it. nil without `hashing`.
  public func sha256() throws(ToklabError) -> String? {
    guard hash != nil || digest != nil else { return nil }
    while !atEnd {
      start = 0
      end = 0
      try refill()
    }
    if digest == nil {
      digest = hash?.finish()
      hash = nil
    }
    return digest
  }

  private func begin() throws(ToklabError) {
    begun = true
    // Four bytes tell; a pipe may hand them over one by one.
    while end < 4, !atEnd {
      end += try readOnce(UnsafeMutableRawBufferPointer(rebasing: block[end...]))
    }
    switch Compression(of: Array(block[..<min(4, end)])) {
    case .gzip: unpacker = try GzipUnpacker()
    case .zstd: unpacker = try ZstdUnpacker()
    case nil: break
    }
    isCompressed = unpacker != nil
  }

  private func refill() throws(ToklabError) {
    start = 0
    end = try readOnce(block)
  }

  private func readOnce(_ target: UnsafeMutableRawBufferPointer) throws(ToklabError) -> Int {
    guard !atEnd, target.count > 0 else { return 0 }
    while true {
      let count = Glibc.read(descriptor, target.baseAddress!, target.count)
      if count > 0 {
        consumed += count
        hash?.update(UnsafeRawBufferPointer(start: target.baseAddress, count: count))
        return count
      }
      if count == 0 {
        atEnd = true
        return 0
      }
      if errno != EINTR { throw ToklabError.system("cannot be read", file: name) }
    }
  }
}

private protocol Unpacker: AnyObject {
  /// Whether the input may end here.
  var isBetweenMembers: Bool { get }
  /// Both results 0 means: more input is needed.
  func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(ToklabError) -> (taken: Int, made: Int)
}

private final class GzipUnpacker: Unpacker {
  private var stream = z_stream()
  private(set) var isBetweenMembers = false
  private var inPadding = false

  init() throws(ToklabError) {
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw ToklabError("zlib cannot start", advice: "check the installed zlib")
    }
  }

  deinit { inflateEnd(&stream) }

  func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(ToklabError) -> (taken: Int, made: Int) {
    if isBetweenMembers {
      if input.isEmpty { return (0, 0) }
      // Zero padding after the last member is allowed; anything else must be another member.
      if input[0] == 0 {
        inPadding = true
        return (input.prefix { $0 == 0 }.count, 0)
      }
      guard !inPadding, inflateReset(&stream) == Z_OK else { throw Self.damaged }
      isBetweenMembers = false
    }
    let available = min(input.count, 1 << 30)
    let room = min(output.count, 1 << 30)
    stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(available)
    stream.next_out = output.baseAddress!.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(room)
    let status = inflate(&stream, Z_NO_FLUSH)
    switch status {
    case Z_STREAM_END: isBetweenMembers = true
    case Z_OK, Z_BUF_ERROR: break
    default: throw Self.damaged
    }
    return (available - Int(stream.avail_in), room - Int(stream.avail_out))
  }

  private static let damaged = ToklabError("damaged gzip data", expected: "a whole, unchanged file")
}

private final class ZstdUnpacker: Unpacker {
  private let stream: OpaquePointer
  private(set) var isBetweenMembers = false

  init() throws(ToklabError) {
    guard let stream = ZSTD_createDStream() else { throw ToklabError("zstd cannot start") }
    self.stream = stream
    // Frames of `zstd --long` up to a window of 2 GiB.
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 31)
  }

  deinit { ZSTD_freeDStream(stream) }

  func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(ToklabError) -> (taken: Int, made: Int) {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    if isBetweenMembers && input.isEmpty { return (0, 0) }
    let status = ZSTD_decompressStream(stream, &target, &source)
    guard ZSTD_isError(status) == 0 else {
      throw ToklabError(
        "damaged zstd data: \(String(cString: ZSTD_getErrorName(status)))",
        expected: "a whole, unchanged file")
    }
    if target.pos > 0 || source.pos > 0 { isBetweenMembers = status == 0 }
    return (source.pos, target.pos)
  }
}
