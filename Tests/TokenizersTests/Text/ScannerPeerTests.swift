import Foundation
import TestSupport
import Testing
import Tokenizers

/// The scanners against the libraries whose patterns they are.
@Suite("Scanners against peers", .serialized)
struct ScannerPeerTests {
  /// One of each pair of names for the same pattern.
  static let patterns = PreTokenizerPattern.allCases.filter { $0 != .llama3 && $0 != .nemotron }

  private func compare(
    _ pattern: PreTokenizerPattern, _ texts: [String], _ library: String, _ expressions: [String]
  ) throws {
    let scanner = pattern.preTokenizer
    let found = try texts.map { try scanner.ends(Array($0.utf8)) }
    var request = PeerPieces(expressions: expressions, texts: texts)
    if library == "tiktoken" { request.ends = found }
    let expected = try #require(try PeerPieces.ask(library, [request]).first ?? nil)
    for (index, text) in texts.enumerated() {
      if let difference = firstDifference(text, found[index], expected[index]) {
        Issue.record("\(pattern.rawValue), \(library): \(difference)")
        return
      }
    }
  }

  // The classes of characters show in the cuts: letters and marks join, numbers, spaces and punctuation part,
  // and with capitals around the cases differ.

  @Test("equal tokenizers on every scalar between two letters", arguments: patterns)
  func everyScalar(_ pattern: PreTokenizerPattern) throws {
    let library = pattern == .gpt2 ? "bytelevel" : "tokenizers"
    try compare(pattern, [EdgeText.everyScalar("a", "b")], library, pattern.expressions)
  }

  /// A capital before and after tells Lu and Lt from the caseless letters.
  @Test(
    "equal tokenizers on every scalar between two capitals", arguments: [PreTokenizerPattern.o200k, .kimi])
  func everyScalarInCapitals(_ pattern: PreTokenizerPattern) throws {
    try compare(pattern, [EdgeText.everyScalar(" A", "B")], "tokenizers", pattern.expressions)
  }

  static let tiktoken: [(PreTokenizerPattern, String)] = [
    (.gpt2, #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#),
    (
      .cl100kTiktoken,
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#
    ),
    (.o200k, PreTokenizerPattern.o200k.expressions[0]), (.kimi, PreTokenizerPattern.kimi.expressions[0]),
  ]

  @Test("equal tiktoken on every scalar of the first four planes", arguments: tiktoken)
  func everyScalarTiktoken(_ pattern: PreTokenizerPattern, _ expression: String) throws {
    let text = EdgeText.everyScalar("A", "b", in: 0...0x3FFFF)
    #expect(PreTokenizerPattern(tiktoken: expression) == pattern)
    try compare(pattern, [text], "tiktoken", [expression])
  }

  @Test("equal tokenizers on random edge cases", arguments: patterns)
  func edgeCases(_ pattern: PreTokenizerPattern) throws {
    var texts = EdgeText(seed: 0x9EE7, recent: true)
    let library = pattern == .gpt2 ? "bytelevel" : "tokenizers"
    try compare(pattern, (0..<20_000).map { _ in texts.next() }, library, pattern.expressions)
  }

  @Test("equal tiktoken on random edge cases", arguments: tiktoken)
  func edgeCasesTiktoken(_ pattern: PreTokenizerPattern, _ expression: String) throws {
    var texts = EdgeText(seed: 0x71C7, recent: true)
    try compare(pattern, (0..<20_000).map { _ in texts.next() }, "tiktoken", [expression])
  }

  private struct Line: Decodable { var text: String }

  @Test("Shared: equal tokenizers on the collected texts", arguments: patterns)
  func sharedTexts(_ pattern: PreTokenizerPattern) throws {
    let lines = try FileBytes.read(TestPaths.tokenizer("_texts/texts.jsonl")).split(
      separator: UInt8(ascii: "\n"))
    let texts = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0)).text }
    #expect(texts.count == 294)
    let library = pattern == .gpt2 ? "bytelevel" : "tokenizers"
    try compare(pattern, texts, library, pattern.expressions)
  }
}
