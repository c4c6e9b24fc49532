import Foundation
import TestSupport
import Testing
import Tokenizers

/// Every real tokenizer of the developers' data: ids of 294 texts, token counts of 130 languages, and llama.cpp's
/// own strings. ``PipelinePeerTests`` and the peer tests of formats are the same on what the project makes.
@Suite("Real vocabularies (Shared)", .serialized) struct SharedVocabularyTests {
  private static let folders: [String] = {
    let root = TestPaths.shared + "/data/tokenizers"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/expected.jsonl") }.sorted()
  }()
  private static let ggufs = ["gguf-bert-bge", "gguf-falcon", "gguf-gpt-2", "gguf-llama-spm"]

  @Test func allFoldersAreThere() { #expect(Self.folders.count == 22) }

  @Test(arguments: folders) func idsAndCountsAreTheExpectedOnes(folder: String) throws {
    let tokenizer = try open(folder)
    let meta = try JSONSerialization.jsonObject(with: Shared.data("tokenizers/\(folder)/expected.meta.json"))
    let library = (meta as? [String: Any])?["library"] as? String ?? ""
    // tokenizers recognises special tokens in text unless it is told not to; the other libraries do not.
    let options = EncodeOptions(specialTokens: library.hasPrefix("tokenizers") ? .all : .none)
    let encoder = try BatchEncoder(tokenizer, options: options, threads: 2)
    let (text, documents) = try Self.texts()
    let expected = try lines("tokenizers/\(folder)/expected.jsonl").map {
      try JSONDecoder().decode(Expected.self, from: $0).ids
    }
    #expect(expected.count == documents.count)
    let found = try text.withUnsafeBufferPointer { try encoder.encode($0, documents: documents) }
    let wrong = expected.indices.filter { Array(found[$0]) != expected[$0] }
    #expect(wrong.isEmpty, "texts with other ids")

    var unequal: [String] = []
    for row in try lines("tokenizers/\(folder)/expected.ntrex-counts.tsv").dropFirst() {
      let cells = String(decoding: row, as: UTF8.self).split(separator: "\t")
      let text = [UInt8](try Shared.data("parallel/ntrex/\(cells[0]).txt"))
      let counts = try text.withUnsafeBufferPointer {
        try encoder.count($0, documents: Self.lineRanges(text))
      }
      let total = counts.reduce(0) { $0 + $1.tokens }
      if total != Int(cells[1]) { unequal.append("\(cells[0]): \(total) instead of \(cells[1])") }
    }
    #expect(unequal.isEmpty)
  }

  @Test(arguments: ggufs) func llamaCppStringsHaveItsIDs(folder: String) throws {
    let tokenizer = try open(folder)
    let names = try FileManager.default.contentsOfDirectory(
      atPath: TestPaths.tokenizer(folder))
    let input = try Shared.data("tokenizers/\(folder)/\(names.first { $0.hasSuffix(".inp") }!)")
    let output = try Shared.data("tokenizers/\(folder)/\(names.first { $0.hasSuffix(".out") }!)")
    let separator = "\n__ggml_vocab_test__\n"
    let texts = String(decoding: input, as: UTF8.self).components(separatedBy: separator)
    let expected = String(decoding: output, as: UTF8.self).components(separatedBy: "\n").map {
      $0.split(separator: " ").map { TokenID($0)! }
    }
    for (text, ids) in zip(texts, expected) {
      #expect(try tokenizer.encode(text).ids == ids, "\(text.debugDescription)")
    }
    #expect(texts.count >= 46 && expected.count >= texts.count)
  }

  @Test func theSameVocabularyInGGUFGivesTheSameIDs() throws {
    let (text, documents) = try Self.texts()
    for (one, other) in [("gguf-gpt-2", "gpt2"), ("gguf-bert-bge", "bert-base-uncased")] {
      let results = try [one, other].map { name in
        let encoder = try BatchEncoder(open(name), threads: 2)
        return try text.withUnsafeBufferPointer { try encoder.encode($0, documents: documents).ids }
      }
      #expect(results[0] == results[1], "\(one)")
    }
  }

  private struct Expected: Decodable { var ids: [TokenID] }
  private struct Text: Decodable { var text: String }

  private func open(_ folder: String) throws -> Tokenizer {
    try Tokenizer(TokenizerFile.open(TestPaths.tokenizer(folder)).definition)
  }

  private func lines(_ path: String) throws -> [Data] {
    try Shared.data(path).split(separator: UInt8(ascii: "\n"))
  }

  private static func texts() throws -> (text: [UInt8], documents: [Range<Int>]) {
    var text: [UInt8] = []
    var documents: [Range<Int>] = []
    for line in try Shared.data("tokenizers/_texts/texts.jsonl").split(separator: UInt8(ascii: "\n")) {
      let start = text.count
      text += Array(try JSONDecoder().decode(Text.self, from: line).text.utf8)
      documents.append(start..<text.count)
    }
    return (text, documents)
  }

  private static func lineRanges(_ text: [UInt8]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    for (index, byte) in text.enumerated() where byte == 0x0A {
      ranges.append(start..<index)
      start = index + 1
    }
    if start < text.count { ranges.append(start..<text.count) }
    return ranges
  }
}
