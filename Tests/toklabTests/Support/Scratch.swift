import Glibc
import Tokenizers

/// A folder of its own for one test, removed with everything in it at the end.
final class Scratch: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/toklab-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SpawnFailed(description: "no temporary folder") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { TemporaryFiles.remove(path) }

  /// The path of a name in the folder.
  subscript(_ name: String) -> String { path + "/" + name }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let target = self[name]
    var folders = name.split(separator: "/").dropLast()
    var made = path
    while let folder = folders.popFirst() {
      made += "/" + folder
      mkdir(made, 0o755)
    }
    guard let file = fopen(target, "w") else { throw SpawnFailed(description: "cannot write \(target)") }
    defer { fclose(file) }
    fwrite(bytes, 1, bytes.count, file)
    return target
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

  func read(_ name: String) throws -> [UInt8] { try Self.read(self[name]) }

  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "r") else { throw SpawnFailed(description: "cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// The names in the folder, sorted.
  func names(_ folder: String = "") -> [String] { Self.names(of: folder.isEmpty ? path : self[folder]) }

  static func names(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
