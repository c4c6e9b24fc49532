import Tokenizers

/// Lexicons: hunspell dictionaries as they are, and simplemma's forms as plain lists.
package enum WordForms {
  /// For each language the name of its hunspell files and of its table in simplemma.
  static let languages: [(label: String, hunspell: String?, table: String)] = [
    ("ces", "cs_CZ", "cs"), ("eng", "en_US", "en"), ("fin", nil, "fi"), ("hun", "hu_HU", "hu"),
    ("tur", "tr_TR", "tr"),
  ]

  /// Adds `LABEL.dic`, `LABEL.aff` and `LABEL.txt` of each language to a folder.
  ///
  /// - Parameter decompress: an xz or lzma file's content.
  static func write(
    _ packages: [UnpackedPackage], to out: CorpusFolder,
    decompress: (String) throws(ToklabError) -> [UInt8]
  ) throws(ToklabError) -> [CorpusManifest.Language] {
    var found: [CorpusManifest.Language] = []
    for language in languages {
      if let name = language.hunspell {
        for ending in ["dic", "aff"] {
          guard let path = file("hunspell/\(name).\(ending)", in: packages) else {
            throw ToklabError("no \(name).\(ending) in the packages", expected: "the hunspell dictionaries")
          }
          try out.add("\(language.label).\(ending)", try FileBytes.read(path))
        }
      }
      guard let table = file("data/\(language.table).plzma", in: packages) else {
        throw ToklabError("no table \(language.table).plzma in the packages", expected: "simplemma 2.0.0")
      }
      let forms: [[UInt8]]
      do { forms = try FrontCodedTable.forms(try decompress(table)) } catch { throw error.in(table) }
      let text = TextBytes.joined(forms)
      try out.add("\(language.label).txt", text)
      found.append(
        CorpusManifest.Language(
          code: language.label, name: LanguageCode.name(language.label),
          script: LanguageCode.script(of: Array(text.prefix(100_000)))))
    }
    return found
  }

  private static func file(_ ending: String, in packages: [UnpackedPackage]) -> String? {
    for package in packages {
      if let path = FileTree.files(under: package.folder, where: { $0.hasSuffix(ending) }).first {
        return package.folder + "/" + path
      }
    }
    return nil
  }
}
