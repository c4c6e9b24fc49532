import Glibc
import Tokenizers

/// The reader of our output went away (`toklab … | head`): success, by the manners of pipes.
struct ClosedPipe: Error {}

/// Bytes on their way to a file descriptor, through one big buffer.
///
/// Not thread-safe: one owner writes, in input order.
final class Output {
  let descriptor: Int32
  /// How error messages name the target.
  let name: String
  private var buffer: [UInt8] = []
  private let capacity: Int

  init(descriptor: Int32, name: String, capacity: Int = 1 << 18) {
    self.descriptor = descriptor
    self.name = name
    self.capacity = capacity
    buffer.reserveCapacity(capacity + 4096)
  }

  /// Standard output.
  static func standard() -> Output { Output(descriptor: 1, name: "standard output") }

  func write(_ bytes: [UInt8]) throws {
    if bytes.count >= capacity {
      try flush()
      try bytes.withUnsafeBytes { try Self.writeAll($0, to: descriptor, name: name) }
      return
    }
    buffer.append(contentsOf: bytes)
    if buffer.count >= capacity { try flush() }
  }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    if bytes.count >= capacity {
      try flush()
      try Self.writeAll(UnsafeRawBufferPointer(bytes), to: descriptor, name: name)
      return
    }
    buffer.append(contentsOf: bytes)
    if buffer.count >= capacity { try flush() }
  }

  func write(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= capacity { try flush() }
  }

  func line(_ text: String = "") throws {
    try write(text)
    buffer.append(0x0A)
  }

  func flush() throws {
    guard !buffer.isEmpty else { return }
    defer { buffer.removeAll(keepingCapacity: true) }
    try buffer.withUnsafeBytes { try Self.writeAll($0, to: descriptor, name: name) }
  }

  /// - Throws: ``ClosedPipe`` when the reader is gone, ``ToklabError`` for any other failure.
  static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws {
    var offset = 0
    while offset < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
      if written >= 0 {
        offset += written
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Glibc.poll(&poll, 1, -1)
      case EPIPE: throw ClosedPipe()
      default:
        throw ToklabError(
          file: name, "cannot write: \(SystemError.text(errno))",
          advice: errno == ENOSPC ? "make room or choose another place" : nil)
      }
    }
  }
}

enum SystemError {
  static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Standard error: one `write` a message, so that lines of several threads never mix.
enum StandardError {
  static func write(_ text: String) {
    var bytes = Array(text.utf8)
    bytes.withUnsafeMutableBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let written = Glibc.write(2, buffer.baseAddress! + offset, buffer.count - offset)
        if written < 0 {
          if errno == EINTR { continue }
          return
        }
        offset += written
      }
    }
  }

  static func line(_ text: String) { write(text + "\n") }
}
