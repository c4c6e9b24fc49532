import Glibc
import Tokenizers

/// A folder of results: made under a temporary name beside the target, and renamed as a whole by
/// ``commit()``; where the target folder exists, its files are renamed into it one by one.
final class FolderResult {
  private let path: String
  /// The folder while it is being filled.
  let temporary: String
  /// The files in it, as they will be called.
  var names: [String] = []
  private var committed = false

  /// - Parameter mustBeEmpty: whether a folder with something in it is refused.
  /// - Throws: ``ToklabError`` when the folder cannot be made or written.
  init(_ path: String, mustBeEmpty: Bool = false) throws {
    var trimmed = path
    while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
    if FileFacts.exists(trimmed) {
      guard FileFacts.isFolder(trimmed) else {
        throw ToklabError(file: path, "a file", expected: "a folder, or a name that is free")
      }
      guard access(trimmed, W_OK) == 0 else { throw Self.failure(path) }
      if mustBeEmpty, !Self.isEmpty(trimmed) {
        throw ToklabError(
          file: path, "a folder with something in it", expected: "an empty folder, or a name that is free")
      }
    } else if let slash = trimmed.lastIndex(of: "/"), slash != trimmed.startIndex {
      do { try AtomicFile.makeFolder(String(trimmed[..<slash])) } catch {
        var named = error
        named.file = path
        throw named
      }
    }
    do throws(ToklabError) {
      temporary = try TemporaryFiles.makeFolder(beside: trimmed, failing: "cannot write")
    } catch {
      var named = error
      named.file = path
      throw named
    }
  }

  /// Adds a file; its name may have folders.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let target = temporary + "/" + name
    if let slash = target.lastIndex(of: "/") { try AtomicFile.makeFolder(String(target[..<slash])) }
    do { try AtomicFile.write(target, bytes) } catch {
      var named = error
      named.file = path + "/" + name
      throw named
    }
    names.append(name)
  }

  /// Does work that writes into the temporary folder; its errors name the folder as it was given.
  func fill<R>(_ body: () throws(ToklabError) -> R) throws(ToklabError) -> R {
    do throws(ToklabError) { return try body() } catch {
      var named = error
      if let file = error.file, file.hasPrefix(temporary) {
        named.file = path + file.dropFirst(temporary.count)
      }
      throw named
    }
  }

  private static func isEmpty(_ path: String) -> Bool {
    guard let folder = opendir(path) else { return false }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { return false }
    }
    return true
  }

  /// Makes the folder appear; an empty one is replaced as a whole.
  func commit() throws {
    if FileFacts.isFolder(path), rename(temporary, path) != 0 {
      for name in names {
        let target = path + "/" + name
        if let slash = target.lastIndex(of: "/") { try AtomicFile.makeFolder(String(target[..<slash])) }
        guard rename(temporary + "/" + name, target) == 0 else { throw Self.failure(target) }
      }
      TemporaryFiles.remove(temporary)
    } else if FileFacts.isFolder(temporary) {
      guard rename(temporary, path) == 0 else { throw Self.failure(path) }
    }
    TemporaryFiles.forget(temporary)
    committed = true
  }

  deinit {
    guard !committed else { return }
    TemporaryFiles.remove(temporary)
    TemporaryFiles.forget(temporary)
  }

  private static func failure(_ path: String) -> ToklabError {
    ToklabError(file: path, "cannot write: \(SystemError.text(errno))")
  }
}
