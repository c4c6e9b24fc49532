import Tokenizers

/// Text in as many languages as Debian's translated documentation holds; one growing text per language.
package struct MultilingualText {
  /// No more is collected of one language: enough for any equal share that is asked for.
  private let room: Int
  private var segments: [String: [[UInt8]]] = [:]
  private var seen: [String: Set<[UInt8]>] = [:]
  private var sizes: [String: Int] = [:]
  /// English segments: what equals one of them was left untranslated.
  private var english: Set<[UInt8]> = []

  package init(room: Int) { self.room = room }

  package mutating func add(_ packages: [UnpackedPackage]) throws(ToklabError) {
    // Prose first, so that languages with much text get that and not the messages.
    for package in packages where package.name == "gnome-user-docs" { try addGnomeHelp(package) }
    for package in packages
    where package.name == "debian-handbook" || package.name.hasPrefix("installation-guide-") {
      try addManual(package)
    }
    for package in packages where package.name == "mediawiki" { try addMessages(package) }
    try addHelp(packages.filter { $0.name.hasPrefix(LibreOfficeHelp.prefix) })
  }

  private mutating func add(_ label: String, _ text: [UInt8]) {
    guard !LanguageCode.isVariant(label), sizes[label, default: 0] < room, !english.contains(text),
      TextBytes.isValidUTF8(text), seen[label, default: []].insert(text).inserted
    else { return }
    segments[label, default: []].append(text)
    sizes[label, default: 0] += text.count + 1
  }

  /// GNOME's help: Mallard pages, `usr/share/help/LANGUAGE/…/*.page`, English in `C`.
  private mutating func addGnomeHelp(_ package: UnpackedPackage) throws(ToklabError) {
    let root = package.folder + "/usr/share/help"
    let files = FileTree.files(under: root) { $0.hasSuffix(".page") }
    for isEnglish in [true, false] {
      for path in files where path.hasPrefix("C/") == isEnglish {
        let label = LanguageCode.label(path.prefix { $0 != "/" })
        let markup = MarkupText(try FileBytes.read(root + "/" + path))
        for element in markup.elements(named: ["p", "title", "desc"], skipping: ["info"])
        where element.text.count > 20 {
          if isEnglish { english.insert(element.text) } else { add(label, element.text) }
        }
      }
    }
  }

  /// A manual in HTML with one folder a language: the handbook and the installation guide.
  private mutating func addManual(_ package: UnpackedPackage) throws(ToklabError) {
    let isHandbook = package.name == "debian-handbook"
    let root = package.folder + "/usr/share/doc/" + package.name + (isHandbook ? "/html" : "")
    let files = FileTree.files(under: root) { $0.hasSuffix(".html") || $0.hasSuffix(".html.gz") }
    for isEnglish in [true, false] {
      for path in files where path.hasPrefix("en") == isEnglish {
        let label = LanguageCode.label(path.prefix { $0 != "/" })
        for text in MarkupText(try FileBytes.read(root + "/" + path)).blockTexts() where text.count > 40 {
          if isEnglish { english.insert(text) } else { add(label, text) }
        }
      }
    }
  }

  private mutating func addMessages(_ package: UnpackedPackage) throws(ToklabError) {
    var translated: [(String, [UInt8])] = []
    try MediaWikiMessages.segments(of: package) { label, text in
      guard text.count > 24 else { return }
      if label == LanguageCode.english { english.insert(text) } else { translated.append((label, text)) }
    }
    for (label, text) in translated { add(label, text) }
  }

  private mutating func addHelp(_ packages: [UnpackedPackage]) throws(ToklabError) {
    for package in packages where LibreOfficeHelp.label(of: package) == LanguageCode.english {
      for paragraph in try LibreOfficeHelp.paragraphs(of: package) { english.insert(paragraph.text) }
    }
    for package in packages {
      let label = LibreOfficeHelp.label(of: package)
      for paragraph in try LibreOfficeHelp.paragraphs(of: package) where paragraph.text.count > 30 {
        add(label, paragraph.text)
      }
    }
  }

  /// The texts, every language cut to the same largest share with which all together stay within `limit`.
  /// Languages with less than `minimum` bytes are left out.
  package func texts(limit: Int, minimum: Int) -> [(label: String, text: [UInt8])] {
    let labels = sizes.keys.sorted().filter { sizes[$0]! >= minimum }
    var low = 0
    var high = room
    while low < high {
      let share = (low + high + 1) / 2
      if labels.reduce(0, { $0 + min(share, sizes[$1]!) }) <= limit { low = share } else { high = share - 1 }
    }
    return labels.map { label in
      var text: [UInt8] = []
      for segment in segments[label]! where text.count + segment.count + 1 <= low {
        text += segment
        text.append(0x0A)
      }
      return (label, text)
    }
  }
}
