/// What a lexer has to know of a programming language: how comments and strings begin and end, which words
/// are keywords, which operators are longer than a character.
///
/// Facts from the languages' own references. Close enough to cut code into lexemes, not to compile it: string
/// interpolation, regular-expression literals, nested quotation and here-documents are read as plain strings
/// or operators.
public struct CodeGrammar: Sendable, Hashable {
  /// The label of rows: `python`, `c++`, …
  public let name: String
  /// File name endings without the point.
  public let extensions: [String]
  let lineComments: [[UInt8]]
  let blockComment: (open: [UInt8], close: [UInt8])?
  let nestsComments: Bool
  /// Delimiters that a string both begins and ends with, the longest first.
  let strings: [[UInt8]]
  /// Those of them that may hold a line feed.
  let multilineStrings: Set<[UInt8]>
  let keywords: Set<[UInt8]>
  /// The longest first.
  let operators: [[UInt8]]
  /// Bytes that identifiers may hold beside letters, digits, `_` and everything beyond ASCII.
  let identifierBytes: Set<UInt8>
  /// A single quote stands for a character (Rust's lifetimes and Haskell's primes have none).
  let hasLooseQuotes: Bool

  public static func == (a: CodeGrammar, b: CodeGrammar) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  init(
    _ name: String, _ extensions: String, line: String, block: (String, String)? = nil, nests: Bool = false,
    strings: String, multiline: String = "", keywords: String, operators: String, identifier: String = "",
    looseQuotes: Bool = false
  ) {
    func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
    func longestFirst(_ items: [[UInt8]]) -> [[UInt8]] {
      items.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count > $1.count }
    }
    self.name = name
    self.extensions = extensions.split(separator: " ").map(String.init)
    lineComments = longestFirst(words(line))
    blockComment = block.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    nestsComments = nests
    self.strings = longestFirst(words(strings))
    multilineStrings = Set(words(multiline))
    self.keywords = Set(words(keywords))
    self.operators = longestFirst(words(operators))
    identifierBytes = Set(identifier.utf8)
    hasLooseQuotes = looseQuotes
  }

  /// The grammar of a language's name, or of a file by its ending.
  public static func named(_ name: String) -> CodeGrammar? {
    all.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  public static func ofFile(_ path: String) -> CodeGrammar? {
    let file = path.utf8.split(separator: 0x2F).last.map(Array.init) ?? []
    guard let point = file.lastIndex(of: 0x2E), point > 0 else { return nil }
    let ending = String(decoding: file[(point + 1)...], as: UTF8.self)
    return all.first { $0.extensions.contains { $0.utf8.elementsEqual(ending.utf8) } }
  }
}
