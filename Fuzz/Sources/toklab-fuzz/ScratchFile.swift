import Glibc

/// A file in memory, for readers that take a path.
enum ScratchFile {
  /// Calls `body` with the path of a file that holds `bytes`.
  static func with(_ bytes: [UInt8], _ body: (String) -> Void) {
    let path = "/dev/shm/toklab-fuzz-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return }
    defer { unlink(path) }
    let written = write(descriptor, bytes, bytes.count)
    close(descriptor)
    if written == bytes.count { body(path) }
  }
}
