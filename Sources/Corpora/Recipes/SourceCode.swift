import Tokenizers

/// Source code out of Debian packages that carry it as plain files: one text a programming language.
package struct SourceCode {
  /// A programming language: its name, and how its files end.
  private static let languages: [(label: String, name: String, endings: [String])] = [
    ("c", "C", [".c"]), ("cpp", "C++", [".cpp", ".cc", ".hpp", ".ipp", ".h"]), ("go", "Go", [".go"]),
    ("javascript", "JavaScript", [".js", ".mjs", ".ts"]), ("perl", "Perl", [".pl", ".pm"]),
    ("python", "Python", [".py"]), ("ruby", "Ruby", [".rb"]), ("rust", "Rust", [".rs"]),
  ]

  /// Larger files are tables or were generated, and one of them would weigh as much as a thousand others.
  private static let largest = 1 << 18

  private var texts: [String: [UInt8]] = [:]
  private var seen: Set<String> = []

  package init() {}

  /// Adds the files of a package in path order. Left out: what was there before byte for byte, is empty, too large
  /// or not UTF-8.
  package mutating func add(_ package: UnpackedPackage) throws(ToklabError) {
    let root = package.folder + "/usr"
    for path in FileTree.files(under: root, where: { Self.label(of: $0) != nil }) {
      let document = try FileBytes.read(root + "/" + path)
      guard !document.isEmpty, document.count <= Self.largest, TextBytes.isValidUTF8(document),
        seen.insert(SHA256.hex(document)).inserted
      else { continue }
      let label = Self.label(of: path)!
      texts[label, default: []] += document
      if document.last != 0x0A { texts[label]!.append(0x0A) }
    }
  }

  private static func label(of path: String) -> String? {
    languages.first { $0.endings.contains(where: path.hasSuffix) }?.label
  }

  /// The texts by label, with the languages' names; those of at least `minimum` bytes.
  package func texts(minimum: Int) -> [(label: String, name: String, text: [UInt8])] {
    Self.languages.compactMap { language in
      guard let text = texts[language.label], text.count >= minimum else { return nil }
      return (language.label, language.name, text)
    }
  }
}
