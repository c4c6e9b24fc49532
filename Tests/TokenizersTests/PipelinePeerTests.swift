import Foundation
import TestSupport
import Testing
import Tokenizers

/// Whole tokenizers against the reference library they follow, on random tokenizers and texts: normalization,
/// added tokens, pre-tokenization, model, post-processing, offsets and decoding together.
/// `TOKLAB_DIFFERENTIAL=1000000` makes the long run of that many texts a kind; `TOKLAB_DIFFERENTIAL_SEED`
/// another one.
@Suite struct PipelinePeerTests {
  private static let kinds = [
    "sp-unigram", "sp-unigram@0.2.3", "sp-bpe", "sp-bpe@0.2.3", "sp-char@0.2.3", "sp-word@0.2.3",
    "hf-unigram",
    "hf-bpe", "hf-bytes", "hf-wordpiece", "hf-wordlevel", "tiktoken",
  ]
  private static let texts = Int(ProcessInfo.processInfo.environment["TOKLAB_DIFFERENTIAL"] ?? "") ?? 1000
  private static let seed = Int(ProcessInfo.processInfo.environment["TOKLAB_DIFFERENTIAL_SEED"] ?? "") ?? 1

  @Test(arguments: kinds) func idsEqualTheReferenceLibrarys(kind: String) throws {
    let (batch, cases) = (min(100, max(1, Self.texts / 40)), 40)
    var done = 0
    var failures = 0
    var round = 0
    while done < Self.texts, failures < 5 {
      let seed = Self.seed * 100_000 + round
      let pipelines = try PipelinePeer.pipelines(kind, seed: seed, count: batch, cases: cases)
      for (number, pipeline) in pipelines.enumerated() {
        failures += try Self.differences(pipeline, "\(kind) seed \(seed) number \(number)")
        done += pipeline.cases.count
      }
      round += 1
    }
    #expect(done >= Self.texts && failures == 0)
  }

  /// The library counts characters, of which a token may be a part.
  private static func wholeCharacters(_ range: Range<Int>, _ text: [UInt8]) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, start < text.count, text[start] & 0xC0 == 0x80 { start -= 1 }
    while end < text.count, end > 0, text[end] & 0xC0 == 0x80 { end += range.isEmpty ? -1 : 1 }
    return start..<end
  }

  private static func differences(_ pipeline: PipelinePeer.Pipeline, _ name: String) throws -> Int {
    let tokenizer: Tokenizer
    do { tokenizer = try pipeline.open() } catch {
      Issue.record("\(name): \(error)")
      return 1
    }
    let encoder = try DocumentEncoder(tokenizer, options: pipeline.encodeOptions)
    var failures = 0
    for item in pipeline.cases {
      func check(_ what: String, _ found: some Equatable & Sendable, _ expected: some Equatable & Sendable) {
        if "\(found)" == "\(expected)" { return }
        failures += 1
        if failures <= 2 {
          Issue.record(
            "\(name) \(what) of \(ByteEscape.string(item.text)): \(found) instead of \(expected)")
        }
      }
      try item.text.withUnsafeBufferPointer { text in
        let ids = TokenBuffer()
        try encoder.encode(text, into: ids)
        check("ids", ids.ids, item.ids)
        let aligned = try encoder.encodeWithOffsets(text)
        check("ids with offsets", aligned.ids, item.ids)
        if let offsets = item.offsets {
          check("offsets", aligned.offsets.map { Self.wholeCharacters($0, item.text) }, offsets)
        }
        check("count", try encoder.count(text).tokens, item.ids.count)
      }
      if let decoded = item.decoded { check("text", try tokenizer.decode(item.ids), decoded) }
    }
    return failures
  }
}
