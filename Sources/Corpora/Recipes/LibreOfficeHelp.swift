import Tokenizers

/// The paragraphs of LibreOffice's help, keyed by page and by the `id` of the paragraph.
package enum LibreOfficeHelp {
  package static let prefix = "libreoffice-help-"

  /// Every paragraph of a language's package: page, id, text; pages in path order.
  package static func paragraphs(
    of package: UnpackedPackage
  ) throws(ToklabError) -> [(page: [UInt8], id: [UInt8], text: [UInt8])] {
    var out: [(page: [UInt8], id: [UInt8], text: [UInt8])] = []
    let base = package.folder + "/usr/share/libreoffice/help"
    for path in FileTree.files(under: base, where: { $0.hasSuffix(".html") }) {
      // LANGUAGE/text/MODULE/…: the page is what follows "text".
      let parts = path.split(separator: "/")
      guard parts.count > 2, parts[1] == "text" else { continue }
      let page = Array(parts[2...].joined(separator: "/").utf8)
      let markup = MarkupText(try FileBytes.read(base + "/" + path))
      for element in markup.elements(named: ["p", "h1", "h2", "h3", "h4", "h5", "h6"]) {
        let isParagraph = element.id.starts(with: "par_id".utf8) || element.id.starts(with: "hd_id".utf8)
        if isParagraph, TextBytes.isValidUTF8(element.text) { out.append((page, element.id, element.text)) }
      }
    }
    return out
  }

  package static func label(of package: UnpackedPackage) -> String {
    LanguageCode.label(package.name.dropFirst(prefix.count))
  }

  /// Paragraphs of four words and more, with the translations in the other packages.
  package static func read(_ packages: [UnpackedPackage]) throws(ToklabError) -> ParallelMessages {
    guard let english = packages.first(where: { $0.name == prefix + "en-us" }) else {
      throw ToklabError("no package \(prefix)en-us", expected: "the English paragraphs")
    }
    var messages = ParallelMessages()
    for paragraph in try paragraphs(of: english) where TextBytes.wordCount(paragraph.text) >= 4 {
      messages.addSource(
        key: paragraph.page + [0] + paragraph.id, document: paragraph.page, text: paragraph.text)
    }
    for package in packages {
      let label = label(of: package)
      if LanguageCode.isVariant(label) { continue }
      for paragraph in try paragraphs(of: package) {
        messages.add(language: label, key: paragraph.page + [0] + paragraph.id, text: paragraph.text)
      }
    }
    return messages
  }
}
