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
    var dictionaries: [HunspellDictionary] = []
    for path in lexicons {
      files.append(path)
      guard path.hasSuffix(".dic") else {
        forms += try LexiconFile.readLexicon(path)
        continue
      }
      files.append(LexiconFile.affixFile(of: path))
      // libhunspell decides; the listed forms fill the trie, so that words can be divided.
      dictionaries.append(try HunspellDictionary(path))
      let (listed, isComplete) = try LexiconFile.readDictionary(path, atMost: Self.mostListed)
      forms += listed
      if !isComplete {
        notes.append(
          "\(path): more than \(Self.mostListed) forms; only stems fill the trie, libhunspell knows the rest")
      }
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
    inventory = try MorphemeInventory(
      lexicon: forms, morphemes: pieces, language: language, dictionaries: dictionaries)
    self.files = files
    self.notes = notes
  }

  /// Forms of one dictionary that are listed; about 64 bytes of memory each while the trie is built.
  static let mostListed = 4_000_000

  /// `suffix=PATH` as class and path.
  private static func split(_ operand: String) -> (FormClass?, String) {
    for (name, kind) in [("prefix=", FormClass.prefix), ("root=", .root), ("suffix=", .suffix)]
    where operand.hasPrefix(name) {
      return (kind, String(operand.dropFirst(name.utf8.count)))
    }
    return (nil, operand)
  }
}
