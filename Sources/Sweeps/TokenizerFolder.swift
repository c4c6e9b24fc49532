import Glibc
import Tokenizers

/// Tokenizers by the SHA-256 of their files: what two cells share lies there once.
///
/// A merge list serves all its sizes: `toklab edit FILE --truncate SIZE` cuts one.
package final class TokenizerFolder: Sendable {
  package let path: String
  private let descriptor: Int32

  /// `STORE-stem.tokenizers` beside a store.
  package static func path(of store: String) -> String {
    let slash = store.lastIndex(of: "/").map { store.index(after: $0) } ?? store.startIndex
    let name = store[slash...]
    let stem = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : name[..<$0] } ?? name
    return store[..<slash] + stem + ".tokenizers"
  }

  /// Opens the folder for one writer, and clears away what an interrupted one left half-written.
  ///
  /// - Throws: ``ToklabError`` when another sweep is at work on the store, or the folder cannot be made.
  package init(store: String) throws(ToklabError) {
    path = Self.path(of: store)
    try AtomicFile.makeFolder(path)
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToklabError.system("cannot be opened", file: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw ToklabError(
        file: store, "another sweep is at work on this store", expected: "one sweep a store",
        advice: "wait for it, or end it")
    }
    guard let folder = opendir(path) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.contains(".json.tmp-") { unlink("\(path)/\(name)") }
    }
  }

  deinit { close(descriptor) }

  /// Writes a tokenizer, durably, unless it is there; returns its name.
  func keep(_ bytes: [UInt8]) throws(ToklabError) -> String {
    let sha256 = SHA256.hex(bytes)
    let file = "\(path)/\(sha256).json"
    if access(file, F_OK) != 0 { try AtomicFile.write(file, bytes, durable: true) }
    return sha256
  }

  func open(_ sha256: String) throws(ToklabError) -> Tokenizer {
    let file = "\(path)/\(sha256).json"
    var bytes: [UInt8] = []
    try ByteStream(file).readAll(into: &bytes)
    guard SHA256.hex(bytes) == sha256 else {
      throw ToklabError(file: file, "a tokenizer that has changed", expected: "the SHA-256 in its name")
    }
    return try Tokenizer(HuggingFaceJSON.read(bytes))
  }
}
