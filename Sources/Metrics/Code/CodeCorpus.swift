import Glibc

/// Source files by programming language.
public struct CodeCorpus: Sendable {
  public struct Group: Sendable {
    public var grammar: CodeGrammar
    public var files: [(path: String, bytes: [UInt8])]
  }

  /// In bytewise order of the languages' names; files in the order of their paths.
  public let groups: [Group]
  public let notes: [String]

  public var files: [String] { groups.flatMap { $0.files.map(\.path) } }

  /// - Parameters:
  ///   - path: a file, or a folder that is searched to its end; hidden entries are left out.
  ///   - language: of a single file; of a folder only this one. Nil goes by the files' endings.
  /// - Throws: ``ToklabError`` that names the file: missing, not UTF-8, no known language, no source at all.
  public init(_ path: String, language: String? = nil) throws(ToklabError) {
    var wanted: CodeGrammar?
    if let language {
      wanted = CodeGrammar.named(language)
      guard wanted != nil else {
        throw ToklabError(
          "no grammar for the language \(language)",
          expected: "one of \(CodeGrammar.all.map(\.name).joined(separator: ", "))")
      }
    }
    var info = stat()
    guard stat(path, &info) == 0 else { throw ToklabError.system("cannot be opened", file: path) }
    var found: [String: Group] = [:]
    var ignored = 0
    func add(_ file: String, _ grammar: CodeGrammar) throws(ToklabError) {
      let bytes = try FileBytes.read(file)
      do { _ = try TextLines(bytes) } catch { throw error.in(file) }
      found[grammar.name, default: Group(grammar: grammar, files: [])].files.append((file, bytes))
    }
    if info.st_mode & S_IFMT == S_IFDIR {
      for file in try Self.walk(path) {
        guard let grammar = CodeGrammar.ofFile(file), wanted == nil || wanted == grammar else {
          ignored += 1
          continue
        }
        try add(file, grammar)
      }
    } else {
      guard let grammar = wanted ?? CodeGrammar.ofFile(path) else {
        throw ToklabError(
          file: path, "no known programming language by this name",
          expected: "--language with one of \(CodeGrammar.all.map(\.name).joined(separator: ", "))")
      }
      try add(path, grammar)
    }
    groups = found.values.sorted { InputFolder.bytewiseLess($0.grammar.name, $1.grammar.name) }
    guard !groups.isEmpty else {
      throw ToklabError(
        file: path, "no source code in this folder", expected: "files such as .py, .c, .swift")
    }
    notes = ignored > 0 ? ["\(path): ignored \(ignored) files of no wanted programming language"] : []
  }

  /// Every file below a folder, in the order of their paths; symbolic links to folders are not followed.
  private static func walk(_ folder: String) throws(ToklabError) -> [String] {
    var files: [String] = []
    for name in try InputFolder.names(in: folder) where !name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      var info = stat()
      guard lstat(path, &info) == 0 else { throw ToklabError.system("cannot be opened", file: path) }
      switch info.st_mode & S_IFMT {
      case S_IFDIR: files += try walk(path)
      case S_IFREG: files.append(path)
      default: break
      }
    }
    return files
  }
}
