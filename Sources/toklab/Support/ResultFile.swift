import Glibc
import Tokenizers

/// A result on its way into a file: written to a temporary name beside the target and renamed by
/// ``commit()``; gone without a trace when the work fails or is interrupted.
///
/// What already exists and is no regular file (`/dev/null`, a FIFO) is written in place; a symbolic link
/// keeps pointing where it did and the file behind it is replaced.
final class ResultFile {
  let output: Output
  private let path: String
  private let target: String
  /// The name it is written under; nil for what is written in place.
  let temporary: String?

  /// - Parameter path: as the user gave it; nil or `-` is standard output.
  init(_ path: String?) throws {
    guard let path, path != "-" else {
      self.path = "standard output"
      target = ""
      temporary = nil
      output = .standard()
      return
    }
    self.path = path
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT == S_IFDIR {
      throw ToklabError(file: path, "a folder", expected: "the name of a file to write")
    }
    if exists, status.st_mode & S_IFMT != S_IFREG {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.failure(path) }
      target = path
      temporary = nil
      output = Output(descriptor: descriptor, name: path)
      return
    }
    target = exists ? Self.resolve(path) : path
    // A file that may not be written is not replaced behind its owner's back.
    if exists, access(target, W_OK) != 0 { throw Self.failure(path) }
    (temporary, output) = try Self.create(
      beside: target, named: path, mode: exists ? status.st_mode & 0o777 : nil)
  }

  private static func create(
    beside target: String, named path: String, mode: mode_t?
  ) throws -> (String, Output) {
    for attempt in 0..<1000 {
      let temporary = "\(target).tmp-\(getpid())-\(attempt)"
      let descriptor = try TemporaryFiles.create(temporary) {
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      }
      if descriptor >= 0 {
        if let mode { fchmod(descriptor, mode) }
        return (temporary, Output(descriptor: descriptor, name: path))
      }
      if errno != EEXIST { break }
    }
    throw failure(path)
  }

  /// Flushes and makes the file appear under its name.
  func commit() throws {
    try output.flush()
    guard output.descriptor != 1 else { return }
    let closed = close(output.descriptor)
    guard let temporary else { return }
    if closed != 0 || rename(temporary, target) != 0 {
      let failure = Self.failure(path)
      unlink(temporary)
      TemporaryFiles.forget(temporary)
      throw failure
    }
    TemporaryFiles.forget(temporary)
    committed = true
  }

  private var committed = false

  deinit {
    guard let temporary, !committed else { return }
    unlink(temporary)
    TemporaryFiles.forget(temporary)
  }

  /// Writes a whole file at once.
  static func write(_ path: String?, _ bytes: [UInt8]) throws {
    let file = try ResultFile(path)
    try file.output.write(bytes)
    try file.commit()
  }

  private static func resolve(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func failure(_ path: String) -> ToklabError {
    ToklabError(file: path, "cannot write: \(SystemError.text(errno))")
  }
}
