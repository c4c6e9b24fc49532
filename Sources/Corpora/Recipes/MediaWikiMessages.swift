import Tokenizers

/// The interface messages of MediaWiki: JSON files `…/i18n/…/LANGUAGE.json` with the same keys in every
/// language. Sentence-like messages without wiki markup are kept.
package enum MediaWikiMessages {
  package static func read(_ package: UnpackedPackage) throws(ToklabError) -> ParallelMessages {
    let root = package.folder
    let files = FileTree.files(under: root) { $0.hasSuffix(".json") && $0.utf8Contains("/i18n/") }
    var messages = ParallelMessages()
    for path in files where path.hasSuffix("/en.json") {
      let document = Array(folder(of: path).utf8)
      try forEachMessage(root + "/" + path) { key, text in
        guard isSentence(text) else { return }
        messages.addSource(key: document + [0] + key, document: document, text: text)
      }
    }
    for path in files {
      let label = LanguageCode.label(path.split(separator: "/").last!.dropLast(5))
      if LanguageCode.isVariant(label) { continue }
      let document = Array(folder(of: path).utf8)
      try forEachMessage(root + "/" + path) { key, text in
        if isClean(text) { messages.add(language: label, key: document + [0] + key, text: text) }
      }
    }
    return messages
  }

  /// Every translated message without markup, in path and file order, and the English ones.
  package static func segments(
    of package: UnpackedPackage, _ body: (_ label: String, _ text: [UInt8]) -> Void
  ) throws(ToklabError) {
    let files = FileTree.files(under: package.folder) { $0.hasSuffix(".json") && $0.utf8Contains("/i18n/") }
    for path in files {
      let label = LanguageCode.label(path.split(separator: "/").last!.dropLast(5))
      try forEachMessage(package.folder + "/" + path) { _, text in
        if isClean(text) { body(label, text) }
      }
    }
  }

  private static func folder(of path: String) -> String {
    String(path[..<path.lastIndex(of: "/")!])
  }

  private static func forEachMessage(
    _ path: String, _ body: ([UInt8], [UInt8]) -> Void
  ) throws(ToklabError) {
    do {
      let json = try ByteJSON(FileBytes.read(path))
      try json.root.forEachMember { (key, value) throws(ToklabError) in
        guard value.kind == .string else { return }  // "@metadata"
        body(try key.bytes(), TextBytes.collapsingSpace(try value.bytes()))
      }
    } catch {
      throw error.in(path)
    }
  }

  private static func isSentence(_ text: [UInt8]) -> Bool { isClean(text) && TextBytes.wordCount(text) >= 5 }

  /// No templates, links, HTML, tables, lists or placeholders' definitions.
  private static func isClean(_ text: [UInt8]) -> Bool {
    guard let first = text.first, first != 0x2A, first != 0x23 else { return false }
    return !text.contains { $0 == 0x7B || $0 == 0x7C || $0 == 0x3C || $0 == 0x5B }
      && TextBytes.isValidUTF8(text)
  }
}

extension String {
  fileprivate func utf8Contains(_ part: StaticString) -> Bool { TextBytes.contains(Array(utf8), part) }
}
