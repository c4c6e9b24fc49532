import Glibc
import Tokenizers

/// A program of one's own that is talked to over its standard input and output, and ended with this object.
///
/// Both are one local socket: writing to a program that has died is then an error and no signal, whatever the
/// caller does with `SIGPIPE`. What it writes to standard error is kept for the error that tells of its end.
final class HelperProcess {
  private var process: pid_t = 0
  private var socket: Int32 = -1
  private let errors: UnsafeMutablePointer<FILE>
  /// As the user knows it, for errors.
  private let name: String
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var filled = 0..<0

  /// Starts a program, found on `PATH` unless its name has a slash, with the caller's environment.
  ///
  /// - Parameter script: a file's content that the program finds at `/dev/fd/3`.
  /// - Throws: ``ToklabError`` when it cannot be started.
  init(_ command: [String], script: [UInt8]?, name: String) throws(ToklabError) {
    self.name = name
    guard let errors = tmpfile() else { throw Self.failure("cannot make a temporary file", errno) }
    self.errors = errors
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      throw Self.failure("cannot make a socket", errno)
    }
    socket = pair[0]
    defer { close(pair[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pair[1], 0)
    posix_spawn_file_actions_adddup2(&actions, pair[1], 1)
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 2)
    if let script {
      guard let file = tmpfile(), fwrite(script, 1, script.count, file) == script.count, fflush(file) == 0
      else { throw Self.failure("cannot make a temporary file", errno) }
      defer { fclose(file) }
      posix_spawn_file_actions_adddup2(&actions, fileno(file), 3)
      try spawn(command, &actions)
    } else {
      try spawn(command, &actions)
    }
  }

  private func spawn(
    _ command: [String], _ actions: inout posix_spawn_file_actions_t
  ) throws(ToklabError) {
    let words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    let started = SpawnSignals.withNone {
      posix_spawnp(&process, command[0], &actions, &$0, words, environ)
    }
    guard started == 0 else {
      process = 0
      throw ToklabError(
        "cannot run \(command[0]): \(String(cString: strerror(started)))",
        expected: "a Python 3 that has the model's library",
        advice: "name it with --python or the variable TOKLAB_PYTHON")
    }
  }

  deinit {
    if socket >= 0 { close(socket) }
    if process > 0 {
      kill(process, SIGKILL)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
    fclose(errors)
  }

  /// - Throws: ``ToklabError`` when the program has ended.
  func send(_ bytes: [UInt8]) throws(ToklabError) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(socket, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw ended()
      }
      sent += count
    }
  }

  /// The next `count` bytes.
  ///
  /// - Throws: ``ToklabError`` when the program ends before them.
  func receive(_ count: Int) throws(ToklabError) -> [UInt8] {
    var failed = false
    let result = [UInt8](unsafeUninitializedCapacity: count) { target, written in
      written = 0
      while written < count {
        if !filled.isEmpty {
          let part = min(filled.count, count - written)
          _ = buffer.withUnsafeBytes {
            memcpy(target.baseAddress! + written, $0.baseAddress! + filled.lowerBound, part)
          }
          filled = filled.lowerBound + part..<filled.upperBound
          written += part
          continue
        }
        // Large answers go straight to their place.
        let direct = count - written >= buffer.count
        let got =
          direct
          ? recv(socket, target.baseAddress! + written, count - written, 0)
          : buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress!, $0.count, 0) }
        if got < 0, errno == EINTR { continue }
        if got <= 0 {
          failed = true
          return
        }
        if direct { written += got } else { filled = 0..<got }
      }
    }
    if failed { throw ended() }
    return result
  }

  /// How the program ended, with the last line it wrote.
  private func ended() -> ToklabError {
    var status: Int32 = 0
    var how = "has closed its output"
    if process > 0 {
      // It may be about to end, or merely have closed the socket.
      for _ in 0..<100 {
        let found = waitpid(process, &status, WNOHANG)
        if found == process {
          process = 0
          let signal = status & 0x7F
          how = signal == 0 ? "ended with status \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
          break
        }
        usleep(10_000)
      }
    }
    return ToklabError(
      "the model helper \(how)\(lastLine.map { ": \($0)" } ?? " without a message")",
      expected: "an answer", advice: nil
    ).in(name)
  }

  /// The last line of what the program wrote to standard error.
  private var lastLine: String? {
    var text = [UInt8](repeating: 0, count: 1 << 14)
    let end = lseek(fileno(errors), 0, SEEK_END)
    let count = pread(fileno(errors), &text, text.count, max(0, end - text.count))
    guard count > 0 else { return nil }
    let lines = text[..<count].split(separator: 0x0A).filter { line in line.contains { $0 != 0x20 } }
    return lines.last.map { String(decoding: $0.suffix(400), as: UTF8.self) }
  }

  private static func failure(_ what: String, _ number: Int32) -> ToklabError {
    ToklabError("\(what): \(String(cString: strerror(number)))")
  }
}
