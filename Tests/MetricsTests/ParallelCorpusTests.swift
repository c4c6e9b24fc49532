import Metrics
import Testing

@Suite struct ParallelCorpusTests {
  static func folder(_ files: [(String, String)]) -> ScratchFolder {
    let folder = ScratchFolder()
    for (name, text) in files { folder.write(name, text) }
    return folder
  }

  @Test func loadsLanguagesSortedBytewise() throws {
    let folder = Self.folder([
      ("zul.txt", "a\nb\n"), ("eng.txt", "one\ntwo"), ("Zh.txt", "一\n二\n"),
      ("document_ids.txt", "d1\nd2\n"),
      ("languages.tsv", "code\tname\tscript\neng\tEnglish\tLATIN\nzul\tisiZulu\tLATIN\n"),
      ("README.md", "x"), ("notes.csv", "y"),
    ])
    folder.makeFolder("more.txt")
    let corpus = try ParallelCorpus.load(folder: folder.path)
    #expect(corpus.labels == ["Zh", "eng", "zul"])
    #expect(corpus.listed == corpus.labels)
    #expect(corpus.lineCount == 2)
    #expect(corpus.clusters == [0, 1] && corpus.clusterCount == 2)
    #expect(corpus.language("eng")?.name == "English" && corpus.language("Zh")?.script == nil)
    #expect(corpus.notes.count == 1 && corpus.notes[0].contains("README.md, more.txt, notes.csv"))
    #expect(corpus.language("Zh")?.text.characters == [1, 1])
    #expect(corpus.language("Zh")?.text.byteCount(ofLine: 1) == 3)
  }

  @Test func takesOnlyTheLanguagesAskedFor() throws {
    let folder = Self.folder([("a.txt", "1\n"), ("b.txt", "2\n"), ("c.txt", "3\n3\n")])
    let corpus = try ParallelCorpus.load(folder: folder.path, languages: ["b"], reference: "a")
    #expect(corpus.labels == ["b", "a"] && corpus.listed == ["b"])
    #expect(corpus.clusters == nil)
  }

  @Test func clustersFromAFileOrNone() throws {
    let folder = Self.folder([
      ("a.txt", "1\n2\n3\n"), ("document_ids.txt", "x\nx\nx\n"), ("mine.ids", "p\nq\np\n"),
    ])
    #expect(try ParallelCorpus.load(folder: folder.path).clusters == [0, 0, 0])
    #expect(try ParallelCorpus.load(folder: folder.path, clusters: .none).clusters == nil)
    let own = try ParallelCorpus.load(folder: folder.path, clusters: .file("\(folder.path)/mine.ids"))
    #expect(own.clusters == [0, 1, 0])
  }

  @Test func linesEndAtLineFeedsOnly() throws {
    #expect(try TextLines(Array("a\r\nb\u{2028}c\n\n".utf8)).count == 3)
    #expect(try TextLines(Array("a\r\nb".utf8)).byteCount(ofLine: 0) == 2)
    #expect(try TextLines([]).count == 0)
    #expect(try TextLines([0x0A]).count == 1)
    let marked = Self.folder([("a.txt", "\u{FEFF}x\n")])
    let corpus = try ParallelCorpus.load(folder: marked.path)
    #expect(corpus.languages[0].text.characters == [2])
    #expect(corpus.notes.contains { $0.contains("byte order mark") })
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var files: [(String, String)]
    var languages: [String]?
    var reference: String?
    var file: String
    var says: String
  }

  @Test(arguments: [
    Fault(
      testDescription: "one line short", files: [("a.txt", "1\n2\n"), ("b.txt", "1\n"), ("c.txt", "1\n2\n")],
      file: "b.txt", says: "1 lines; expected 2 lines, as in 2 other files"),
    Fault(
      testDescription: "no language", files: [("languages.tsv", "code\n")], file: "", says: "no language file"
    ),
    Fault(
      testDescription: "reference absent", files: [("a.txt", "1\n")], reference: "eng", file: "eng.txt",
      says: "the reference language has no file"),
    Fault(
      testDescription: "language absent", files: [("a.txt", "1\n")], languages: ["a", "q"], file: "q.txt",
      says: "no such language"),
    Fault(
      testDescription: "language twice", files: [("a.txt", "1\n")], languages: ["a", "a"], file: "",
      says: "named twice"),
    Fault(testDescription: "empty file", files: [("a.txt", "")], file: "a.txt", says: "no lines"),
    Fault(
      testDescription: "cluster ids short", files: [("a.txt", "1\n2\n"), ("document_ids.txt", "x\n")],
      file: "document_ids.txt", says: "1 lines; expected 2"),
    Fault(
      testDescription: "table without header",
      files: [("a.txt", "1\n"), ("languages.tsv", "eng\tEnglish\n")],
      file: "languages.tsv", says: "expected code or file"),
  ]) func oneErrorEach(fault: Fault) throws {
    let folder = Self.folder(fault.files)
    let error = try #require(
      failure { () throws(ToklabError) in
        try ParallelCorpus.load(folder: folder.path, languages: fault.languages, reference: fault.reference)
      })
    #expect(error.description.contains(fault.says), "\(error)")
    if !fault.file.isEmpty { #expect(error.file == "\(folder.path)/\(fault.file)") }
  }

  @Test func notUTF8NamesTheLine() throws {
    let folder = Self.folder([("a.txt", "x\ny\n")])
    folder.write("b.txt", [0x61, 0x0A, 0x62, 0xC3, 0x0A])
    let error = try #require(
      failure { () throws(ToklabError) in try ParallelCorpus.load(folder: folder.path) })
    #expect(error.file == "\(folder.path)/b.txt" && error.position == .line(2))
    #expect(error.found.contains("byte 3"))
    let absent = failure { () throws(ToklabError) in try ParallelCorpus.load(folder: folder.path + "/none") }
    #expect(absent?.file == folder.path + "/none")
  }

  @Test(arguments: [1, 2, 7]) func countingIsTheSameForAnyThreads(threads: Int) throws {
    let lines = (0..<700).map { "line \($0 * 7919 % 613)" }.joined(separator: "\n")
    let folder = Self.folder([("a.txt", lines), ("b.txt", lines.replacing("line", with: "ligne"))])
    let corpus = try ParallelCorpus.load(folder: folder.path)
    let counts = try corpus.count(threads: threads) { () throws(ToklabError) in
      { line throws(ToklabError) in LineTally(tokens: line.count / 2, unknown: line.count % 2) }
    }
    let alone = try corpus.count(threads: 1) { () throws(ToklabError) in
      { line throws(ToklabError) in LineTally(tokens: line.count / 2, unknown: line.count % 2) }
    }
    #expect(counts == alone)
    #expect(counts[0].tokens[0] == 3 && counts[1].label == "b")
  }

  @Test(arguments: [1, 4]) func aFailingCounterNamesFileAndLine(threads: Int) throws {
    let folder = Self.folder([("a.txt", "1\n2\nbad\nbad\n"), ("b.txt", "1\nbad\n3\n4\n")])
    let corpus = try ParallelCorpus.load(folder: folder.path)
    let error = failure { () throws(ToklabError) in
      try corpus.count(threads: threads) { () throws(ToklabError) in
        { line throws(ToklabError) in
          if line.count == 3 { throw ToklabError("cannot encode") }
          return LineTally(tokens: 1, unknown: 0)
        }
      }
    }
    #expect(error?.file == "\(folder.path)/a.txt" && error?.position == .line(3))
  }
}
