import Tokenizers

/// Turns unpacked Debian packages into a corpus folder.
public enum CorpusPreparation {
  /// Writes the corpus of a recipe to `folder`.
  ///
  /// The same packages give the same bytes. Nothing is read but the packages; nothing is downloaded here.
  /// - Parameters:
  ///   - descriptions: apt's list of English package descriptions, for recipes that use it.
  ///   - languages: for a parallel corpus another number of languages than the recipe's.
  ///   - decompress: the content of an xz or lzma file, for recipes that have such files.
  ///   - progress: told what is being read.
  /// - Throws: ``ToklabError`` when a package is not as expected or the folder cannot be written.
  public static func run(
    _ recipe: CorpusRecipe, packages: [UnpackedPackage], descriptions: [UInt8]?, languages: Int?,
    into folder: String,
    decompress: (String) throws(ToklabError) -> [UInt8] = CorpusPreparation.nothingPacked,
    progress: (String) -> Void
  ) throws(ToklabError) {
    let out = try CorpusFolder(at: folder)
    var manifest = CorpusManifest(
      name: recipe.name, kind: recipe.kind, title: recipe.title, licence: recipe.licence)
    manifest.packages = packages.sorted { $0.name < $1.name }
    switch recipe.name {
    case "mediawiki":
      progress("reading the messages of mediawiki")
      guard let package = packages.first else { throw missing(recipe) }
      manifest.languages = try parallel(
        MediaWikiMessages.read(package), languages ?? recipe.languageCount, out)
    case "libreoffice-help":
      progress("reading LibreOffice's help")
      manifest.languages = try parallel(
        LibreOfficeHelp.read(packages), languages ?? recipe.languageCount, out)
    case "english":
      manifest.languages = try english(packages, descriptions, out, progress)
    case "multilingual":
      manifest.languages = try multilingual(packages, limit: recipe.limit ?? 100_000_000, out, progress)
    case "code":
      manifest.languages = try code(packages, out, progress)
    case "lexicons":
      progress("reading dictionaries")
      manifest.languages = try WordForms.write(packages, to: out, decompress: decompress)
    default: throw ToklabError("\"\(recipe.name)\" is a recipe this build cannot follow")
    }
    try out.add("languages.tsv", languageTable(manifest.languages))
    try out.finish(manifest)
  }

  /// For recipes without packed files.
  public static func nothingPacked(_ path: String) throws(ToklabError) -> [UInt8] {
    throw ToklabError(file: path, "a packed file", expected: "a recipe that says how to unpack it")
  }

  /// Writes the built-in parallel sample.
  public static func writeSample(to out: CorpusFolder) throws(ToklabError) {
    var manifest = CorpusManifest(
      name: "sample", kind: .parallel, title: "toklab's own parallel sample", licence: "CC0-1.0")
    for (path, bytes) in try EmbeddedFiles.sample() where path != CorpusManifest.fileName {
      try out.add(path, bytes)
      guard path == "languages.tsv" else { continue }
      for line in TextBytes.lines(bytes).dropFirst() {
        let fields = line.split(separator: 0x09).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 3 else { continue }
        manifest.languages.append(.init(code: fields[0], name: fields[1], script: fields[2]))
      }
    }
    try out.finish(manifest)
  }

  private static func missing(_ recipe: CorpusRecipe) -> ToklabError {
    ToklabError("no package for the corpus \(recipe.name)", advice: "see 'toklab corpus list'")
  }

  private static func languageTable(_ languages: [CorpusManifest.Language]) -> [UInt8] {
    var lines = ["code\tname\tscript"]
    lines += languages.map { "\($0.code)\t\($0.name)\t\($0.script)" }
    return TextBytes.joined(lines.map { Array($0.utf8) })
  }

  private static func language(_ label: String, _ text: [UInt8]) -> CorpusManifest.Language {
    CorpusManifest.Language(
      code: label, name: LanguageCode.name(label), script: LanguageCode.script(of: text))
  }

  // MARK: Parallel

  /// The lines that the chosen languages have in common stand in the folder itself; every language with
  /// enough lines has a folder `pairs/LANGUAGE` with all its lines and their English.
  private static func parallel(
    _ messages: ParallelMessages, _ count: Int, _ out: CorpusFolder
  ) throws(ToklabError) -> [CorpusManifest.Language] {
    let selection = messages.common(languages: count)
    guard !selection.messages.isEmpty else {
      throw ToklabError(
        "no message is there in all \(selection.languages.count) languages",
        advice: "choose fewer with --languages")
    }
    var languages = [try write(LanguageCode.english, selection.messages.map { messages.source[$0] }, "", out)]
    for label in selection.languages {
      let all = messages.translations[label]!
      languages.append(try write(label, selection.messages.map { all[$0]! }, "", out))
    }
    try out.add("document_ids.txt", TextBytes.joined(selection.messages.map { messages.documents[$0] }))
    for label in messages.translations.keys.sorted() {
      let all = messages.translations[label]!
      let numbers = all.indices.filter { all[$0] != nil }
      guard numbers.count >= minimumPair else { continue }
      let folder = "pairs/\(label)/"
      _ = try write(LanguageCode.english, numbers.map { messages.source[$0] }, folder, out)
      let other = try write(label, numbers.map { all[$0]! }, folder, out)
      try out.add(folder + "document_ids.txt", TextBytes.joined(numbers.map { messages.documents[$0] }))
      if !selection.languages.contains(label) { languages.append(other) }
    }
    return languages
  }

  /// Fewer lines than this are too few for a premium.
  private static let minimumPair = 500

  private static func write(
    _ label: String, _ lines: [[UInt8]], _ folder: String, _ out: CorpusFolder
  ) throws(ToklabError) -> CorpusManifest.Language {
    let text = TextBytes.joined(lines)
    try out.add(folder + label + ".txt", text)
    return language(label, text)
  }

  // MARK: Text

  /// One file a package; a document that was there before, byte for byte, is left out.
  private static func english(
    _ packages: [UnpackedPackage], _ descriptions: [UInt8]?, _ out: CorpusFolder, _ progress: (String) -> Void
  ) throws(ToklabError) -> [CorpusManifest.Language] {
    var seen: Set<String> = []
    func isNew(_ document: [UInt8]) -> Bool { seen.insert(SHA256.hex(document)).inserted }
    var sample: [UInt8] = []
    for package in packages.sorted(by: { $0.name < $1.name }) {
      progress("reading \(package.name)")
      var text: [UInt8] = []
      try EnglishText.documents(of: package) { document in
        if isNew(document) { text += document }
      }
      if !text.isEmpty { try out.add(package.name + ".txt", text) }
      if sample.count < 100_000 { sample += text.prefix(100_000) }
    }
    if let descriptions {
      progress("reading package descriptions")
      var text: [UInt8] = []
      try EnglishText.packageDescriptions(descriptions) { document in
        if isNew(document) { text += document }
      }
      try out.add("package-descriptions.txt", text)
    }
    return [language(LanguageCode.english, sample)]
  }

  /// One file a programming language.
  private static func code(
    _ packages: [UnpackedPackage], _ out: CorpusFolder, _ progress: (String) -> Void
  ) throws(ToklabError) -> [CorpusManifest.Language] {
    var collection = SourceCode()
    for package in packages.sorted(by: { $0.name < $1.name }) {
      progress("reading \(package.name)")
      try collection.add(package)
    }
    var languages: [CorpusManifest.Language] = []
    for (label, name, text) in collection.texts(minimum: 20_000) {
      try out.add(label + ".txt", text)
      languages.append(CorpusManifest.Language(code: label, name: name, script: "Latn"))
    }
    return languages
  }

  /// One file a language, all cut to the same largest share that fits the limit.
  private static func multilingual(
    _ packages: [UnpackedPackage], limit: Int, _ out: CorpusFolder, _ progress: (String) -> Void
  ) throws(ToklabError) -> [CorpusManifest.Language] {
    var collection = MultilingualText(room: 6_000_000)
    progress("reading \(packages.count) packages")
    try collection.add(packages)
    var languages: [CorpusManifest.Language] = []
    for (label, text) in collection.texts(limit: limit, minimum: 20_000) {
      try out.add(label + ".txt", text)
      languages.append(language(label, text))
    }
    return languages
  }
}
