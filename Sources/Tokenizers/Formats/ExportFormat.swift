/// A file format that toklab writes: `toklab export --to NAME`.
public protocol ExportFormat: Sendable {
  /// As on the command line.
  static var name: String { get }
  /// One line for `--help`.
  static var summary: String { get }
  /// Whether the output is a folder.
  static var writesFolder: Bool { get }
  /// Whether what is written can be opened as a tokenizer.
  static var isTokenizer: Bool { get }

  /// Why this format cannot hold the tokenizer; empty when it can.
  static func limits(_ definition: TokenizerDefinition) -> [String]

  /// What the format has no place for and the reader of the file must be told in another way.
  static func losses(_ definition: TokenizerDefinition) -> [String]

  /// The files to write: their names (nil for the output itself) and bytes.
  static func files(
    _ definition: TokenizerDefinition
  ) throws(ToklabError) -> [(name: String?, bytes: [UInt8])]

  /// Reads what was written back, with what the format lost taken from the original.
  static func readBack(
    _ path: String, of original: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition
}

extension ExportFormat {
  public static var writesFolder: Bool { false }
  public static var isTokenizer: Bool { true }
  public static func losses(_ definition: TokenizerDefinition) -> [String] { [] }

  public static func readBack(
    _ path: String, of original: TokenizerDefinition
  ) throws(ToklabError) -> TokenizerDefinition {
    try TokenizerFile.open(path).definition
  }

  /// Writes the tokenizer to `path`, atomically; a folder's files one by one.
  ///
  /// - Throws: ``ToklabError`` naming the first limit, or the file that cannot be written.
  public static func write(_ definition: TokenizerDefinition, to path: String) throws(ToklabError) {
    if let reason = limits(definition).first {
      throw ToklabError(
        file: path, "\(name) cannot hold this tokenizer: \(reason)", advice: "choose another --to")
    }
    let files = try files(definition)
    if writesFolder { try AtomicFile.makeFolder(path) }
    for file in files { try AtomicFile.write(file.name.map { path + "/" + $0 } ?? path, file.bytes) }
  }
}

/// The list of formats that can be written. To add one: one file, and one line here.
public enum ExportFormats {
  public static let all: [any ExportFormat.Type] = [
    HuggingFaceExport.self, TiktokenExport.self, SentencePieceExport.self, TekkenExport.self, GGUFExport.self,
    VocabularyAndMergesExport.self, VocabularyTextExport.self, VocabularyTableExport.self,
  ]

  /// - Throws: ``ToklabError`` for a name that no format has.
  public static func named(_ name: String) throws(ToklabError) -> any ExportFormat.Type {
    if let format = all.first(where: { $0.name == name }) { return format }
    throw ToklabError(
      "the unknown format \(name)", expected: "one of " + all.map { $0.name }.joined(separator: ", "))
  }
}
