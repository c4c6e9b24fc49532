/// Do token boundaries fall on morpheme boundaries?
///
/// Only boundaries inside a word count. Gold segments that do not spell their word have no places in it:
/// such items enter the segment scores and are left out of the boundary scores, whose `n` says how many
/// remain. What is undefined (no boundary predicted, none wanted) is null, not 0.
public struct BoundaryAlignment: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var language: String?
    public var gold: GoldSegmentations
    /// For each item the stretches of its word that the tokens stand for.
    public var tokens: [[Range<Int>]]

    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, gold: GoldSegmentations, tokens: [[Range<Int>]]
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.gold = gold
      self.tokens = tokens
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "morphology"

  /// Encodes every word of a list on its own; see ``WordEncoding``.
  public static func encode(
    _ gold: GoldSegmentations, with tokenizer: Tokenizer, leadingSpace: Bool = true, threads: Int = 0
  ) throws(ToklabError) -> [[Range<Int>]] {
    try WordEncoding.encode(
      gold.items.map(\.word), with: tokenizer, leadingSpace: leadingSpace, threads: threads)
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard input.tokens.count == input.gold.items.count else {
      throw ToklabError(
        "\(input.tokens.count) segmentations", expected: "\(input.gold.items.count), one a word")
    }
    // 0 hits, 1 predicted, 2 wanted, 3 MorphScore hits, 4 MorphScore items, 5 common, 6 tokens, 7 segments,
    // 8 edits, 9 items, 10 words with places.
    var columns = Array(repeating: [Int](), count: 11)
    for (item, ranges) in zip(input.gold.items, input.tokens) {
      var row = [Int](repeating: 0, count: columns.count)
      for range in ranges where range.lowerBound < 0 || range.upperBound > item.word.count {
        throw ToklabError("token at bytes \(range) of a word of \(item.word.count) bytes")
      }
      if let wanted = item.boundaries {
        let inside = 1..<max(1, item.word.count)
        let found = Set(ranges.flatMap { [$0.lowerBound, $0.upperBound] }.filter { inside.contains($0) })
        row[0] = wanted.count { found.contains($0) }
        row[1] = found.count
        row[2] = wanted.count
        if wanted.count == 1 && ranges.count > 1 {
          row[3] = row[0]
          row[4] = 1
        }
        row[10] = 1
      }
      let pieces = ranges.map { Array(item.word[$0]) }
      row[5] = EditDistance.commonSubsequence(item.segments, pieces)
      row[6] = pieces.count
      row[7] = item.segments.count
      row[8] = EditDistance.levenshtein(item.segments, pieces)
      row[9] = 1
      for index in row.indices { columns[index].append(row[index]) }
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    var report = MetricReport()
    func row(
      _ name: String, _ n: Int, _ reason: String, _ statistic: (UnsafeBufferPointer<Double>) -> Double
    ) {
      report.results.append(
        Self.descriptors.first { $0.name == name }!.result(
          input.tokenizer, language: input.language, value: sums.total.withUnsafeBufferPointer(statistic),
          interval: sums.interval(statistic), n: Int(sums.total[n]), reason: reason))
    }
    row("boundary_precision", 10, "no token boundary falls inside a word") { $0[0] / $0[1] }
    row("boundary_recall", 10, "no word has a morpheme boundary") { $0[0] / $0[2] }
    row("boundary_f1", 10, "there are no boundaries at all") { 2 * $0[0] / ($0[1] + $0[2]) }
    row("morphscore", 4, "no word with one boundary is cut") { $0[3] / $0[4] }
    row("segment_precision", 9, "there are no tokens") { $0[5] / $0[6] }
    row("segment_recall", 9, "there are no segments") { $0[5] / $0[7] }
    row("segment_f1", 9, "there are no segments") { 2 * $0[5] / ($0[6] + $0[7]) }
    row("segment_edit_distance", 9, "there are no words") { $0[8] / $0[9] }
    let placeless = input.gold.items.count - Int(sums.total[10])
    if placeless > 0 {
      report.notes.append(
        "\(placeless) of \(input.gold.items.count) gold segmentations do not spell their word and have no boundaries in it"
      )
    }
    return report
  }

  private static func descriptor(
    _ name: String, _ unit: String, _ estimator: Estimator, _ definition: String, _ source: String,
    _ direction: MetricDescriptor.Direction = .higherIsBetter
  ) -> MetricDescriptor {
    MetricDescriptor(
      name, unit: unit, direction: direction, estimator: estimator, encodeMode: .perWord,
      definition: definition, requirements: ["gold segmentations"], source: source)
  }

  private static let shared = "sigmorphon/2022SegmentationST"

  public static let descriptors: [MetricDescriptor] = [
    descriptor(
      "boundary_precision", "share", .ratioOfSums,
      "token boundaries inside words that are morpheme boundaries; n is the words whose segments spell them",
      "internal boundaries, as in boundary precision and recall of Morpho Challenge"),
    descriptor(
      "boundary_recall", "share", .ratioOfSums, "morpheme boundaries that are token boundaries", "as above"),
    descriptor("boundary_f1", "share", .ratioOfSums, "harmonic mean of the two", "as above"),
    descriptor(
      "morphscore", "share", .meanOfRatios,
      "of words with one morpheme boundary that are cut at all, those cut there; whole words are left out",
      "MorphScore v1, catherinearnett/morphscore"),
    descriptor(
      "segment_precision", "share", .ratioOfSums,
      "longest common subsequence of tokens and gold segments over tokens", shared),
    descriptor("segment_recall", "share", .ratioOfSums, "the same over gold segments", shared),
    descriptor("segment_f1", "share", .ratioOfSums, "harmonic mean of the two", shared),
    descriptor(
      "segment_edit_distance", "edits/word", .meanOfRatios,
      "Levenshtein distance between tokens and gold segments, mean over words", shared, .lowerIsBetter),
  ]

  /// cat|s as cat|s: hit. dogs as do|gs against dog|s: miss, two substitutions. tree whole. Boundaries: 1 hit
  /// of 2 predicted and 2 wanted; segments: 2 + 0 + 1 common of 5 tokens and 5 segments; 2 edits in 3 words.
  public static var workedExample: WorkedExample<BoundaryAlignment> {
    func item(_ segments: String...) -> GoldSegmentations.Item {
      let parts = segments.map { Array($0.utf8) }
      return GoldSegmentations.Item(word: Array(parts.joined()), segments: parts)
    }
    return WorkedExample(
      BoundaryAlignment(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        gold: GoldSegmentations(items: [item("cat", "s"), item("dog", "s"), item("tree")]),
        tokens: [[0..<3, 3..<4], [0..<2, 2..<4], [0..<4]]),
      gives: [
        .init("boundary_precision", nil, 0.5), .init("boundary_recall", nil, 0.5),
        .init("boundary_f1", nil, 0.5),
        .init("morphscore", nil, 0.5), .init("segment_precision", nil, 0.6),
        .init("segment_recall", nil, 0.6),
        .init("segment_f1", nil, 0.6), .init("segment_edit_distance", nil, 2.0 / 3),
      ])
  }
}
