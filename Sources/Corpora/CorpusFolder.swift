import Glibc
import Tokenizers

/// A corpus folder in the making: it appears complete under its name, or not at all.
public final class CorpusFolder {
  /// A finished file of the folder.
  public struct File: Sendable, Hashable {
    public var path: String
    public var bytes: Int
    public var lines: Int
    public var sha256: String
  }

  public private(set) var files: [File] = []
  private let target: String
  private let temporary: String
  private var isFinished = false

  /// Begins a folder that will stand at `target`, which must not exist or be empty.
  ///
  /// - Throws: ``ToklabError`` when something is there, or the folder above cannot be written.
  public init(at target: String) throws(ToklabError) {
    let trimmed = target.count > 1 && target.hasSuffix("/") ? String(target.dropLast()) : target
    self.target = trimmed
    if access(trimmed, F_OK) == 0, rmdir(trimmed) != 0 {
      throw ToklabError(
        file: trimmed, "something is there already", expected: "a new or empty folder",
        advice: "choose another with -o, or remove it")
    }
    if let slash = trimmed.lastIndex(of: "/"), slash != trimmed.startIndex {
      try AtomicFile.makeFolder(String(trimmed[..<slash]))
    }
    temporary = try TemporaryFiles.makeFolder(beside: trimmed)
  }

  deinit {
    guard !isFinished else { return }
    TemporaryFiles.remove(temporary)
    TemporaryFiles.forget(temporary)
  }

  /// Writes a file; `path` is relative and may name a folder.
  public func add(_ path: String, _ bytes: [UInt8]) throws(ToklabError) {
    if let slash = path.lastIndex(of: "/") { try AtomicFile.makeFolder(temporary + "/" + path[..<slash]) }
    do { try AtomicFile.write(temporary + "/" + path, bytes) } catch {
      // The person knows the folder under its final name.
      var named = error
      named.file = target + "/" + path
      throw named
    }
    let lines = bytes.count { $0 == 0x0A } + (bytes.last == nil || bytes.last == 0x0A ? 0 : 1)
    files.append(File(path: path, bytes: bytes.count, lines: lines, sha256: SHA256.hex(bytes)))
  }

  /// Writes `manifest.json` last and gives the folder its name.
  public func finish(_ manifest: CorpusManifest) throws(ToklabError) {
    var manifest = manifest
    manifest.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try AtomicFile.write(temporary + "/" + CorpusManifest.fileName, manifest.json())
    guard rename(temporary, target) == 0 else { throw ToklabError.system("cannot be written", file: target) }
    isFinished = true
    TemporaryFiles.forget(temporary)
  }
}
