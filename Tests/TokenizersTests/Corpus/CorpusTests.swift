import Glibc
import Testing
import TestSupport
import Tokenizers

@Suite struct CorpusTests {
  /// A folder of its own, removed with the value.
  final class Folder {
    let path: String

    init() {
      var template = Array("/tmp/toklab-corpus-XXXXXX".utf8CString)
      path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit { Self.remove(path) }

    static func remove(_ path: String) {
      if let handle = opendir(path) {
        while let entry = readdir(handle) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          if name != "." && name != ".." { remove(path + "/" + name) }
        }
        closedir(handle)
        rmdir(path)
      } else {
        unlink(path)
      }
    }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) -> String {
      var folder = path
      for part in name.split(separator: "/").dropLast() {
        folder += "/" + part
        mkdir(folder, 0o755)
      }
      let file = path + "/" + name
      let handle = fopen(file, "w")!
      fwrite(bytes, 1, bytes.count, handle)
      fclose(handle)
      return file
    }

    @discardableResult
    func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }
  }

  static func counts(_ corpus: Corpus, threads: Int = 1) throws -> PreTokenCounts {
    try PreTokenCounts(corpus, cutBy: .words, run: TrainingRun(threads: threads))
  }

  static func list(_ counts: PreTokenCounts) -> [String: Int64] {
    var result: [String: Int64] = [:]
    for index in counts.indices {
      result[String(decoding: counts[index].bytes, as: UTF8.self)] = counts[index].count
    }
    return result
  }

  static func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func countsLinesWithTheirFeeds() throws {
    let counts = try Self.counts(Corpus(text: "a b\nb a\n\n b"))
    #expect(Self.list(counts) == ["a": 1, " b\n": 1, "b": 1, " a\n": 1, "\n": 1, " b": 1])
    #expect(counts.textBytes == 11)
    #expect(counts.occurrences == 6)
  }

  @Test func sortsByBytes() throws {
    let counts = try Self.counts(Corpus(text: "b é a ab a\u{0}"))
    #expect(
      counts.indices.map { Array(counts[$0].bytes) }
        == [" a\0", " a", " ab", " é", "b"].map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    )
  }

  @Test(arguments: [1, 2, 7])
  func threadsAndOrderLeaveNoTrace(threads: Int) throws {
    var random = RandomText(seed: 11).random
    // Keys of every length around the inline limit, in several blocks.
    let lines = (0..<60_000).map { _ in
      (0..<Int.random(in: 1...8, using: &random)).map { _ in
        String(
          repeating: "xyzé".randomElement(using: &random)!, count: Int.random(in: 1...21, using: &random))
      }.joined(separator: " ") + "\n"
    }
    let folder = Folder()
    folder.write("one.txt", lines.prefix(20_000).joined())
    folder.write("sub/two.txt", lines.dropFirst(20_000).joined())
    folder.write("three.txt", lines.shuffled(using: &random).joined())
    let expected = try Self.counts(Corpus(text: lines.joined()))
    #expect(try Self.counts(Corpus(inputs: [folder.path + "/three.txt"]), threads: threads) == expected)
    #expect(
      try Self.counts(
        Corpus(inputs: [folder.path + "/sub", folder.path + "/one.txt"]), threads: threads) == expected)
    var naive: [String: Int64] = [:]
    for line in lines {
      var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      for index in words.indices.dropFirst() { words[index] = " " + words[index] }
      for word in words { naive[word, default: 0] += 1 }
    }
    #expect(Self.list(expected) == naive)
  }

  @Test func readsFoldersSortedAndOnlyText() throws {
    let folder = Folder()
    folder.write("b.txt", "b\n")
    folder.write("a/c.txt", "c\n")
    folder.write("a.txt", "a\n")
    folder.write("notes.md", "no\n")
    symlink(folder.path, folder.path + "/a/loop")
    let corpus = try Corpus(inputs: [folder.path + "/"])
    #expect(
      corpus.sources.flatMap(\.files).map { String($0.path.dropFirst(folder.path.count + 1)) } == [
        "a.txt", "a/c.txt", "b.txt",
      ])
    #expect(Self.list(try Self.counts(corpus)) == ["a\n": 1, "b\n": 1, "c\n": 1])
  }

  @Test func readsJSONLines() throws {
    let folder = Folder()
    let file = folder.write(
      "x.jsonl",
      #"{"id": 1, "text": "a b\nc"}"# + "\n\n" + #"{"text": "\u00e9 \ud83d\ude00", "other": {"text": 3}}"#)
    #expect(
      Self.list(try Self.counts(Corpus(inputs: [file]))) == ["a": 1, " b\n": 1, "c": 1, "é": 1, " 😀": 1])
    let other = folder.write("y.txt", #"{"body": "q"}"#)
    let options = Corpus.Options(format: .jsonLines, jsonField: "body")
    #expect(Self.list(try Self.counts(Corpus(inputs: [other], options: options))) == ["q": 1])
    #expect(
      Self.message { _ = try Self.counts(Corpus(inputs: [file], options: options)) }
        .hasPrefix(
          "\(file): byte 0: an object without \"body\"; expected a JSON object with a string \"body\""))
    let bad = folder.write("z.jsonl", #"{"text": "ok"}"# + "\n" + #"{"text": 5}"#)
    #expect(
      Self.message { _ = try Self.counts(Corpus(inputs: [bad])) }.hasPrefix(
        "\(bad): byte 15: a \"text\" that is no string"))
    let broken = folder.write("w.jsonl", #"{"text": "ok"}"# + "\n" + #"{"text": "#)
    #expect(Self.message { _ = try Self.counts(Corpus(inputs: [broken])) }.hasPrefix("\(broken): byte 24: "))
  }

  @Test(arguments: [1, 3])
  func namesTheByteThatIsNotUTF8(threads: Int) throws {
    let folder = Folder()
    var bytes = Array(String(repeating: "some words here\n", count: 200_000).utf8)
    bytes[2_000_001] = 0xFF
    bytes[3_000_000] = 0xC0
    let file = folder.write("bad.txt", bytes)
    #expect(
      Self.message { _ = try Self.counts(Corpus(inputs: [file]), threads: threads) }
        == "\(file): byte 2000001: not UTF-8 (byte 0xff); expected UTF-8 text; convert the file to UTF-8, or leave it out"
    )
  }

  @Test func refusesInputThatIsNotThere() throws {
    let folder = Folder()
    let empty = folder.write("empty.txt", "")
    #expect(Self.message { _ = try Corpus(inputs: []) }.hasPrefix("no input; expected files"))
    #expect(
      Self.message { _ = try Corpus(inputs: ["/nonexistent/x"]) }
        == "/nonexistent/x: cannot be opened: No such file or directory")
    #expect(Self.message { _ = try Corpus(inputs: ["-", "-"]) }.hasPrefix("standard input is named twice"))
    folder.write("only/x.md", "a")
    #expect(
      Self.message { _ = try Corpus(inputs: [folder.path + "/only"]) }.hasPrefix(
        "\(folder.path)/only: the folder holds no text"))
    #expect(
      Self.message { _ = try Self.counts(Corpus(inputs: [empty])) }.hasPrefix("the corpus holds no text"))
  }

  @Test func longLinesSpanBlocks() throws {
    let text = String(repeating: "word ", count: 700_000) + "\n" + "tail"
    let counts = try Self.counts(Corpus(text: text), threads: 2)
    #expect(Self.list(counts) == ["word": 1, " word": 699_999, " \n": 1, "tail": 1])
  }

  // MARK: - Weights and balance

  @Test func weightsMultiplyCounts() throws {
    let folder = Folder()
    folder.write("a.txt", "x x x y")
    folder.write("b/c.txt", "y z")
    folder.write("b/d.txt", "q")
    let weights = try SourceWeights(
      parsing: Array("# weights\n\(folder.path)/b\t2.5\n\(folder.path)/b/d.txt\t0\n".utf8), file: "w.tsv")
    let corpus = try Corpus(inputs: [folder.path], options: .init(weights: weights))
    // y: 2.5 → 3 (halves up); " y" of a.txt stays 1; " z": 2.5 → 3.
    #expect(Self.list(try Self.counts(corpus)) == ["x": 1, " x": 2, " y": 1, "y": 3, " z": 3])
  }

  @Test func sumsBeforeRounding() throws {
    let folder = Folder()
    let (a, b) = (folder.write("a.txt", "y"), folder.write("b.txt", "y"))
    let weights = try SourceWeights(parsing: Array("\(a)\t0.25\n\(b)\t0.25\n".utf8), file: "w.tsv")
    #expect(Self.list(try Self.counts(Corpus(inputs: [a, b], options: .init(weights: weights)))) == ["y": 1])
  }

  @Test func balanceSharesTheText() throws {
    let folder = Folder()
    folder.write("large.txt", String(repeating: "aaaa\n", count: 3000))
    folder.write("small.txt", String(repeating: "bbbb\n", count: 1000))
    func shares(_ alpha: Double) throws -> [String: Int64] {
      Self.list(try Self.counts(Corpus(inputs: [folder.path], options: .init(balance: alpha))))
    }
    #expect(try shares(1) == ["aaaa\n": 3000, "bbbb\n": 1000])
    #expect(try shares(0) == ["aaaa\n": 2000, "bbbb\n": 2000])
    // √3 : 1 of 4000.
    #expect(try shares(0.5) == ["aaaa\n": 2536, "bbbb\n": 1464])
  }

  @Test(arguments: [
    ("a.txt 2\n", "w.tsv:1: a line without a tab"),
    ("\n\t2\n", "w.tsv:2: no path before the tab"),
    ("a\tx\n", "w.tsv:1: \"x\" is not a weight from 0 to 1000000"),
    ("a\t-1\n", "w.tsv:1: \"-1\" is not a weight"),
    ("a\tnan\n", "w.tsv:1: \"nan\" is not a weight"),
    ("a\t1\n./a/\t2\n", "w.tsv:2: \"./a/\" has a weight already, in line 1"),
    ("", "w.tsv: no weights"),
  ])
  func refusesBadWeights(text: String, message: String) {
    #expect(
      Self.message { _ = try SourceWeights(parsing: Array(text.utf8), file: "w.tsv") }.hasPrefix(message))
  }

  @Test func refusesWeightsThatMatchNothing() throws {
    let folder = Folder()
    let file = folder.write("a.txt", "a")
    let weights = try SourceWeights(parsing: Array("\(file)\t1\nother\t1\n".utf8), file: "w.tsv")
    #expect(
      Self.message { _ = try Corpus(inputs: [file], options: .init(weights: weights)) }
        .hasPrefix("w.tsv:2: \"other\" is no part of the input"))
    let none = try SourceWeights(parsing: Array("\(file)\t0\n".utf8), file: "w.tsv")
    #expect(
      Self.message { _ = try Self.counts(Corpus(inputs: [], options: .init(weights: none))) }
        .hasPrefix("the corpus holds no text"))
    #expect(
      Self.message { _ = try Corpus(inputs: [file], options: .init(balance: -1)) }.hasPrefix(
        "a balance of -1"))
  }
}
