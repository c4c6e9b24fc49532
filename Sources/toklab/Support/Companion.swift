import Glibc
import Tokenizers

/// Programs beside this one, for what has libraries that no other command should load when it starts.
enum Companion {
  /// Becomes the program: same process, same streams.
  ///
  /// - Throws: ``ToklabError`` when it is not beside this one.
  static func become(_ name: String, _ arguments: [String]) throws {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
    let path = "\(folder)/\(name)"
    let argv = ([path] + arguments).map { strdup($0) } + [nil]
    execv(path, argv)
    throw ToklabError(
      file: path, "cannot be started: \(SystemError.text(errno))", expected: "\(name) beside toklab",
      advice: "make build makes both")
  }
}
