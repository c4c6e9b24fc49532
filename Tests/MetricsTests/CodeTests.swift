import Foundation
import Metrics
import TestSupport
import Testing
import Tokenizers

/// The lexer, and the metrics over its lexemes.
@Suite struct CodeTests {
  static func cut(_ source: String, _ language: String) -> [String] {
    let bytes = Array(source.utf8)
    return CodeLexer(CodeGrammar.named(language)!).lexemes(of: bytes).map {
      "\($0.kind.rawValue.prefix(1)):\(String(decoding: bytes[$0.range], as: UTF8.self))"
    }
  }

  @Test(arguments: [
    ("python", "x += f'a{b}' # no\n", ["i:x", "o:+=", "l:f'a{b}'"]),
    (
      "python", "def f(s=\"\"\"a\n\"b\"\"\"):",
      ["k:def", "i:f", "d:(", "i:s", "o:=", "l:\"\"\"a\n\"b\"\"\"", "d:)", "o::"]
    ),
    ("python", "1_000.5e-3 0xFF 1.real", ["l:1_000.5e-3", "l:0xFF", "l:1", "d:.", "i:real"]),
    ("c", "a->b<<=c/*x*/; // y", ["i:a", "o:->", "i:b", "o:<<=", "i:c", "d:;"]),
    ("c", "'\\'' \"a\\\"b\" \"open\nint", ["l:'\\''", "l:\"a\\\"b\"", "l:\"open", "k:int"]),
    (
      "rust", "fn f<'a>(c: char) { 'x' '\\n' 0..n }",
      [
        "k:fn", "i:f", "o:<", "o:'", "i:a", "o:>", "d:(", "i:c", "o::", "i:char", "d:)", "d:{", "l:'x'",
        "l:'\\n'",
        "l:0", "o:..", "i:n", "d:}",
      ]
    ),
    ("swift", "a ?? b /* x /* y */ z */ !== $0", ["i:a", "o:??", "i:b", "o:!==", "i:$0"]),
    ("haskell", "f' x = 'c' <> g", ["i:f'", "i:x", "o:=", "l:'c'", "o:<>", "i:g"]),
    ("go", "`a\\` := <-c", ["l:`a\\`", "o::=", "o:<-", "i:c"]),
    ("javascript", "größe === `x\n${y}`", ["i:größe", "o:===", "l:`x\n${y}`"]),
    ("lua", "--[[ a\nb ]] x ~= y", ["i:x", "o:~=", "i:y"]),
  ]) func lexemes(language: String, source: String, expected: [String]) {
    #expect(Self.cut(source, language) == expected)
  }

  /// Python's own tokenizer on modules of its standard library: the same lexemes of the same kinds.
  @Test(arguments: 0..<8) func pythonPeer(module: Int) throws {
    let output = Array(try Peer.run("python_lexemes_peer.py", [String(module)], input: .init()))
    let head = try #require(output.firstIndex(of: 0x0A))
    let size = try #require(Int(String(decoding: output[..<head], as: UTF8.self)))
    let source = Array(output[(head + 1)...].prefix(size))
    let theirs = String(decoding: output[(head + 1 + size)...], as: UTF8.self).split(separator: "\n").map(
      String.init)
    let ours = CodeLexer(CodeGrammar.named("python")!).lexemes(of: source).map {
      "\($0.kind.rawValue) \($0.range.lowerBound) \($0.range.upperBound)"
    }
    #expect(ours.count > 100 && ours.count == theirs.count)
    let first = zip(ours, theirs).first { $0 != $1 }
    #expect(first == nil, "\(first.map { "\($0.0), Python: \($0.1)" } ?? "")")
  }

  /// Lexemes are in order, apart, not empty and never end beyond the source, whatever the bytes.
  @Test(arguments: CodeGrammar.all.map(\.name)) func anyBytesAreCut(language: String) {
    var random = SplitMix64(seed: 3, stream: 1)
    let soup = Array("\"'`/*#-\\\n{}ab1_.$=<>é ".utf8)
    let lexer = CodeLexer(CodeGrammar.named(language)!)
    for length in 0..<120 {
      let bytes = (0..<length).map { _ in soup[random.below(soup.count)] }
      var last = 0
      for lexeme in lexer.lexemes(of: bytes) {
        #expect(lexeme.range.lowerBound >= last && !lexeme.range.isEmpty && lexeme.range.upperBound <= length)
        last = lexeme.range.upperBound
      }
    }
  }

  @Test func endingsNameOneLanguageEach() {
    let endings = CodeGrammar.all.flatMap(\.extensions)
    #expect(Set(endings).count == endings.count && CodeGrammar.all.count == 19)
    #expect(CodeGrammar.ofFile("a/b.c.py")?.name == "python")
    #expect(CodeGrammar.ofFile("a.d/Makefile") == nil && CodeGrammar.ofFile(".py") == nil)
  }

  /// A tokenizer of single bytes respects every lexeme and keeps none whole; one token a file respects none.
  @Test func bounds() throws {
    let source = "def area(w, h):\n    if w >= h:\n            return w * h\n      x = '1'\n"
    // Long enough that no resample is without one of the kinds.
    let bytes = Array(String(repeating: source, count: 30).utf8)
    let lexemes = CodeLexer(CodeGrammar.named("python")!).lexemes(of: bytes)
    func report(_ tokens: [Range<Int>]) throws -> MetricReport {
      try CodeIntegrity(bootstrap: Bootstrap(replicates: 60)).measure(
        CodeIntegrity.Input(
          tokenizer: TokenizerIdentity("t"), language: "python",
          files: [SegmentedLine(bytes, tokens: tokens.map { SegmentedLine.Token($0) })], lexemes: [lexemes]))
    }
    let single = try report(bytes.indices.map { $0..<($0 + 1) })
    #expect(single.result("code_alignment", "python")?.value == .real(1))
    #expect(single.result("compound_operator_integrity", "python")?.value == .real(0))
    #expect(near(single.result("indentation_correlation", "python")?.value?.double, 1))
    let whole = try report([0..<bytes.count])
    #expect(whole.result("code_alignment", "python")?.value == .real(0))
    #expect(whole.result("identifier_fragmentation", "python")?.value == .real(0))
    #expect(whole.result("indentation_correlation", "python")?.nullReason != nil)
    for row in single.results {
      #expect(row.low != nil, "\(row.metric)")
    }
  }

  /// The order of files leaves no trace.
  @Test func orderOfFiles() throws {
    let sources = ["a = b\n  c == d\n", "if x:\n    return y\n", "print( 1 )\n        z\n"].map {
      Array($0.utf8)
    }
    let lexer = CodeLexer(CodeGrammar.named("python")!)
    func report(_ order: [Int]) throws -> [String] {
      fingerprint(
        try CodeIntegrity(bootstrap: Bootstrap(replicates: 50)).measure(
          CodeIntegrity.Input(
            tokenizer: TokenizerIdentity("t"), language: "python",
            files: order.map { file in
              SegmentedLine(
                sources[file],
                tokens: stride(from: 0, to: sources[file].count, by: 2).map {
                  SegmentedLine.Token($0..<min($0 + 2, sources[file].count))
                })
            }, lexemes: order.map { lexer.lexemes(of: sources[$0]) })))
    }
    #expect(try report([0, 1, 2]) == report([2, 0, 1]))
  }

  @Test func weightedRanksAreRanksOfTheLongList() throws {
    var random = SplitMix64(seed: 5, stream: 0)
    for _ in 0..<40 {
      let k = 2 + random.below(6)
      let x = (0..<k).map { _ in Double(random.below(5)) }
      let y = (0..<k).map { _ in Double(random.below(5)) }
      let counts = (0..<k).map { _ in random.below(4) }
      let long = zip(zip(x, y), counts).flatMap { Array(repeating: $0, count: $1) }
      let plain = RankTests.spearman(long.map(\.0), long.map(\.1))
      let weighted = WeightedRanks.spearman(x, y, counts)
      #expect(plain == nil ? weighted == nil : near(weighted, plain!, 1e-12))
    }
  }

  @Test func folders() throws {
    let folder = ScratchFolder()
    folder.write("b.py", "x = 1\n")
    folder.write("notes.txt", "x\n")
    folder.makeFolder("sub")
    folder.write("sub/a.rs", "fn f() {}\n")
    let code = try CodeCorpus(folder.path)
    #expect(code.groups.map(\.grammar.name) == ["python", "rust"] && code.notes.count == 1)
    #expect(try CodeCorpus(folder.path, language: "rust").groups.count == 1)
    #expect(
      failure { () throws(ToklabError) in try CodeCorpus(folder.path + "/notes.txt") }?.file?.hasSuffix(
        "notes.txt") == true)
    #expect(
      failure { () throws(ToklabError) in try CodeCorpus(folder.path + "/none") }?.file?.hasSuffix("none")
        == true)
    #expect(failure { () throws(ToklabError) in try CodeCorpus(folder.path, language: "cobol") } != nil)
    folder.write("bad.c", [0x61, 0xFF])
    #expect(
      failure { () throws(ToklabError) in try CodeCorpus(folder.path) }?.file?.hasSuffix("bad.c") == true)
  }
}
