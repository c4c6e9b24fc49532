import Glibc

/// Files that are whole or not there: written to a temporary name beside the target, then renamed.
public enum AtomicFile {
  /// Writes `bytes` to `path`, replacing what is there; on any failure the target is as it was and the
  /// temporary file is gone.
  ///
  /// - Parameter durable: also asks the kernel to put the data on the disk before the rename.
  /// - Throws: ``ToklabError`` with the path as `file`.
  @inline(never)
  public static func write(_ path: String, _ bytes: [UInt8], durable: Bool = false) throws(ToklabError) {
    try write(path, durable: durable) { (writer) throws(ToklabError) in try writer.write(bytes) }
  }

  /// Writes what `body` hands to the writer; the file appears when `body` returns.
  @inline(never)  // Swift 6.3.1 crashes when it inlines this with a typed-throws closure.
  public static func write(
    _ path: String, durable: Bool = false, _ body: (borrowing Writer) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let (temporary, descriptor) = try create(beside: path)
    defer { TemporaryFiles.forget(temporary) }
    do throws(ToklabError) {
      try body(Writer(descriptor: descriptor, path: path))
      if durable && fsync(descriptor) != 0 { throw ToklabError.system("cannot be written", file: path) }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = ToklabError.system("cannot be written", file: path)
      unlink(temporary)
      throw error
    }
  }

  /// The open temporary file.
  public struct Writer: ~Copyable {
    let descriptor: Int32
    let path: String

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ToklabError) {
      var done = 0
      while done < bytes.count {
        let n = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if n < 0 {
          if errno == EINTR { continue }
          throw ToklabError.system("cannot be written", file: path)
        }
        done += n
      }
    }

    public func write(_ bytes: [UInt8]) throws(ToklabError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(ToklabError) in
        try write(UnsafeRawBufferPointer(buffer))
      }
    }
  }

  /// Makes the folder at `path` and those above it that are missing.
  public static func makeFolder(_ path: String) throws(ToklabError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw ToklabError(file: path, "a file", expected: "a folder, or nothing there yet")
      }
      return
    }
    let trimmed = path.utf8.last == 0x2F && path.utf8.count > 1 ? String(path.dropLast()) : path
    if let slash = trimmed.lastIndex(of: "/"), slash != trimmed.startIndex {
      try makeFolder(String(trimmed[..<slash]))
    }
    guard mkdir(trimmed, 0o777) == 0 || errno == EEXIST else {
      throw ToklabError.system("cannot be made", file: path)
    }
  }

  private static func create(beside path: String) throws(ToklabError) -> (String, Int32) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw ToklabError(file: path, "a folder", expected: "a file name to write to")
    }
    for attempt in 0..<1000 {
      let temporary = "\(path).tmp-\(getpid())-\(attempt)"
      guard access(temporary, F_OK) != 0 else { continue }
      let descriptor = try TemporaryFiles.create(temporary) {
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      }
      if descriptor >= 0 { return (temporary, descriptor) }
      if errno != EEXIST { break }
    }
    throw ToklabError.system("cannot be written", file: path)
  }
}
