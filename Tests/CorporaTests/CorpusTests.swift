import Corpora
import Glibc
import TestSupport
import Testing

/// A new empty folder below the system's temporary one, removed with its content afterwards.
private func withFolder(_ body: (String) throws -> Void) rethrows {
  var template = Array("/tmp/toklab-corpora-XXXXXX".utf8CString)
  mkdtemp(&template)
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  defer { TemporaryFiles.remove(folder) }
  try body(folder)
}

private func write(_ path: String, _ text: String) throws {
  try AtomicFile.makeFolder(String(path[..<path.lastIndex(of: "/")!]))
  try AtomicFile.write(path, Array(text.utf8))
}

private func read(_ path: String) throws -> String {
  String(decoding: try FileBytes.read(path), as: UTF8.self)
}

private func package(_ name: String, _ folder: String) -> UnpackedPackage {
  UnpackedPackage(name: name, version: "1", sha256: String(repeating: "0", count: 64), folder: folder)
}

@Suite struct CorpusTests {
  @Test func messagesAreAlignedByKey() throws {
    var messages = ParallelMessages()
    for (key, text) in [("k1", "one"), ("k2", "two"), ("k3", "one"), ("k4", "four")] {
      messages.addSource(key: Array(key.utf8), document: [0x64], text: Array(text.utf8))
    }
    #expect(messages.source.count == 3)  // k3 repeats a text
    for (label, key, text) in [
      ("de", "k1", "eins"), ("de", "k2", "zwei"), ("de", "k4", "vier"), ("tr", "k1", "bir"),
      ("tr", "k2", "two"),
      ("tr", "k4", "dört"), ("xx", "k2", "x"), ("xx", "unknown", "y"), ("xx", "k1", ""),
    ] {
      messages.add(language: label, key: Array(key.utf8), text: Array(text.utf8))
    }
    #expect(messages.sizes() == ["de": 3, "tr": 2, "xx": 1])  // equal to the source, unknown, empty: left out
    let two = messages.common(languages: 2)
    #expect(two.languages == ["de", "tr"])
    #expect(two.messages == [0, 2])
    #expect(messages.common(languages: 3).messages.isEmpty)
  }

  @Test(arguments: [
    ("pt_BR", "por-br"), ("de-DE", "deu"), ("zh_CN", "zho"), ("zh-hant", "zho-hant"),
    ("sr@latin", "srp-latn"),
    ("kk-arab", "kaz-arab"), ("nb-NO", "nob"), ("en-us", "eng"), ("en_GB", "eng-gb"), ("fa-IR", "fas"),
    ("ksh", "ksh"), ("map-bms", "map-bms"),
  ])
  func labelsAreLowerCaseAndKeepWhatMatters(name: String, label: String) {
    #expect(LanguageCode.label(name) == label)
  }

  @Test func scriptsAndNamesComeFromICU() {
    #expect(LanguageCode.script(of: Array("Привет, OK 123".utf8)) == "Cyrl")
    #expect(LanguageCode.script(of: Array("123 …".utf8)) == "Zyyy")
    #expect(LanguageCode.name("tur") == "Turkish")
    #expect(LanguageCode.name("zho-hant").contains("Chinese"))
  }

  @Test func aParallelCorpusIsPreparedFromPackages() throws {
    try withFolder { folder in
      let root = folder + "/mw/usr/share/mediawiki/languages/i18n/"
      let lines = (0..<520).map { "\"k\($0)\": \"This is message number \($0) here\"" }
      let other = (0..<520).map { "\"k\($0)\": \"Bu \($0) numaralı iletidir\"" }
      try write(
        root + "en.json", "{\"@metadata\": {}, \"short\": \"Two words\", \(lines.joined(separator: ","))}")
      try write(
        root + "tr.json",
        "{\"short\": \"İki\", \"k0\": \"[[x]]\", \(other.dropFirst().joined(separator: ","))}")
      try write(root + "qqq.json", "{\"k1\": \"documentation of the message\"}")
      let recipe = try #require(try CorpusRecipe.all().first { $0.name == "mediawiki" })
      let out = folder + "/out"
      try CorpusPreparation.run(
        recipe, packages: [package("mediawiki", folder + "/mw")], descriptions: nil, languages: 1, into: out
      ) { _ in }
      #expect(try read(out + "/tur.txt").hasPrefix("Bu 1 numaralı iletidir\nBu 2 "))
      #expect(try read(out + "/eng.txt").hasPrefix("This is message number 1 here\n"))
      #expect(
        try read(out + "/languages.tsv") == "code\tname\tscript\neng\tEnglish\tLatn\ntur\tTurkish\tLatn\n")
      #expect(try read(out + "/pairs/tur/tur.txt") == read(out + "/tur.txt"))
      #expect(try CorpusManifest.verify(out).differences.isEmpty)

      // The same packages give the same bytes; a folder with content is refused.
      let again = folder + "/again"
      try CorpusPreparation.run(
        recipe, packages: [package("mediawiki", folder + "/mw")], descriptions: nil, languages: 1, into: again
      ) { _ in }
      #expect(try read(out + "/manifest.json") == read(again + "/manifest.json"))
      #expect(throws: ToklabError.self) { _ = try CorpusFolder(at: out) }

      // A changed and a missing file are named.
      try write(out + "/tur.txt", "changed\n")
      unlink(out + "/eng.txt")
      let verdict = try CorpusManifest.verify(out)
      #expect(verdict.differences.map(\.path) == ["eng.txt", "tur.txt"])
    }
  }

  @Test func helpParagraphsAreAlignedByPageAndId() throws {
    try withFolder { folder in
      func page(_ language: String, _ text: String) throws -> UnpackedPackage {
        let name = "libreoffice-help-\(language)"
        let file = "\(folder)/\(name)/usr/share/libreoffice/help/\(language)/text/a/b.html"
        try write(
          file, "<header><p>menu bar of the page</p></header><p id=\"par_id1\">\(text)</p><p id=\"bm\">x</p>")
        return package(name, folder + "/" + name)
      }
      let packages = [
        try page("de", "Das ist ein Absatz."), try page("en-gb", "This is a British paragraph."),
        try page("en-us", "This is a paragraph."), try page("ja", "This is a paragraph."),
      ]
      let messages = try LibreOfficeHelp.read(packages)
      #expect(messages.source.map { String(decoding: $0, as: UTF8.self) } == ["This is a paragraph."])
      #expect(messages.sizes() == ["deu": 1])
      #expect(String(decoding: messages.documents[0], as: UTF8.self) == "a/b.html")
    }
  }

  @Test func anAbandonedFolderLeavesNothing() throws {
    try withFolder { folder in
      do {
        let corpus = try CorpusFolder(at: folder + "/x/y")
        try corpus.add("a/b.txt", [0x61])
      }
      #expect(FileTree.files(under: folder).isEmpty)
    }
  }

  @Test func languagesGetEqualSharesUnderTheLimit() throws {
    try withFolder { folder in
      let root = folder + "/mw/usr/share/i18n/"
      func messages(_ word: String, _ count: Int) -> String {
        "{"
          + (0..<count).map { "\"k\($0)\": \"\(word) \($0) a message of some length\"" }.joined(
            separator: ",") + "}"
      }
      try write(root + "en.json", messages("english", 10))
      try write(root + "aa.json", messages("aaa", 1000))
      try write(root + "bbb.json", messages("bbb", 200))
      try write(root + "ccc.json", messages("english", 10))
      var collection = MultilingualText(room: 1_000_000)
      try collection.add([package("mediawiki", folder + "/mw")])
      let texts = collection.texts(limit: 20_000, minimum: 100)
      #expect(texts.map(\.label) == ["aar", "bbb"])  // ccc is English left untranslated
      #expect(texts.reduce(0) { $0 + $1.text.count } <= 20_000)
      #expect(texts[0].text.count > 13_000)  // what bbb does not use goes to aa
    }
  }

  @Test func codeIsSortedByLanguage() throws {
    try withFolder { folder in
      let root = folder + "/p/usr/share/src/"
      let body = String(repeating: "let x = 1;\n", count: 3000)
      try write(root + "a.rs", body + "// last line without an end")
      try write(root + "b/copy.rs", body + "// last line without an end")
      try write(root + "b/c.rs", body)
      try write(root + "b/large.rs", String(repeating: "x", count: 1 << 18 | 1))
      try write(root + "small.go", "package small\n")
      try write(root + "notes.txt", body)
      let recipe = try #require(try CorpusRecipe.all().first { $0.name == "code" })
      let out = folder + "/out"
      try CorpusPreparation.run(
        recipe, packages: [package("rust-src", folder + "/p")], descriptions: nil, languages: nil, into: out
      ) { _ in }
      #expect(try read(out + "/languages.tsv") == "code\tname\tscript\nrust\tRust\tLatn\n")
      #expect(try read(out + "/rust.txt") == body + "// last line without an end\n" + body)
      #expect(try CorpusManifest.verify(out).differences.isEmpty)
    }
  }

  @Test func embeddedFilesEqualTheFolder() throws {
    let parts = #filePath.split(separator: "/").dropLast(3)
    let root = "/" + parts.joined(separator: "/") + "/Corpora"
    let paths = FileTree.files(under: root) {
      $0.contains("/")
        ? $0.hasSuffix(".txt") || $0.hasSuffix(".tsv") : $0.hasSuffix(".json") || $0 == "byte-premiums.tsv"
    }
    let embedded = try EmbeddedFiles.all()
    #expect(embedded.map(\.path) == paths)
    for (path, bytes) in embedded {
      let same = try FileBytes.readRaw(root + "/" + path) == bytes
      #expect(same, "\(path) differs: run Scripts/embed-corpora.py")
    }
  }

  @Test func recipesAreListed() throws {
    #expect(
      try CorpusRecipe.all().map(\.name) == [
        "code", "english", "lexicons", "libreoffice-help", "mediawiki", "multilingual",
      ])
  }

  @Test(arguments: [
    "{}", "[]", "{\"name\": 1}", "{\"name\": \"x\", \"kind\": \"odd\", \"packages\": []}", "{\"schema\"",
  ])
  func malformedRecipesAndManifestsAreErrors(text: String) throws {
    #expect(throws: ToklabError.self) { try CorpusRecipe.parse(Array(text.utf8)) }
    try withFolder { folder in
      try write(folder + "/manifest.json", text)
      #expect(throws: ToklabError.self) { try CorpusManifest.verify(folder) }
    }
  }

  @Test func aManifestCannotPointOutsideItsFolder() throws {
    try withFolder { folder in
      try write(
        folder + "/manifest.json",
        #"{"schema": "toklab.corpus/1", "name": "x", "files": [{"path": "../x", "sha256": "0"}]}"#)
      #expect(throws: ToklabError.self) { try CorpusManifest.verify(folder) }
    }
  }

  /// "ev" with itself as lemma (cut 0, add nothing), "evler" → "ev" by the value before, "evde" likewise
  /// sharing two bytes, "gitti" → literal "git"; and the same backwards.
  @Test func frontCodedTables() throws {
    func text(_ bytes: [UInt8]) throws -> [String] {
      try FrontCodedTable.forms(bytes).map { String(decoding: $0, as: UTF8.self) }
    }
    let head = Array("SMFC1".utf8)
    let records: [UInt8] =
      [0, 2] + Array("ev".utf8) + [0, 0] + [2, 3] + Array("ler".utf8) + [254] + [2, 2] + Array("de".utf8) + [
        254
      ]
      + [0, 5] + Array("gitti".utf8) + [255, 3] + Array("git".utf8)
    #expect(try text(head + [0, 4] + records) == ["ev", "evde", "evler", "git", "gitti"])
    #expect(try text(head + [1, 1, 0, 2] + Array("ve".utf8) + [0, 0]) == ["ev"])
    for cut in 1..<records.count {
      #expect(throws: ToklabError.self) { try FrontCodedTable.forms(head + [0, 4] + records.dropLast(cut)) }
    }
    #expect(throws: ToklabError.self) { try FrontCodedTable.forms(head + [0, 1, 9, 0, 0, 0]) }
    #expect(throws: ToklabError.self) { try FrontCodedTable.forms(Array("PK".utf8)) }
  }

  /// The recipe on made-up packages: dictionaries as they are, tables as sorted lists.
  @Test func lexiconsFromPackages() throws {
    try withFolder { folder in
      for name in ["cs_CZ", "en_US", "hu_HU", "tr_TR"] {
        try write(folder + "/debs/usr/share/hunspell/\(name).dic", "1\n\(name)\n")
        try write(folder + "/debs/usr/share/hunspell/\(name).aff", "SET UTF-8\n")
      }
      for name in ["cs", "en", "fi", "hu", "tr"] {
        try write(folder + "/wheel/simplemma/data/\(name).plzma", name)
      }
      let packages = ["debs", "wheel"].map {
        UnpackedPackage(name: $0, version: "1", sha256: "0", folder: folder + "/" + $0)
      }
      let recipe = try #require(try CorpusRecipe.all().first { $0.name == "lexicons" })
      #expect(recipe.kind == .lexicon && recipe.pythonPackages == ["simplemma==2.0.0"])
      try CorpusPreparation.run(
        recipe, packages: packages, descriptions: nil, languages: nil, into: folder + "/out",
        decompress: { (path: String) throws(ToklabError) -> [UInt8] in
          Array("SMFC1".utf8) + [0, 1, 0, 2] + (try FileBytes.readRaw(path)) + [0, 0]
        }
      ) { _ in }
      #expect(String(decoding: try FileBytes.readRaw(folder + "/out/fin.txt"), as: UTF8.self) == "fi\n")
      #expect(String(decoding: try FileBytes.readRaw(folder + "/out/tur.dic"), as: UTF8.self) == "1\ntr_TR\n")
      #expect(try CorpusManifest.verify(folder + "/out").differences.isEmpty)
    }
  }
}
