import Foundation
import TestSupport
import Testing
import Tokenizers

/// The n best tokenizations, sampling and dropout of whole documents.
@Suite struct SampledEncodingTests {
  private struct Model: Decodable {
    struct Path: Decodable {
      let score: Double
      let ids: [TokenID]
    }
    struct Item: Decodable {
      let text: String
      let paths: [Path]
    }
    let file: String
    let texts: [Item]
  }

  private static func open(_ file: [UInt8], _ name: String) throws -> Tokenizer {
    let scratch = ScratchFolder()
    defer { scratch.remove() }
    try AtomicFile.write(scratch(name), file)
    var definition = try TokenizerFile.open(scratch(name)).definition
    if case .unigram(var model) = definition.model {
      model.release = .v020
      definition.model = .unigram(model)
    }
    return try Tokenizer(definition)
  }

  /// SentencePiece adds in single precision, so that paths of nearly equal scores may change places.
  @Test func nBestEqualsSentencePiece() throws {
    let output = try ReferenceLibrary.run("nbest_peer.py", "1", "60", "20", "8")
    var (compared, close) = (0, 0)
    for line in output.split(separator: 0x0A) {
      let model = try JSONDecoder().decode(Model.self, from: Data(line))
      let tokenizer = try Self.open(ModelPeer.bytes(hex: Array(model.file.utf8)[...]), "m.model")
      let encoder = try DocumentEncoder(tokenizer)
      for item in model.texts {
        let found = try Array(item.text.utf8).withUnsafeBufferPointer { try encoder.nBest($0, count: 8) }
        #expect(found.count == item.paths.count, "\(item.text)")
        for (index, (ours, theirs)) in zip(found, item.paths).enumerated() {
          let precision = 1e-5 * max(1, theirs.score.magnitude)
          #expect(abs(ours.score - theirs.score) <= precision, "\(item.text) \(index)")
          let neighbours = [index - 1, index + 1].filter(found.indices.contains)
          // The ninth best, which may equal the eighth, is not known.
          let isLast = index == 7
          if isLast || neighbours.contains(where: { abs(found[$0].score - ours.score) <= 2 * precision }) {
            close += 1
            continue
          }
          compared += 1
          #expect(ours.ids == theirs.ids, "\(item.text) \(index)")
        }
      }
    }
    #expect(compared > 2000 && compared > close, "\(compared) \(close)")
  }

  private static func unigram(pieces: String, preTokenizer: String = "null") throws -> Tokenizer {
    let file = """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": \(preTokenizer), "post_processor": null, "decoder": null,
       "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], \(pieces)], "byte_fallback": false}}
      """
    return try open(Array(file.utf8), "tokenizer.json")
  }

  private static let pieces =
    #"["a", -1.5], ["b", -1.75], ["ab", -2.0], ["aa", -2.25], ["▁", -1.0], ["▁a", -2.0]"#

  /// Documents cut at spaces give the same paths as one lattice over the whole text.
  @Test func cutsDoNotChangeTheNBest() throws {
    let tokenizer = try Self.unigram(pieces: Self.pieces)
    let model = try #require(tokenizer.model as? UnigramModel)
    let encoder = try DocumentEncoder(tokenizer)
    for text in ["▁ab▁aab▁b", "aab▁▁aba", "▁", "▁aaaa▁ab▁ba▁"] {
      let whole = try UnigramLattice(model, Array(text.utf8))
      let expected = whole.nBest(40)
      let found = try Array(text.utf8).withUnsafeBufferPointer { try encoder.nBest($0, count: 40) }
      #expect(found.map(\.score) == expected.map(\.score), "\(text)")
      #expect(Set(found.map(\.ids)) == Set(expected.map { whole.tokens(of: $0) }), "\(text)")
    }
  }

  @Test func samplingDrawsEachDocumentByItsNumber() throws {
    let tokenizer = try Self.unigram(pieces: Self.pieces)
    try Self.expectThreadsToChangeNothing(
      tokenizer, EncodeOptions(sampling: 0.5, seed: 7), text: "▁ab▁aab▁b▁aabab")
  }

  @Test func dropoutDrawsEachDocumentByItsNumber() throws {
    let file = """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": null, "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
         "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
         "vocab": {"a": 0, "b": 1, "ab": 2, "aab": 3, "abab": 4}, "merges": [["a", "b"], ["a", "ab"], ["ab", "ab"]]}}
      """
    try Self.expectThreadsToChangeNothing(
      Self.open(Array(file.utf8), "tokenizer.json"), EncodeOptions(dropout: 0.4, seed: 7), text: "aababababb")
  }

  /// 40,000 documents of the same text: many units of work.
  private static func expectThreadsToChangeNothing(
    _ tokenizer: Tokenizer, _ options: EncodeOptions, text: String
  ) throws {
    let one = Array(text.utf8)
    let count = 1 << 20 / one.count
    let bytes = Array(repeatElement(one, count: count).joined())
    let documents = (0..<count).map { $0 * one.count..<($0 + 1) * one.count }
    let results = try [1, 2, 3].map { threads in
      try bytes.withUnsafeBufferPointer {
        try BatchEncoder(tokenizer, options: options, threads: threads).encode($0, documents: documents)
      }
    }
    #expect(Set(results.map(\.ids)).count == 1)
    let kinds = Set((0..<count).map { Array(results[0][$0]) })
    #expect(kinds.count > 3, "every document drew the same")
    // Number 17 of a later batch is document 1,017 of the input.
    let later = try bytes.withUnsafeBufferPointer {
      try BatchEncoder(tokenizer, options: options, threads: 1).encode(
        $0, documents: Array(documents[..<20]), first: 1000)
    }
    #expect(Array(later[17]) == Array(results[0][1017]))
  }

  @Test func modelsRefuseWhatTheyCannotDraw() throws {
    let unigram = try Self.unigram(pieces: Self.pieces)
    #expect(throws: ToklabError.self) { try DocumentEncoder(unigram, options: EncodeOptions(dropout: 0.1)) }
    #expect(throws: ToklabError.self) { try DocumentEncoder(unigram, options: EncodeOptions(sampling: -1)) }
  }
}
