/// How much each source of a corpus counts: lines `PATH<TAB>WEIGHT`, PATH a file or a folder.
///
/// A weight multiplies the counts of the pre-tokens of its files; sources that are not named weigh 1, one
/// of weight 0 is left out. Where a file and a folder above it are both named, the longer path wins.
public struct SourceWeights: Sendable, Hashable {
  public struct Entry: Sendable, Hashable {
    public var path: String
    public var weight: Double
    /// From 1, in the weights file.
    public var line: Int
  }

  /// Where the weights come from, for messages.
  public let file: String
  public let entries: [Entry]

  /// - Throws: ``ToklabError`` naming the line.
  public init(parsing bytes: [UInt8], file: String) throws(ToklabError) {
    var entries: [Entry] = []
    var number = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) || line.first == 0x23 { continue }
      func fault(_ found: String) -> ToklabError {
        ToklabError(
          file: file, at: .line(number), found, expected: "PATH, a tab and a weight of 0 or more")
      }
      guard let tab = line.lastIndex(of: 0x09) else { throw fault("a line without a tab") }
      guard let path = String(validating: line[..<tab], as: UTF8.self), !path.isEmpty else {
        throw fault("no path before the tab")
      }
      let text = String(decoding: line[(tab + 1)...], as: UTF8.self)
      guard let weight = Double(text), weight >= 0, weight <= 1e6 else {
        throw fault("\"\(text)\" is not a weight from 0 to 1000000")
      }
      let entry = Entry(path: path, weight: weight, line: number)
      if let other = entries.first(where: {
        CorpusFolder.trimmed($0.path).utf8.elementsEqual(CorpusFolder.trimmed(path).utf8)
      }) {
        throw fault("\"\(path)\" has a weight already, in line \(other.line)")
      }
      entries.append(entry)
    }
    guard !entries.isEmpty else {
      throw ToklabError(file: file, "no weights", expected: "lines of PATH, a tab and a weight")
    }
    self.file = file
    self.entries = entries
  }

  /// The entry that covers a file: its own path, or the longest folder above it.
  func match(_ path: String) -> Int? {
    let file = Array(CorpusFolder.trimmed(path).utf8)
    var best: (index: Int, length: Int)?
    for (index, entry) in entries.enumerated() {
      let own = Array(CorpusFolder.trimmed(entry.path).utf8)
      let covers =
        file == own || file.starts(with: own) && (own.last == 0x2F || file[own.count] == 0x2F)
      if covers, own.count > best?.length ?? -1 { best = (index, own.count) }
    }
    return best?.index
  }
}
