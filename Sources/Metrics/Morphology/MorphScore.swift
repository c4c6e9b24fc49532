/// MorphScore 2 (arXiv 2507.06378): is the stem of a word cut off where it ends?
///
/// A word is prefix + stem, stem + suffix, or all three. A word of one boundary scores 1 where a token ends there,
/// one of two boundaries 1 for both and ½ for one of them. Words that stay one token are left out (or score
/// 1), so are words of one morpheme (or score 1 when they are one token, else 0). Precision is the hits over the
/// tokens of the word, which counts the end of the word as a boundary that nobody asked for, as the published
/// code does: a perfect cut in two has precision ½; `morphscore_boundary_precision` counts inner boundaries.
/// Offsets are bytes of the word where that code counts characters of decoded tokens, so that tokens that end
/// inside a character do no harm.
public struct MorphScore: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var language: String?
    public var table: MorphScoreTable
    /// For each item the stretches of its word that the tokens stand for.
    public var tokens: [[Range<Int>]]

    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, table: MorphScoreTable, tokens: [[Range<Int>]]
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.table = table
      self.tokens = tokens
    }
  }

  /// Weighs words by their frequency.
  public var scalesByFrequency: Bool
  public var excludesSingleTokens: Bool
  public var excludesSingleMorphemes: Bool
  public var bootstrap: Bootstrap

  public init(
    scalesByFrequency: Bool = false, excludesSingleTokens: Bool = true, excludesSingleMorphemes: Bool = true,
    bootstrap: Bootstrap = Bootstrap()
  ) {
    self.scalesByFrequency = scalesByFrequency
    self.excludesSingleTokens = excludesSingleTokens
    self.excludesSingleMorphemes = excludesSingleMorphemes
    self.bootstrap = bootstrap
  }

  public static let family = "morphology"

  /// What one word adds; nil where it is left out.
  private struct Score {
    var recall: Double
    var precision: Double
    var boundaryHits: Int
    var boundaries: Int
    /// Distinct tokens that are morphemes, tokens, morphemes.
    var matched: Int
    var tokens: Int
    var morphemes: Int
  }

  private func score(_ item: MorphScoreTable.Item, _ ranges: [Range<Int>]) -> Score? {
    let pieces = ranges.map { Array(item.word[$0]) }
    var score = Score(
      recall: 1, precision: 1, boundaryHits: 0, boundaries: 0,
      matched: Set(pieces).intersection(item.morphemes).count, tokens: pieces.count,
      morphemes: item.morphemes.count)
    if ranges.count == 1 { return excludesSingleTokens ? nil : score }
    if item.morphemes.count == 1 {
      if excludesSingleMorphemes { return nil }
      (score.recall, score.precision) = pieces == item.morphemes ? (1, 1) : (0, 0)
      return score
    }
    var gold: [Int] = []
    for morpheme in item.morphemes.dropLast() { gold.append((gold.last ?? 0) + morpheme.count) }
    let ends = Set(ranges.map(\.upperBound))
    let hits = gold.count { ends.contains($0) }
    score.recall = Double(hits) / Double(gold.count)
    score.precision = ranges.isEmpty ? 0 : Double(hits) / Double(ranges.count)
    score.boundaryHits = hits
    score.boundaries = ends.count { $0 < item.word.count }
    return score
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard input.tokens.count == input.table.items.count else {
      throw ToklabError(
        "\(input.tokens.count) segmentations", expected: "\(input.table.items.count), one a word")
    }
    // 0 weight, 1 recall, 2 precision, 3 boundary hits, 4 boundaries, 5 matched, 6 tokens, 7 morphemes, 8 items.
    var columns = Array(repeating: [Double](), count: 9)
    for (item, ranges) in zip(input.table.items, input.tokens) {
      for range in ranges where range.lowerBound < 0 || range.upperBound > item.word.count {
        throw ToklabError("token at bytes \(range) of a word of \(item.word.count) bytes")
      }
      guard let score = score(item, ranges) else { continue }
      let weight = scalesByFrequency ? item.frequency : 1
      let row = [
        weight, weight * score.recall, weight * score.precision, Double(score.boundaryHits),
        Double(score.boundaries), Double(score.matched), Double(score.tokens), Double(score.morphemes), 1,
      ]
      for index in row.indices { columns[index].append(row[index]) }
    }
    let sums = UnitSums(realColumns: columns, clusters: nil, bootstrap: bootstrap)
    let n = columns[0].count
    func row(_ index: Int, _ reason: String, _ statistic: (UnsafeBufferPointer<Double>) -> Double)
      -> MetricResult
    {
      Self.descriptors[index].result(
        input.tokenizer, language: input.language,
        value: n > 0 ? sums.total.withUnsafeBufferPointer(statistic) : nil,
        interval: sums.interval(statistic), n: n,
        reason: n == 0 ? "every word is one token or one morpheme" : reason)
    }
    var report = MetricReport(results: [
      row(0, "the words have no weight") { $0[1] / $0[0] },
      row(1, "the words have no weight") { $0[2] / $0[0] },
      row(2, "no token ends inside a word") { $0[3] / $0[4] },
      row(3, "there are no tokens") { 2 * $0[5] / ($0[6] + $0[7]) },
    ])
    let left = input.table.items.count - n
    if left > 0 {
      report.notes.append(
        "\(left) of \(input.table.items.count) words are one token or one morpheme and left out")
    }
    if input.table.filtered > 0 {
      report.notes.append(
        "\(input.table.filtered) rows left out: ambiguous, stem other than lemma, or digits")
    }
    return report
  }

  private static func descriptor(_ name: String, _ estimator: Estimator, _ definition: String)
    -> MetricDescriptor
  {
    MetricDescriptor(
      name, unit: "share", direction: .higherIsBetter, estimator: estimator, encodeMode: .perWord,
      definition: definition, requirements: ["MorphScore table"], source: "MorphScore 2, arXiv 2507.06378")
  }

  public static let descriptors: [MetricDescriptor] = [
    descriptor(
      "morphscore_recall", .meanOfRatios,
      "stem boundaries at which a token ends, mean over words that are cut; one of two scores a half"),
    descriptor(
      "morphscore_precision", .meanOfRatios,
      "stem boundaries met over tokens of the word, mean over words; the end of the word counts as a boundary"
    ),
    descriptor(
      "morphscore_boundary_precision", .ratioOfSums, "stem boundaries met over token boundaries inside words"),
    descriptor(
      "morphscore_micro_f1", .ratioOfSums,
      "F1 of tokens that are prefix, stem or suffix, each counted once a word, over all words"),
  ]

  /// un|break|able as unb|reak|able: one of two, 1/3; dog|s as dog|s: 1 of 1, 1/2; cat|s whole: left out; tree: one
  /// morpheme, left out. Inner boundaries: 2 hits of 3. Matched tokens: able; dog and s: 3 of 5 tokens and 5
  /// morphemes.
  public static var workedExample: WorkedExample<MorphScore> {
    func item(_ morphemes: String...) -> MorphScoreTable.Item {
      let parts = morphemes.map { Array($0.utf8) }
      return MorphScoreTable.Item(word: Array(parts.joined()), morphemes: parts)
    }
    return WorkedExample(
      MorphScore(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        table: MorphScoreTable(items: [
          item("un", "break", "able"), item("dog", "s"), item("cat", "s"), item("tree"),
        ]),
        tokens: [[0..<3, 3..<7, 7..<11], [0..<3, 3..<4], [0..<4], [0..<2, 2..<4]]),
      gives: [
        .init("morphscore_recall", nil, 0.75), .init("morphscore_precision", nil, 5.0 / 12),
        .init("morphscore_boundary_precision", nil, 2.0 / 3), .init("morphscore_micro_f1", nil, 0.6),
      ])
  }
}
