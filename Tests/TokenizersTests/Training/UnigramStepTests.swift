import TestSupport
import Testing
import Tokenizers

#if canImport(Glibc)
  import Glibc
#endif

/// The step of expectation against every segmentation of every word, one by one.
@Suite struct UnigramStepTests {
  /// Lines of words of a few letters, so that they share many pieces; with `long`, one word beyond what
  /// the products of a double can hold.
  private static func text(_ generator: inout SplitMix64, long: Int = 0) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<60 {
      for _ in 0..<Int(generator.next() % 6) + 1 {
        for _ in 0..<Int(generator.next() % 9) + 1 { text.append(0x61 + UInt8(generator.next() % 3)) }
        text.append(0x20)
      }
      text.append(0x0A)
    }
    for _ in 0..<long { text.append(0x61 + UInt8(generator.next() % 3)) }
    return text
  }

  private static func step(
    _ seed: UInt64, mode: UnigramParameters.Mode, long: Int = 0, lowest: Float, without: Int = 0
  ) throws -> UnigramStep {
    var generator = SplitMix64(seed: seed)
    let trainer = UnigramTrainer(UnigramParameters(mode: mode, vocabularySize: 100, characterCoverage: 1))
    let text = text(&generator, long: long)
    return try UnigramStep(
      trainer, on: Corpus(text: text), threads: 3,
      keeps: { $0 != without - 1 && ($0 < 8 || generator.next() % 3 > 0) },
      score: { _ in lowest * Float(generator.next() % 100_000) / 100_000 - 1 })
  }

  /// What the pieces are expected to occur, from the list of all segmentations of each word.
  private static func enumerated(_ step: UnigramStep) -> [Double] {
    var numbers: [[UInt32]: Int] = [:]
    for (number, piece) in step.pieces.enumerated() { numbers[piece] = number }
    var expected = [Double](repeating: 0, count: step.pieces.count)
    for (word, count) in step.words {
      var all: [(pieces: [Int], score: Double)] = []
      func extend(_ start: Int, _ path: [Int], _ score: Double) {
        guard start < word.count else { return all.append((path, score)) }
        for end in start + 1...word.count {
          if let piece = numbers[Array(word[start..<end])] {
            extend(end, path + [piece], score + Double(step.scores[piece]))
          } else if end == start + 1 {
            let unknown = step.unknownPiece.map { [$0] } ?? []
            extend(end, path + unknown, score + Double(step.unknownScore))
          }
        }
      }
      extend(0, [], 0)
      let total = all.reduce(0) { $0 + exp($1.score) }
      for (pieces, score) in all {
        for piece in pieces { expected[piece] += Double(count) * exp(score) / total }
      }
    }
    return expected
  }

  private static func difference(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
  }

  @Test(arguments: 1...8) func equalsEnumeration(seed: UInt64) throws {
    // Without some character in two of the cases: it is unknown then.
    let step = try Self.step(seed, mode: .standard, lowest: -9, without: seed % 4 == 0 ? 2 : 0)
    #expect(step.pieces.count > 30 && step.words.contains { $0.symbols.count > 8 })
    #expect(Self.difference(step.expected, Self.enumerated(step)) < 1e-9)
  }

  /// SentencePiece's own arithmetic is single.
  @Test(arguments: 1...4) func singlePrecisionIsClose(seed: UInt64) throws {
    let step = try Self.step(seed, mode: .sentencePiece020, lowest: -9, without: seed % 2 == 0 ? 2 : 0)
    #expect(Self.difference(step.expected, Self.enumerated(step)) < 1e-4)
  }

  /// Sums in logarithms, forward and backward, for words of which there are too many segmentations to list.
  private static func inLogarithms(_ step: UnigramStep) -> [Double] {
    var numbers: [[UInt32]: Int] = [:]
    for (number, piece) in step.pieces.enumerated() { numbers[piece] = number }
    func join(_ values: [Double]) -> Double {
      guard let most = values.max(), most > -.infinity else { return -.infinity }
      return most + log(values.reduce(0) { $0 + exp($1 - most) })
    }
    var expected = [Double](repeating: 0, count: step.pieces.count)
    for (word, count) in step.words {
      let length = word.count
      var edges: [(start: Int, end: Int, piece: Int, score: Double)] = []
      for start in 0..<length {
        for end in start + 1...min(length, start + 16) {
          if let piece = numbers[Array(word[start..<end])] {
            edges.append((start, end, piece, Double(step.scores[piece])))
          }
        }
      }
      var (forward, backward) = ([0.0], [Double](repeating: 0, count: length + 1))
      for place in 1...length {
        forward.append(join(edges.filter { $0.end == place }.map { forward[$0.start] + $0.score }))
      }
      for place in stride(from: length - 1, through: 0, by: -1) {
        backward[place] = join(edges.filter { $0.start == place }.map { backward[$0.end] + $0.score })
      }
      for edge in edges {
        let value = forward[edge.start] + edge.score + backward[edge.end] - forward[length]
        expected[edge.piece] += Double(count) * exp(value)
      }
    }
    return expected
  }

  /// Scores near -40 leave a double's range after some 18 pieces; those near -9 do so in the long word.
  @Test(arguments: [(Float(-9), 300), (-40, 300), (-300, 200)])
  func longWordsKeepTheirPrecision(lowest: Float, long: Int) throws {
    let step = try Self.step(5, mode: .standard, long: long, lowest: lowest)
    #expect(Self.difference(step.expected, Self.inLogarithms(step)) < 1e-9)
  }
}
