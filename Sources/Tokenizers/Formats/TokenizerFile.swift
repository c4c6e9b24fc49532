import Glibc

/// A tokenizer file or folder, read: the definition and what people want to know about where it came from.
///
/// The format is found from the content, never from the name; gzip and zstd are undone first.
public struct TokenizerFile: Sendable {
  public var definition: TokenizerDefinition
  /// The format's name in ``ExportFormats``.
  public var format: String
  /// The SHA-256 of the content, unpacked; of both files one after the other for `vocab.json` +
  /// `merges.txt`; of the metadata, without tensors, for GGUF.
  public var sha256: String
  /// What was assumed or recognised.
  public var notes: [String]
  /// The files that were read.
  public var files: [String]

  /// Larger files are no tokenizers; the largest known is below 60 MB.
  static let sizeLimit = 1 << 28

  /// Opens a tokenizer.
  ///
  /// - Parameters:
  ///   - path: a file; or a folder with `tokenizer.json`, or with `vocab.json` and `merges.txt`, or with
  ///     exactly one file that is a tokenizer.
  ///   - pattern: the name or regular expression of the pre-tokenizer of files that carry none.
  /// - Throws: ``ToklabError`` with the file.
  public static func open(_ path: String, pattern: String? = nil) throws(ToklabError) -> TokenizerFile {
    if let names = try Folder.names(path) { return try openFolder(path, names, pattern) }
    return try openFile(path, contents(path), pattern)
  }

  /// A file's content, unpacked; only the beginning of a GGUF file.
  private static func contents(_ path: String) throws(ToklabError) -> [UInt8] {
    if GGUFFile.isOne(path) { return try FileBytes.readPrefix(path, count: sizeLimit) }
    return try FileBytes.read(path, limit: sizeLimit)
  }

  private static func openFolder(
    _ path: String, _ names: [String], _ pattern: String?
  ) throws(ToklabError) -> TokenizerFile {
    let base = path.utf8.last == 0x2F ? path : path + "/"
    if names.contains("tokenizer.json") {
      return try openFile(
        base + "tokenizer.json", FileBytes.read(base + "tokenizer.json", limit: sizeLimit), pattern)
    }
    if names.contains("vocab.json") && names.contains("merges.txt") {
      return try openPair(base, pattern)
    }
    var found: [(String, [UInt8])] = []
    for name in names {
      guard TokenizerFormat.mayBe(base + name) else { continue }
      let bytes = try contents(base + name)
      if TokenizerFormat.detect(bytes)?.isTokenizer == true { found.append((name, bytes)) }
      if found.count > 1 { break }
    }
    guard found.count == 1 else {
      throw ToklabError(
        file: path,
        found.isEmpty
          ? "a folder without a tokenizer" : "a folder with several: \(found[0].0), \(found[1].0)",
        expected: "tokenizer.json, or vocab.json and merges.txt, or exactly one tokenizer file",
        advice: found.isEmpty ? nil : "name the file")
    }
    return try openFile(base + found[0].0, found[0].1, pattern)
  }

  private static func openPair(_ base: String, _ pattern: String?) throws(ToklabError) -> TokenizerFile {
    let vocabulary = try FileBytes.read(base + "vocab.json", limit: sizeLimit)
    let merges = try FileBytes.read(base + "merges.txt", limit: sizeLimit)
    do throws(ToklabError) {
      let (definition, note) = try VocabularyAndMerges.read(
        vocabulary: vocabulary, merges: merges, pattern: pattern)
      var hash = SHA256()
      hash.update(vocabulary)
      hash.update(merges)
      return TokenizerFile(
        definition: definition, format: "vocab-merges", sha256: hash.finish(), notes: note.map { [$0] } ?? [],
        files: [base + "vocab.json", base + "merges.txt"])
    } catch {
      var error = error
      if let file = error.file { error.file = base + file }
      throw error.in(base)
    }
  }

  private static func openFile(
    _ path: String, _ bytes: [UInt8], _ pattern: String?
  ) throws(ToklabError) -> TokenizerFile {
    do throws(ToklabError) {
      let (definition, format, note) = try TokenizerFormat.read(bytes, pattern: pattern)
      let content = format == .gguf ? Array(bytes.prefix(try GGUFMetadata(bytes).end)) : bytes
      return TokenizerFile(
        definition: definition, format: format.name, sha256: SHA256.hex(content),
        notes: note.map { [$0] } ?? [], files: [path])
    } catch {
      throw error.in(path)
    }
  }

  private enum Folder {
    /// The names of the regular files in a folder, sorted by bytes; nil for what is no folder.
    static func names(_ path: String) throws(ToklabError) -> [String]? {
      var status = stat()
      guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
      guard let folder = opendir(path) else { throw ToklabError.system("cannot be opened", file: path) }
      defer { closedir(folder) }
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        var status = stat()
        if stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG { names.append(name) }
      }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }
}
