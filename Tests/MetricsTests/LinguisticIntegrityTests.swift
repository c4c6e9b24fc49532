import Metrics
import Testing

@Suite struct LinguisticIntegrityTests {
  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  static func inventory(
    _ lexicon: [String], suffixes: [String] = [], prefixes: [String] = [], language: String = "tr"
  ) throws -> MorphemeInventory {
    try MorphemeInventory(
      lexicon: lexicon.map(bytes),
      morphemes: suffixes.map { (bytes($0), .suffix) } + prefixes.map { (bytes($0), .prefix) },
      language: language)
  }

  static func measure(_ lines: [[String]], _ inventory: MorphemeInventory, baselines: Bool = false) throws
    -> MetricReport
  {
    try LinguisticIntegrity(bootstrap: Bootstrap(replicates: 100), baselines: baselines).measure(
      LinguisticIntegrity.Input(
        tokenizer: TokenizerIdentity("t"), language: "xx", lines: lines.map { SegmentedLine(pieces: $0) },
        inventory: inventory))
  }

  static func value(_ report: MetricReport, _ name: String) -> Double? {
    report.result(name, "xx", tokenizer: "t")?.value?.double
  }

  /// " ev" and "ev" are one type, and so are İ/i and I/ı pairs in Turkish; in English I is i.
  @Test func canonicalForms() throws {
    let turkish = try Self.inventory(["ışık", "iz"])
    let report = try Self.measure([["IŞIK", " ışık", " İz", " iz", "IZ"]], turkish)
    #expect(report.result("lexical_pct", "xx")?.n == 3)
    #expect(near(Self.value(report, "lexical_pct"), 100 * 2.0 / 3))
    #expect(near(Self.value(report, "lexical_pct_occurrences"), 80))
    let english = try Self.inventory(["iz"], language: "en")
    #expect(Self.value(try Self.measure([["IZ"]], english), "lexical_pct") == 100)
    // NFD text finds the NFC form.
    #expect(
      Self.value(try Self.measure([["is\u{327}ik"]], try Self.inventory(["işik"])), "lexical_pct") == 100)
  }

  @Test func whitespaceIsLeftOutAndBrokenBytesAreInvalid() throws {
    let inventory = try Self.inventory(["ev"])
    var line = SegmentedLine(pieces: ["ev", " ", "\n", "é"])
    line.tokens.removeLast()
    let start = line.text.count - 2
    line.tokens += [SegmentedLine.Token(start..<start + 1), SegmentedLine.Token(start + 1..<start + 2)]
    line.tokens.append(SegmentedLine.Token(0..<2, isUnknown: true))
    let report = try LinguisticIntegrity(bootstrap: .off, baselines: false).measure(
      LinguisticIntegrity.Input(
        tokenizer: TokenizerIdentity("t"), language: "xx", lines: [line], inventory: inventory))
    // Types: ev, two broken bytes, unknown.
    #expect(report.result("lexical_pct", "xx")?.n == 4)
    #expect(Self.value(report, "lexical_pct") == 25)
    #expect(Self.value(report, "lexical_pct_alphabetic") == 100)
  }

  /// göz|lük|çü: gözlük is a word of the lexicon and divisible, so valid but not pure.
  @Test func purity() throws {
    let inventory = try Self.inventory(["göz", "gözlük", "lük"], suffixes: ["lük", "çü"], prefixes: ["ön"])
    #expect(inventory.isDivisible(Self.bytes("gözlük")) && inventory.isDivisible(Self.bytes("gözlükçü")))
    #expect(inventory.isDivisible(Self.bytes("önlük")))
    #expect(!inventory.isDivisible(Self.bytes("göz")) && !inventory.isDivisible(Self.bytes("çügöz")))
    let report = try Self.measure([["gözlük", "çü", " göz"]], inventory)
    #expect(near(Self.value(report, "lexical_pct"), 100))
    #expect(near(Self.value(report, "pure_pct"), 100 * 2.0 / 3))
  }

  /// The same piece counts strictly only where it is a member of a division of its word.
  @Test func strictnessLooksAtThePlace() throws {
    let inventory = try Self.inventory(["ev", "kedi"], suffixes: ["ler", "de", "i"])
    let good = try Self.measure([["ev", "ler", "de"]], inventory)
    #expect(Self.value(good, "strict_lexical_pct") == 100)
    // "de" begins no word here, "ev" ends none.
    let bad = try Self.measure([["de", "ev"]], inventory)
    #expect(Self.value(bad, "lexical_pct") == 100 && Self.value(bad, "strict_lexical_pct") == 0)
    // ked|i: i is a suffix, but ked is nothing, so kedi has no division with that boundary.
    let split = try Self.measure([["ked", "i"]], inventory)
    #expect(Self.value(split, "lexical_pct") == 50 && Self.value(split, "strict_lexical_pct") == 0)
    // Case changes lengths (İ is two bytes, i one): offsets still meet.
    let upper = try Self.measure([["KEDİ", " EV", "LER", "DE"]], inventory)
    #expect(Self.value(upper, "strict_lexical_pct") == 100)
  }

  /// A tokenizer of single letters must not win the strict scores.
  @Test func charactersDoNotWin() throws {
    let inventory = try Self.inventory(
      ["ev", "okul", "kedi", "o"], suffixes: ["ler", "lar", "de", "da", "i", "ı", "e", "a", "n", "m"])
    let words = [
      ["ev", "ler", "de"], ["okul", "lar", "ı"], ["kedi", "ler", "i", "n"], [" o"], ["ev", "de"],
    ]
    let report = try Self.measure(words, inventory, baselines: true)
    let own = Self.value(report, "strict_lexical_pct")!
    let letters = report.result("strict_lexical_pct", "xx", tokenizer: "baseline:characters")!.value!.double
    let random = report.result("strict_lexical_pct", "xx", tokenizer: "baseline:random")!.value!.double
    #expect(own == 100 && letters < 60 && random < own)
    #expect(report.results.count == 36)
  }

  @Test func randomSegmentationKeepsTheLengths() {
    let line = SegmentedLine(pieces: ["ğüş", "a", "bcde", "f", " iç"])
    let cut = SegmentationBaselines.random([line], seed: 1)[0]
    func lengths(_ line: SegmentedLine) -> [Int] {
      line.tokens.map { String(decoding: line.text[$0.range], as: UTF8.self).unicodeScalars.count }.sorted()
    }
    #expect(lengths(cut) == lengths(line) && cut.tokens.last?.range.upperBound == line.text.count)
    #expect(cut == SegmentationBaselines.random([line], seed: 1)[0])
    #expect(SegmentationBaselines.random([SegmentedLine([], tokens: [])], seed: 1)[0].tokens.isEmpty)
    #expect(SegmentationBaselines.characters([line])[0].tokens.count == 12)
  }

  @Test func emptyTextIsNull() throws {
    let report = try Self.measure([[" "], []], try Self.inventory(["a"]))
    #expect(report.results.count == 12)
    for row in report.results { #expect(row.value == nil && row.nullReason != nil && row.n == 0) }
    let none = try Self.measure([], try Self.inventory(["a"]))
    #expect(none.results.allSatisfy { $0.value == nil })
  }

  @Test func lineOrderLeavesNoTrace() throws {
    let inventory = try Self.inventory(["ev", "kedi"], suffixes: ["ler", "de", "i"])
    let lines = [["ev", "ler"], ["ked", "i"], [" evd", "e"], ["kedi", "ler", "i"], ["x", "y"]]
    let straight = try Self.measure(lines, inventory, baselines: true)
    #expect(
      fingerprint(straight) == fingerprint(try Self.measure(lines.reversed(), inventory, baselines: true)))
  }

  @Test func aRangeOutsideTheTextIsAnError() throws {
    let line = SegmentedLine(Self.bytes("ab"), tokens: [SegmentedLine.Token(1..<5)])
    #expect(throws: ToklabError.self) {
      try LinguisticIntegrity(bootstrap: .off).measure(
        LinguisticIntegrity.Input(
          tokenizer: TokenizerIdentity("t"), language: "xx", lines: [line],
          inventory: try Self.inventory(["a"])))
    }
  }
}

@Suite struct LexiconFileTests {
  @Test func readsListsJSONAndMorphemes() throws {
    let folder = ScratchFolder()
    folder.write("a.txt", "ev\r\n\nkedi \n")
    folder.write("b.json", #"{" ev": 1, "kök": {"x": 2}, " ": 3}"#)
    folder.write("m.tsv", "# comment\nler\tsuffix\nön\tprefix\ngöz\troot\n")
    func text(_ forms: [[UInt8]]) -> [String] { forms.map { String(decoding: $0, as: UTF8.self) } }
    #expect(text(try LexiconFile.readLexicon(folder.path + "/a.txt")) == ["ev", "kedi"])
    #expect(text(try LexiconFile.readLexicon(folder.path + "/b.json")) == ["ev", "kök"])
    let morphemes = try LexiconFile.readMorphemes(folder.path + "/m.tsv")
    #expect(morphemes.map(\.kind) == [.suffix, .prefix, .root])
  }

  /// hunspell(5)'s example: try/B, work/AB with PFX A re-, SFX B -ed (y → ied) and cross product.
  @Test func expandsHunspellRules() throws {
    let folder = ScratchFolder()
    folder.write(
      "en.aff",
      """
      SET UTF-8
      PFX A Y 1
      PFX A 0 re .

      SFX B Y 2
      SFX B 0 ed [^y]
      SFX B y ied y
      SFX C N 1
      SFX C 0 ness/B .
      FORBIDDENWORD !
      NEEDAFFIX ?
      """)
    folder.write("en.dic", "6\nhello\ntry/B\nwork/AB\nbad/!\nstem/?B\nkind/C\n")
    let forms = Set(
      try LexiconFile.readLexicon(folder.path + "/en.dic").map { String(decoding: $0, as: UTF8.self) })
    #expect(
      forms == [
        "hello", "try", "tried", "work", "worked", "rework", "reworked", "stemed", "kind", "kindness",
        "kindnessed",
      ])
  }

  @Test func flagKindsAndAliases() throws {
    let long = try HunspellAffixes(TextLines(Array("FLAG long\nSFX Aa Y 1\nSFX Aa 0 s .\n".utf8)))
    #expect(try long.expand(dictionary: TextLines(Array("1\ncat/Aa\n".utf8))).count == 2)
    let numbers = try HunspellAffixes(
      TextLines(Array("FLAG num\nAF 1\nAF 10,20\nSFX 20 Y 1\nSFX 20 0 s .\n".utf8)))
    #expect(try numbers.expand(dictionary: TextLines(Array("1\ncat/1\n".utf8))).count == 2)
  }

  @Test(arguments: [
    ("x.txt", "\n", "no forms"), ("x.json", "{\"a\": ", "x.json"), ("x.json", "{\"a\" 1}", "x.json"),
  ]) func badListsAreNamed(name: String, text: String, says: String) throws {
    let folder = ScratchFolder()
    folder.write(name, text)
    let error = try #require(
      failure { () throws(ToklabError) in try LexiconFile.readLexicon(folder.path + "/" + name) })
    #expect(error.file == folder.path + "/" + name && error.description.contains(says))
  }

  @Test(arguments: [
    ("ler\n", "no class"), ("ler\tinfix\n", "class \"infix\""), ("\troot\n", "an empty form"),
    ("", "no morphemes"),
  ])
  func badMorphemesAreNamed(text: String, says: String) throws {
    let folder = ScratchFolder()
    folder.write("m.tsv", text)
    let error = try #require(
      failure { () throws(ToklabError) in try LexiconFile.readMorphemes(folder.path + "/m.tsv") })
    #expect(error.description.contains(says), "\(error)")
  }

  /// Czech in ISO 8859-2, as older dictionaries are; and bytes or names of encodings that are none.
  @Test func olderEncodingsAreConverted() throws {
    let folder = ScratchFolder()
    folder.write("cs.aff", "SET ISO8859-2\nSFX A Y 1\nSFX A 0 y .\n")
    // žena/A, in ISO 8859-2 0xBE is ž.
    folder.write("cs.dic", [0x31, 0x0A, 0xBE, 0x65, 0x6E, 0x2F, 0x41, 0x0A])
    let forms = try LexiconFile.readLexicon(folder.path + "/cs.dic")
    #expect(forms == [Array("žen".utf8), Array("ženy".utf8)])
    folder.write("cs.aff", "SET NONE-8\n")
    let error = try #require(
      failure { () throws(ToklabError) in try LexiconFile.readLexicon(folder.path + "/cs.dic") })
    #expect(error.description.contains("encoding NONE-8"), "\(error)")
  }

  /// UniMorph (lemma, form, features) and MorphyNet (derivations with affix and class; inflections with
  /// segments), as lexicons, as morphemes and as gold segmentations.
  @Test func readsUniMorphAndMorphyNet() throws {
    let folder = ScratchFolder()
    folder.write("uni.tsv", "ev\tevler\tN;PL\nev\tevde\tN;LOC\n")
    folder.write("der.tsv", "adria\tadriai\tN\tJ\ti\tsuffix\nmű\talmű\tN\tN\tal\tprefix\n")
    folder.write("inf.tsv", "аав\tааваас\tN|ABL;SG\tаав|аас\n")
    func text(_ forms: [[UInt8]]) -> [String] { forms.map { String(decoding: $0, as: UTF8.self) } }
    func lexicon(_ name: String) throws -> [String] {
      text(try LexiconFile.readLexicon("\(folder.path)/\(name)"))
    }
    #expect(try lexicon("uni.tsv") == ["ev", "evler", "ev", "evde"])
    #expect(try lexicon("der.tsv") == ["adria", "adriai", "mű", "almű"])
    let derived = try LexiconFile.readMorphemes(folder.path + "/der.tsv")
    #expect(text(derived.map(\.form)) == ["i", "al"] && derived.map(\.kind) == [.suffix, .prefix])
    let inflected = try LexiconFile.readMorphemes(folder.path + "/inf.tsv")
    #expect(text(inflected.map(\.form)) == ["аав", "аас"] && inflected.map(\.kind) == [.root, .suffix])
    let gold = try GoldSegmentations(file: folder.path + "/inf.tsv")
    #expect(gold.items[0].boundaries == [6] && gold.items[0].category == "N|ABL;SG")
  }

  @Test func sourcesMixFilesOfAnyKind() throws {
    let folder = ScratchFolder()
    folder.write("roots.json", #"{"ev": 1, "at": 2}"#)
    folder.write("suffixes.json", #"{"ler": 1, "de": 2}"#)
    folder.write("more.tsv", "ön\tprefix\n")
    let source = try LexiconSource(
      lexicons: [folder.path + "/roots.json"],
      morphemes: ["suffix=\(folder.path)/suffixes.json", folder.path + "/more.tsv"], language: "tr")
    #expect(source.inventory.count == 5 && source.files.count == 3 && source.notes.isEmpty)
    #expect(source.inventory.kinds(Array("ler".utf8)) == .suffix)
    let alone = try LexiconSource(lexicons: [folder.path + "/roots.json"], morphemes: [], language: "tr")
    #expect(alone.notes.count == 1)
    #expect(
      failure { () throws(ToklabError) in
        try LexiconSource(lexicons: [folder.path + "/absent"], morphemes: [], language: "tr")
      }?.file == folder.path + "/absent")
  }

  /// What libhunspell knows and no list holds: compounds; and names, by their capital.
  @Test func dictionariesAreAsked() throws {
    let folder = ScratchFolder()
    folder.write("tr.aff", "SET UTF-8\nCOMPOUNDMIN 2\nCOMPOUNDFLAG C\nSFX A Y 1\nSFX A 0 ler .\n")
    folder.write("tr.dic", "3\nev/AC\nkapı/C\nİzmir\n")
    let path = folder.path + "/tr.dic"
    let dictionary = try HunspellDictionary(path)
    func knows(_ word: String) -> Bool { dictionary.contains(Array(word.utf8)) }
    #expect(knows("evler") && knows("evkapı") && knows("İzmir") && !knows("izmir") && !knows("xyz"))
    #expect(
      !dictionary.contains([]) && !dictionary.contains([0x65, 0, 0x76]) && !dictionary.contains([0xFF]))
    let source = try LexiconSource(lexicons: [path], morphemes: [], language: "tr")
    #expect(source.files == [path, folder.path + "/tr.aff"])
    // In the trie: ev, evler, kapı, izmir.
    #expect(source.inventory.count == 4)
    #expect(source.inventory.kinds(Array("evkapı".utf8)).isEmpty)
    #expect(source.inventory.kindsOfWord(Array("evkapı".utf8)) == .lexicon)
    #expect(source.inventory.kindsOfWord(Array("izmirx".utf8)).isEmpty)
    #expect(LocaleText.capitalized(Array("izmir".utf8), locale: "tr") == Array("İzmir".utf8))
    #expect(LocaleText.capitalized(Array("izmir".utf8), locale: "en") == Array("Izmir".utf8))
    let report = try LinguisticIntegrity(bootstrap: .off, baselines: false).measure(
      LinguisticIntegrity.Input(
        tokenizer: TokenizerIdentity("t"), language: "tr", lines: [SegmentedLine(pieces: ["evkapı", " x"])],
        inventory: source.inventory))
    #expect(report.result("lexical_pct", "tr")?.value == .real(50))
    #expect(report.result("strict_lexical_pct", "tr")?.value == .real(50))
    #expect(
      failure { () throws(ToklabError) in try HunspellDictionary(folder.path + "/no.dic") }?.file
        == folder.path + "/no.dic")
  }
}
