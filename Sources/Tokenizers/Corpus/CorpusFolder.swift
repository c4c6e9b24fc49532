import Glibc

/// Finds the text files of an input operand.
enum CorpusFolder {
  /// The files of `input`, each with the direct entry of the folder it lies in (or itself).
  ///
  /// - Throws: ``ToklabError`` when `input` does not exist, cannot be read or is a folder without text.
  static func expand(
    _ input: String, format: Corpus.Format
  ) throws(ToklabError) -> [(path: String, entry: String)] {
    if input == "-" { return [("-", "-")] }
    switch try kind(input) {
    case .folder(let identity):
      let folder = trimmed(input)
      var files: [(path: String, entry: String)] = []
      for name in try names(folder) {
        let path = folder == "/" ? "/" + name : folder + "/" + name
        for file in try walk(path, format: format, above: [identity]) { files.append((file, path)) }
      }
      files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
      guard !files.isEmpty else {
        throw ToklabError(
          file: input, "the folder holds no text",
          expected: suffixes(format).map { "*" + $0 }.joined(separator: ", ") + " at any depth",
          advice: "name the files themselves")
      }
      return files
    case .file, .missing:
      return [(input, input)]
    }
  }

  /// A path without trailing slashes and leading `./`, for comparing.
  static func trimmed(_ path: String) -> String {
    var bytes = Array(path.utf8)
    while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
    while bytes.count > 2, bytes[0] == 0x2E, bytes[1] == 0x2F { bytes.removeFirst(2) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private struct Identity: Hashable {
    var device: UInt
    var inode: UInt
  }

  private enum Kind {
    case folder(Identity), file, missing
  }

  private static func suffixes(_ format: Corpus.Format) -> [String] {
    [".txt", ".txt.gz", ".txt.zst"] + (format == .jsonLines ? [".jsonl", ".jsonl.gz", ".jsonl.zst"] : [])
  }

  /// A missing entry of a folder (a dangling link) is passed over; a missing operand is an error.
  private static func kind(_ path: String, operand: Bool = true) throws(ToklabError) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if !operand { return .missing }
      throw ToklabError.system("cannot be opened", file: path)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      return .folder(Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino)))
    }
    return .file
  }

  private static func walk(
    _ path: String, format: Corpus.Format, above: Set<Identity>
  ) throws(ToklabError) -> [String] {
    switch try kind(path, operand: false) {
    case .missing: return []
    case .file: return suffixes(format).contains { path.hasSuffix($0) } ? [path] : []
    case .folder(let identity):
      guard !above.contains(identity) else { return [] }
      var files: [String] = []
      for name in try names(path) {
        files += try walk(path + "/" + name, format: format, above: above.union([identity]))
      }
      return files
    }
  }

  private static func names(_ folder: String) throws(ToklabError) -> [String] {
    guard let handle = opendir(folder) else {
      throw ToklabError.system("cannot be read", file: folder)
    }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
