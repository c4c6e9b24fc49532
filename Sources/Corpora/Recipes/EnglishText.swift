import Tokenizers

/// English documents out of Debian's documentation packages: manuals, dictionaries, an encyclopedia of
/// political thought, programming references, package descriptions.
package enum EnglishText {
  /// Hands every document of a package to `body`, in path order; each ends with LF.
  package static func documents(
    of package: UnpackedPackage, _ body: ([UInt8]) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let root = package.folder + "/usr/share"
    switch package.name {
    case let name where name.hasPrefix("dict-"):
      for path in FileTree.files(under: root + "/dictd", where: { $0.hasSuffix(".dict.dz") }) {
        try body(TextBytes.repairingUTF8(try FileBytes.read(root + "/dictd/" + path)))
      }
    case let name where name.hasPrefix("linux-doc-"):
      let isDocument = { (path: String) in
        (path.hasSuffix(".rst") || path.hasSuffix(".rst.gz")) && !path.contains("/translations/")
      }
      for path in FileTree.files(under: root, where: isDocument) {
        try body(TextBytes.repairingUTF8(try FileBytes.read(root + "/" + path)))
      }
    case "perl-doc":
      for path in FileTree.files(under: root, where: { $0.hasSuffix(".pod") }) {
        try lines(ManualText.pod(try FileBytes.read(root + "/" + path)), minimum: 1, body)
      }
    case "manpages", "manpages-dev":
      for path in FileTree.files(under: root + "/man", where: { $0.hasSuffix(".gz") }) {
        try lines(ManualText.roff(try FileBytes.read(root + "/man/" + path)), minimum: 1, body)
      }
    default:
      // Of a manual in several languages the English one.
      let part = package.name == "debian-handbook" ? "/en-US/" : ""
      let isPage = { (path: String) in
        (path.hasSuffix(".html") || path.hasSuffix(".html.gz")) && (part.isEmpty || path.contains(part))
      }
      for path in FileTree.files(under: root, where: isPage) {
        try lines(MarkupText(try FileBytes.read(root + "/" + path)).blockTexts(), minimum: 41, body)
      }
    }
  }

  /// A document of those lines that have at least `minimum` bytes; nothing when there are none.
  private static func lines(
    _ lines: [[UInt8]], minimum: Int, _ body: ([UInt8]) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    let kept = lines.filter { $0.count >= minimum }
    if !kept.isEmpty { try body(TextBytes.repairingUTF8(TextBytes.joined(kept))) }
  }

  /// The long descriptions in apt's list of translated package descriptions.
  package static func packageDescriptions(
    _ list: [UInt8], _ body: ([UInt8]) throws(ToklabError) -> Void
  ) throws(ToklabError) {
    var current: [[UInt8]] = []
    func take() throws(ToklabError) {
      let size = current.reduce(0) { $0 + $1.count }
      if size > 80 { try body(TextBytes.repairingUTF8(TextBytes.joined(current))) }
      current.removeAll()
    }
    for line in TextBytes.lines(list) {
      if line.first == 0x20 {
        guard !current.isEmpty else { continue }
        // " ." is an empty line inside a description.
        let text = line.dropFirst()
        current.append(text.elementsEqual([0x2E]) ? [] : Array(text))
      } else if line.starts(with: "Description-en:".utf8) {
        try take()
        current = [TextBytes.collapsingSpace(line.dropFirst(15))]
      } else if line.isEmpty {
        try take()
      }
    }
    try take()
  }
}
