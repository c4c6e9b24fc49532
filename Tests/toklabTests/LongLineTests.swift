import TestSupport
import Testing

/// One line of 200 MB costs ten times what one of 20 MB does: in time, and its memory stays a multiple of it.
@Suite(.serialized) struct LongLineTests {
  enum Line: String, CaseIterable, Sendable {
    /// Words between spaces: many short pieces, cut over the threads.
    case words
    /// One piece of a single letter.
    case letter
    /// One piece of different letters.
    case letters
  }

  @Test(arguments: Line.allCases) func encodingIsLinear(line: Line) throws {
    let scratch = try Scratch()
    // A piece of different letters costs ten times as much; a tenth of it shows the same.
    let large = line == .letters ? 20_000_000 : 200_000_000
    try scratch.write("large", Self.text(line, large))
    try scratch.write("small", Self.text(line, large / 10))
    let vocabulary = TestPaths.vocabularies + "/cl100k_base.tiktoken"
    let runs = try ["small", "large"].map { name in
      try Toklab.run(
        "encode", "-t", vocabulary, "--format", "u32", "-o", scratch[name + ".ids"], scratch[name], "-q",
        "--provenance", scratch["provenance"])
    }
    let opening = try Toklab.run(
      "encode", "-t", vocabulary, "--format", "u32", "-o", scratch["none"], "-q", input: "x")
    for run in runs + [opening] { #expect(run.status == 0, "\(run.errorText)") }
    let small = max(runs[0].processorTime - opening.processorTime, 0.01)
    #expect(runs[1].processorTime < opening.processorTime + 30 * small)
    // Text, ids (at most 4 bytes for each byte of text), and as much again while they are put together.
    let provenance = JSONText.parse(try scratch.read("provenance"))
    let peak = try #require(provenance?["timing"]["peak_memory_bytes"].int)
    #expect(peak < 300_000_000 + 10 * large)
    let decoded = try Toklab.run("decode", "-t", vocabulary, "--format", "u32", scratch["small.ids"])
    #expect(decoded.output == (try scratch.read("small")))
  }

  private static func text(_ line: Line, _ count: Int) -> [UInt8] {
    var random = SplitMix64(seed: 5)
    let words = (0..<4096).map { _ in
      (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 97...122, using: &random) } + [
        32
      ]
    }
    var text: [UInt8] = []
    text.reserveCapacity(count + 16)
    while text.count < count {
      switch line {
      case .words: text += words[Int(truncatingIfNeeded: random.next() & 4095)]
      case .letter: text.append(97)
      case .letters: text.append(97 + UInt8(truncatingIfNeeded: random.next() % 26))
      }
    }
    return Array(text.prefix(count))
  }
}
