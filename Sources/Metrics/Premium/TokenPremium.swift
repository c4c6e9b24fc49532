/// What a language pays: tokens on parallel text, against a reference language.
///
/// Definitions: Petrov et al. 2023 (arXiv 2305.15425), Arnett et al. 2025 (arXiv 2510.21909). The rule
/// that a cell with more than 10 % unknown tokens says nothing is from Petrov's measuring code: an
/// unknown token stands for a whole word, and would pass for compression.
public struct TokenPremium: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    /// All of one number of lines; the reference among them.
    public var languages: [LineCounts]
    public var reference: String
    /// Only these languages get rows; nil means all.
    public var listed: [String]?
    /// For each line its cluster, from 0; nil makes every line a unit of the bootstrap.
    public var clusters: [Int]?

    public init(
      tokenizer: TokenizerIdentity, languages: [LineCounts], reference: String, listed: [String]? = nil,
      clusters: [Int]? = nil
    ) {
      self.tokenizer = tokenizer
      self.languages = languages
      self.reference = reference
      self.listed = listed
      self.clusters = clusters
    }
  }

  public var bootstrap: Bootstrap
  /// Price of a million tokens: adds `cost_equivalent`.
  public var price: Double?
  /// A context window in tokens: adds `context_equivalent` and `characters_in_window`.
  public var window: Int?

  public init(bootstrap: Bootstrap = Bootstrap(), price: Double? = nil, window: Int? = nil) {
    self.bootstrap = bootstrap
    self.price = price
    self.window = window
  }

  /// Above this share of unknown tokens a cell is void.
  public static let unknownLimit = 0.10
  /// Below this number of clusters intervals are known to be too narrow.
  public static let fewClusters = 50

  public static let family = "premium"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    let languages = input.languages
    guard let referenceIndex = languages.firstIndex(where: { Self.same($0.label, input.reference) }) else {
      throw ToklabError(
        "the reference language \(input.reference) is not among the texts",
        expected: "one of \(languages.map(\.label).prefix(12).joined(separator: ", "))")
    }
    try Self.check(input)
    let lines = languages[0].lineCount
    let layout = Layout(languages: languages, reference: referenceIndex)
    let sums = UnitSums(
      columns: layout.columns(of: languages, lines: lines), clusters: input.clusters, bootstrap: bootstrap)
    var report = MetricReport()
    if bootstrap.replicates > 0, input.clusters != nil, sums.units < Self.fewClusters {
      report.notes.append(
        "only \(sums.units) clusters: with fewer than \(Self.fewClusters) the intervals are too narrow")
    }
    var costs: [Layout.Columns] = []
    var void: [String] = []
    let listed = languages.indices.filter { index in
      input.listed?.contains { Self.same($0, languages[index].label) } ?? true
    }
    for index in listed {
      let cell = Cell(
        metric: self, tokenizer: input.tokenizer, label: languages[index].label,
        reference: input.reference, language: layout.columns[index],
        referenceColumns: layout.columns[referenceIndex], lines: lines, sums: sums)
      report.results += cell.rows()
      if cell.fault == nil { costs.append(layout.columns[index]) } else { void.append(cell.label) }
    }
    if !void.isEmpty {
      report.notes.append(
        "\(input.tokenizer.name): more than 10 % of the tokens are unknown, so there is no premium, in \(void.joined(separator: ", "))"
      )
    }
    report.results += lorenzRows(input.tokenizer, report.results)
    report.results += spread(input.tokenizer, costs, sums)
    return report
  }

  /// Each language's place on the Lorenz curve: cheapest first, equal costs in the order of their labels.
  private func lorenzRows(_ tokenizer: TokenizerIdentity, _ rows: [MetricResult]) -> [MetricResult] {
    let costs = rows.filter { $0.metric == "tokens_per_line" }
    let order = costs.indices.filter { costs[$0].value != nil }.sorted { a, b in
      let (left, right) = (costs[a].value!.double, costs[b].value!.double)
      return left == right
        ? InputFolder.bytewiseLess(costs[a].language ?? "", costs[b].language ?? "") : left < right
    }
    let total = order.reduce(0.0) { $0 + costs[$1].value!.double }
    var shares: [Int: (share: Double, place: Int)] = [:]
    var running = 0.0
    for (place, index) in order.enumerated() {
      running += costs[index].value!.double
      shares[index] = (place + 1 == order.count ? 1 : running / total, place + 1)
    }
    return costs.indices.map { index in
      let share = order.count > 1 ? shares[index] : nil
      return Self.descriptor("lorenz_share").result(
        tokenizer, language: costs[index].language, value: share?.share, n: share?.place ?? order.count,
        reason: costs[index].nullReason ?? "needs two languages or more whose unknown tokens are within 10 %")
    }
  }

  /// The Lorenz curve of tokens per line over the languages that are not void; nil where there is none.
  public static func lorenz(_ report: MetricReport) -> [(population: Double, cost: Double)]? {
    Descriptive.lorenz(
      report.results.filter { $0.metric == "tokens_per_line" }.compactMap { $0.value?.double })
  }

  /// The rows about all languages together.
  private func spread(
    _ tokenizer: TokenizerIdentity, _ costs: [Layout.Columns], _ sums: UnitSums
  ) -> [MetricResult] {
    let reason = "needs two languages or more whose unknown tokens are within 10 %"
    func lineCosts(_ totals: UnsafeBufferPointer<Double>) -> [Double] {
      costs.map { totals[$0.tokens] / totals[Layout.linesColumn] }
    }
    func byteCosts(_ totals: UnsafeBufferPointer<Double>) -> [Double] {
      // A language without a byte has no tokens either.
      costs.map { totals[$0.tokens] / max(1, totals[$0.bytes]) }
    }
    func row(
      _ name: String, of values: (UnsafeBufferPointer<Double>) -> [Double],
      _ statistic: ([Double]) -> Double?
    ) -> MetricResult {
      let value = sums.total.withUnsafeBufferPointer { statistic(values($0)) }
      return Self.descriptor(name).result(
        tokenizer, language: nil, value: value,
        interval: value == nil ? nil : sums.interval { statistic(values($0)) ?? .nan },
        n: costs.count, reason: reason)
    }
    return [
      row("gini", of: lineCosts, Descriptive.gini),
      row("gini_per_byte", of: byteCosts, Descriptive.gini),
      row("max_min_ratio", of: lineCosts) { values in
        guard values.count > 1, let low = values.min(), let high = values.max(), low > 0 else { return nil }
        return high / low
      },
    ]
  }

  static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private static func check(_ input: Input) throws(ToklabError) {
    let lines = input.languages[0].lineCount
    for language in input.languages {
      let counts = [
        language.tokens.count, language.unknown.count, language.bytes.count, language.characters.count,
      ]
      guard counts.allSatisfy({ $0 == lines }) else {
        throw ToklabError("\(language.label) has \(counts.max()!) lines", expected: "\(lines)")
      }
    }
    if let clusters = input.clusters {
      guard clusters.count == lines else {
        throw ToklabError("\(clusters.count) cluster ids", expected: "\(lines), one a line")
      }
      guard clusters.allSatisfy({ $0 >= 0 && $0 < lines }) else {
        throw ToklabError("a cluster number is out of range", expected: "0 to \(lines - 1)")
      }
    }
  }

  /// Which column of the totals holds what.
  struct Layout {
    struct Columns {
      var bytes: Int
      var characters: Int
      var tokens: Int
      var unknown: Int
    }

    /// One for every line, so that a resample of clusters knows its number of lines.
    static let linesColumn = 2

    /// For each language, in the order given.
    private(set) var columns: [Columns]
    private let order: [Int]

    /// The reference's bytes and characters come first and the other languages follow by label: the
    /// order of units must not depend on the order of the languages.
    init(languages: [LineCounts], reference: Int) {
      order =
        [reference]
        + languages.indices.filter { $0 != reference }.sorted {
          InputFolder.bytewiseLess(languages[$0].label, languages[$1].label)
        }
      columns = Array(
        repeating: Columns(bytes: 0, characters: 0, tokens: 0, unknown: 0), count: languages.count)
      for (place, language) in order.enumerated() {
        let texts = place == 0 ? 0 : 1 + 2 * place
        let tallies = 1 + 2 * languages.count + 2 * place
        columns[language] = Columns(
          bytes: texts, characters: texts + 1, tokens: tallies, unknown: tallies + 1)
      }
    }

    func columns(of languages: [LineCounts], lines: Int) -> [[Int]] {
      var out: [[Int]] = []
      for (place, index) in order.enumerated() {
        out.append(languages[index].bytes)
        out.append(languages[index].characters)
        if place == 0 { out.append(Array(repeating: 1, count: lines)) }
      }
      for index in order {
        out.append(languages[index].tokens)
        out.append(languages[index].unknown)
      }
      return out
    }
  }
}
