import Glibc

/// One text, or a folder of `LABEL.txt` that need not be aligned.
public struct TextCollection: Sendable {
  public struct Text: Sendable {
    /// Nil for a single text without a stated language.
    public var label: String?
    /// A language code for ICU's rules: what stands before the first hyphen of the label.
    public var locale: String
    public var path: String
    public var lines: TextLines
  }

  public let texts: [Text]
  public let notes: [String]

  public var files: [String] { texts.map(\.path) }

  /// - Parameters:
  ///   - languages: of a folder only these, in this order; nil takes all, sorted bytewise.
  ///   - label: of a single text.
  /// - Throws: ``ToklabError`` that names the file: missing, not UTF-8, a folder without texts.
  public init(_ path: String, languages: [String]? = nil, label: String? = nil) throws(ToklabError) {
    var info = stat()
    guard stat(path, &info) == 0 else { throw ToklabError.system("cannot be opened", file: path) }
    guard info.st_mode & S_IFMT == S_IFDIR else {
      if languages != nil {
        throw ToklabError(file: path, "a single text", expected: "a folder where languages are chosen")
      }
      let lines = try TextLines(file: path)
      texts = [Text(label: label, locale: Self.locale(label ?? ""), path: path, lines: lines)]
      notes = []
      return
    }
    var found: [String] = []
    var ignored = 0
    for name in try InputFolder.names(in: path) where name != "document_ids.txt" && name != "languages.tsv" {
      if name.utf8.count > 4 && name.hasSuffix(".txt") {
        found.append(String(name.dropLast(4)))
      } else {
        ignored += 1
      }
    }
    guard !found.isEmpty else {
      throw ToklabError(file: path, "no text in this folder", expected: "one LABEL.txt per language")
    }
    for wanted in languages ?? [] where !found.contains(where: { $0.utf8.elementsEqual(wanted.utf8) }) {
      throw ToklabError(
        file: "\(path)/\(wanted).txt", "no such language",
        advice: "choose from \(found.prefix(12).joined(separator: ", "))")
    }
    var texts: [Text] = []
    for label in languages ?? found {
      let file = "\(path)/\(label).txt"
      texts.append(
        Text(label: label, locale: Self.locale(label), path: file, lines: try TextLines(file: file)))
    }
    self.texts = texts
    notes = ignored > 0 ? ["\(path): ignored \(ignored) entries not named LABEL.txt"] : []
  }

  /// ICU knows two-letter codes where a language has one, and three-letter codes by themselves.
  private static func locale(_ label: String) -> String {
    let code = String(label.prefix { $0 != "-" && $0 != "_" })
    return twoLetters[code] ?? code
  }

  /// Languages whose word or case rules differ from the root's.
  private static let twoLetters = [
    "tha": "th", "khm": "km", "lao": "lo", "mya": "my", "jpn": "ja", "zho": "zh", "fin": "fi", "swe": "sv",
    "heb": "he", "ell": "el", "tur": "tr", "aze": "az", "lit": "lt", "yue": "zh", "bod": "bo", "dzo": "dz",
  ]
}
