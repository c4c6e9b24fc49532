import Glibc

/// Whole files in memory, plain or compressed.
public enum FileBytes {
  /// The bytes of a file; gzip and zstd are recognised by their first bytes and decompressed.
  ///
  /// - Parameter limit: the most bytes to return; a larger file, or one that unpacks to more, is refused
  ///   before it takes the memory.
  /// - Throws: ``ToklabError`` with the path as `file`.
  public static func read(_ path: String, limit: Int = 1 << 30) throws(ToklabError) -> [UInt8] {
    let raw = try readRaw(path, limit: limit)
    guard let compression = Compression(of: raw) else { return raw }
    do {
      return try compression.decompress(raw, limit: limit)
    } catch {
      throw error.in(path)
    }
  }

  /// The bytes of a file as they are; `-` is standard input.
  public static func readRaw(_ path: String, limit: Int = 1 << 30) throws(ToklabError) -> [UInt8] {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToklabError.system("cannot be opened", file: path) }
    defer { if descriptor > 0 { close(descriptor) } }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw ToklabError.system("cannot be read", file: path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw ToklabError(file: path, "a folder", expected: "a file")
    }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    guard !isRegular || status.st_size <= limit else {
      throw ToklabError(
        file: path, "\(status.st_size) bytes", expected: "at most \(limit) bytes for this kind of file")
    }
    var bytes: [UInt8] = []
    var chunk = isRegular ? Int(status.st_size) + 1 : 1 << 16
    while true {
      let room = min(chunk, limit + 1 - bytes.count)
      let (got, part) = readChunk(descriptor, room)
      guard got >= 0 else { throw ToklabError.system("cannot be read", file: path) }
      if got == 0 { return bytes }
      if bytes.isEmpty { bytes = part } else { bytes += part }
      guard bytes.count <= limit else {
        throw ToklabError(
          file: path, "more than \(limit) bytes", expected: "at most that for this kind of file")
      }
      chunk = 1 << 20
    }
  }

  /// The first `count` bytes of a regular file, or all of a shorter one, as they are.
  package static func readPrefix(_ path: String, count: Int) throws(ToklabError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToklabError.system("cannot be opened", file: path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ToklabError(file: path, "no regular file", expected: "a file")
    }
    let (got, bytes) = readChunk(descriptor, min(count, Int(status.st_size)))
    guard got >= 0 else { throw ToklabError.system("cannot be read", file: path) }
    return bytes
  }

  private static func readChunk(_ descriptor: Int32, _ size: Int) -> (Int, [UInt8]) {
    var got = 0
    let part = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while got < size {
        let n = Glibc.read(descriptor, buffer.baseAddress! + got, size - got)
        if n < 0 {
          if errno == EINTR { continue }
          got = -1
          break
        }
        if n == 0 { break }
        got += n
      }
      count = max(got, 0)
    }
    return (got, part)
  }
}

extension ToklabError {
  /// The current `errno` as an error: "cannot be opened: No such file or directory".
  package static func system(_ what: String, file: String) -> ToklabError {
    let number = errno
    return ToklabError(file: file, "\(what): \(String(cString: strerror(number)))")
  }
}
