import Glibc
import ProgramSupport
import Tokenizers

/// Programs beside this one, for what has libraries that no other command should load when it starts.
enum Companion {
  /// Becomes the program: same process, same streams.
  ///
  /// - Throws: ``ToklabError`` when it is not beside this one.
  static func become(_ name: String, _ arguments: [String]) throws {
    let path = path(name)
    let argv = ([path] + arguments).map { strdup($0) } + [nil]
    Signals.release()
    execv(path, argv)
    throw missing(path, errno)
  }

  /// Runs the program and returns what it wrote to standard output.
  static func run(_ name: String, _ arguments: [String]) throws -> [UInt8] {
    let path = path(name)
    guard access(path, X_OK) == 0 else { throw missing(path, errno) }
    return try ChildProcess.run(path, arguments)
  }

  private static func path(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    return "\(folder)/\(name)"
  }

  private static func missing(_ path: String, _ code: Int32) -> ToklabError {
    ToklabError(
      file: path, "cannot be started: \(SystemError.text(code))", expected: "that program beside toklab",
      advice: "make build makes both")
  }
}
