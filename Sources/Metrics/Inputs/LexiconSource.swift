/// A language's forms from several files, of whatever kinds, as one inventory.
public struct LexiconSource: Sendable {
  public let inventory: MorphemeInventory
  /// Every file that was read.
  public let files: [String]
  public let notes: [String]

  /// - Parameters:
  ///   - lexicons: words and roots: plain lists, JSON objects, hunspell `.dic`, UniMorph, MorphyNet.
  ///   - morphemes: tables of form and class, MorphyNet tables, or `CLASS=PATH` for a list of one class.
  /// - Throws: ``ToklabError`` that names the file.
  public init(lexicons: [String], morphemes: [String], language: String) throws(ToklabError) {
    var files: [String] = []
    var notes: [String] = []
    var forms: [[UInt8]] = []
    var pieces: [(form: [UInt8], kind: FormClass)] = []
    for path in lexicons {
      let lexicon = try LexiconFile.readLexicon(path)
      files.append(path)
      if path.hasSuffix(".dic") { files.append(LexiconFile.affixFile(of: path)) }
      forms += lexicon
    }
    for operand in morphemes {
      let (kind, path) = Self.split(operand)
      files.append(path)
      if let kind {
        pieces += try LexiconFile.readLexicon(path).map { ($0, kind) }
      } else {
        pieces += try LexiconFile.readMorphemes(path)
      }
    }
    if pieces.isEmpty {
      notes.append("no morphemes: only whole forms of the lexicon can be valid, and nothing is divisible")
    }
    inventory = try MorphemeInventory(lexicon: forms, morphemes: pieces, language: language)
    self.files = files
    self.notes = notes
  }

  /// `suffix=PATH` as class and path.
  private static func split(_ operand: String) -> (FormClass?, String) {
    for (name, kind) in [("prefix=", FormClass.prefix), ("root=", .root), ("suffix=", .suffix)]
    where operand.hasPrefix(name) {
      return (kind, String(operand.dropFirst(name.utf8.count)))
    }
    return (nil, operand)
  }
}
