import Glibc
import Tokenizers

/// Runs another program and waits for it.
enum ChildProcess {
  /// Runs `program` (found on PATH) without standard input and returns what it wrote to standard output.
  ///
  /// - Parameter folder: where it runs; the current folder when nil.
  /// - Throws: ``ToklabError`` when it cannot be started or ends with another status than 0; the error ends
  ///   with the last line it wrote to standard error.
  static func run(_ program: String, _ arguments: [String], in folder: String? = nil) throws(ToklabError)
    -> [UInt8]
  {
    // Both streams go to nameless files: nothing can block on a full pipe.
    guard let output = tmpfile(), let errors = tmpfile() else {
      throw ToklabError("cannot make a temporary file: \(SystemError.text(errno))")
    }
    defer {
      fclose(output)
      fclose(errors)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, fileno(output), 1)
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 2)

    // Swift does not see glibc's call that changes the child's folder.
    let command = (folder.map { ["env", "-C", $0] } ?? []) + [program] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    let started = SpawnSignals.withNone {
      posix_spawnp(&child, command[0], &actions, &$0, words, environ)
    }
    guard started == 0 else {
      throw ToklabError(
        "cannot run \(program): \(SystemError.text(started))",
        advice: started == ENOENT ? "this needs a Debian or Ubuntu system" : nil)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      if errno != EINTR { throw ToklabError("lost \(program): \(SystemError.text(errno))") }
    }
    guard status == 0 else {
      let lines = String(decoding: content(errors), as: UTF8.self).split(separator: "\n")
      throw ToklabError("\(program) \(arguments.last ?? "") failed: \(lines.last ?? "no message")")
    }
    return content(output)
  }

  private static func content(_ file: UnsafeMutablePointer<FILE>) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    lseek(fileno(file), 0, SEEK_SET)
    while true {
      let count = read(fileno(file), &buffer, buffer.count)
      if count <= 0 { return bytes }
      bytes += buffer.prefix(count)
    }
  }
}
