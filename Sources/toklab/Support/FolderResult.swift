import Glibc
import Tokenizers

/// A folder of results. A new folder is made under a temporary name and renamed as a whole; into one that
/// exists every file is renamed on its own, after all of them were written.
final class FolderResult {
  private let path: String
  private let temporary: String?
  private var pending: [ResultFile] = []
  private var committed = false

  init(_ path: String) throws {
    var trimmed = path
    while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = trimmed
    if FileFacts.exists(trimmed) {
      guard FileFacts.isFolder(trimmed) else {
        throw ToklabError(file: path, "a file", expected: "a folder, or a name that is free")
      }
      guard access(trimmed, W_OK) == 0 else {
        throw ToklabError(file: path, "cannot write: \(SystemError.text(errno))")
      }
      temporary = nil
      return
    }
    if let slash = trimmed.lastIndex(of: "/"), slash != trimmed.startIndex {
      try AtomicFile.makeFolder(String(trimmed[..<slash]))
    }
    let name = "\(trimmed).tmp-\(getpid())"
    try TemporaryFiles.register(name)
    guard mkdir(name, 0o777) == 0 else {
      let code = errno
      TemporaryFiles.forget(name)
      throw ToklabError(file: path, "cannot write: \(SystemError.text(code))")
    }
    temporary = name
  }

  /// Adds a file; its name may have folders.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let target = (temporary ?? path) + "/" + name
    if let slash = target.lastIndex(of: "/") { try AtomicFile.makeFolder(String(target[..<slash])) }
    let file = try ResultFile(target)
    try file.output.write(bytes)
    if temporary != nil { try file.commit() } else { pending.append(file) }
  }

  func commit() throws {
    if let temporary {
      guard rename(temporary, path) == 0 else {
        throw ToklabError(file: path, "cannot write: \(SystemError.text(errno))")
      }
      TemporaryFiles.forget(temporary)
    }
    for file in pending { try file.commit() }
    committed = true
  }

  deinit {
    guard let temporary, !committed else { return }
    TemporaryFiles.remove(temporary)
    TemporaryFiles.forget(temporary)
  }
}
