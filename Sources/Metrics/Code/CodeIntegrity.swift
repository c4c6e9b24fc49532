/// Do tokens respect the lexemes of source code?
///
/// After the code metrics of TokEval, on lexemes instead of the leaves of a syntax tree: a lexer needs no parser
/// for each language, and the leaves are lexemes but for string contents. Files are encoded whole. A lexeme is
/// aligned when no token that touches it holds anything visible beyond it: a space or a line feed before a word
/// may be part of its token. Lines are the units of the bootstrap.
public struct CodeIntegrity: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var language: String?
    /// Source files, each with the stretches that its tokens stand for.
    public var files: [SegmentedLine]
    /// The lexemes of each file.
    public var lexemes: [[CodeLexeme]]

    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, files: [SegmentedLine], lexemes: [[CodeLexeme]]
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.files = files
      self.lexemes = lexemes
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "code"

  /// Encodes every file whole.
  public static func encode(
    _ group: CodeCorpus.Group, with tokenizer: Tokenizer, identity: TokenizerIdentity, threads: Int = 0
  ) throws(ToklabError) -> Input {
    let results = SharedResults<SegmentedLine>(group.files.count, repeating: SegmentedLine([], tokens: []))
    let unknown = tokenizer.model.unknownID
    try Parallel.forEach(group.files.count, threads: threads) { () throws(ToklabError) in
      try DocumentEncoder(tokenizer)
    } _: { (encoder, file) throws(ToklabError) in
      let (path, bytes) = group.files[file]
      do throws(ToklabError) {
        let encoding = try bytes.withBytes { buffer throws(ToklabError) in
          try encoder.encodeWithOffsets(buffer)
        }
        results[file] = SegmentedLine(
          bytes,
          tokens: zip(encoding.ids, encoding.offsets).map {
            SegmentedLine.Token($0.1, isUnknown: $0.0 == unknown)
          })
      } catch { throw error.in(path) }
    }
    let lexer = CodeLexer(group.grammar)
    return Input(
      tokenizer: identity, language: group.grammar.name, files: results.array,
      lexemes: group.files.map { lexer.lexemes(of: $0.bytes) })
  }

  /// Columns of a line's counts: tokens and bytes, then for each kind the lexemes, those aligned, those that are
  /// one token and nothing else, and the tokens that touch them; compound operators and the whole ones.
  private enum Column {
    static let tokens = 0
    static let bytes = 1
    static let kinds = 2
    static let perKind = 4
    static let compound = kinds + perKind * CodeLexeme.Kind.allCases.count
    static let wholeCompound = compound + 1
    static let count = wholeCompound + 1

    static func of(_ kind: CodeLexeme.Kind) -> Int {
      kinds + perKind * CodeLexeme.Kind.allCases.firstIndex(of: kind)!
    }
  }

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    guard input.files.count == input.lexemes.count else {
      throw ToklabError(
        "\(input.lexemes.count) lists of lexemes", expected: "\(input.files.count), one a file")
    }
    var columns = Array(repeating: [Int](), count: Column.count)
    var indentations: [(width: Int, tokens: Int)] = []
    for (file, lexemes) in zip(input.files, input.lexemes) {
      try file.check()
      for lexeme in lexemes where lexeme.range.lowerBound < 0 || lexeme.range.upperBound > file.text.count {
        throw ToklabError("lexeme at bytes \(lexeme.range) of a file of \(file.text.count) bytes")
      }
      let lines = Self.rows(of: file, lexemes, &indentations)
      for index in columns.indices { columns[index] += lines.map { $0[index] } }
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    var report = MetricReport()
    func row(
      _ name: String, _ n: [Int], _ reason: String, _ statistic: (UnsafeBufferPointer<Double>) -> Double
    ) {
      report.results.append(
        Self.descriptors.first { $0.name == name }!.result(
          input.tokenizer, language: input.language,
          value: sums.total.withUnsafeBufferPointer(statistic), interval: sums.interval(statistic),
          n: n.reduce(0) { $0 + Int(sums.total[$1]) }, reason: reason))
    }
    let kinds = CodeLexeme.Kind.allCases.map { Column.of($0) }
    row("code_bytes_per_token", [Column.tokens], "the code has no tokens") {
      $0[Column.bytes] / $0[Column.tokens]
    }
    row("code_alignment", kinds, "the code has no lexemes") { totals in
      kinds.reduce(0) { $0 + totals[$1 + 1] } / kinds.reduce(0) { $0 + totals[$1] }
    }
    for kind in CodeLexeme.Kind.allCases {
      let place = Column.of(kind)
      row("code_alignment_\(kind.rawValue)s", [place], "the code has no \(kind.rawValue)s") {
        $0[place + 1] / $0[place]
      }
    }
    let names = Column.of(.identifier)
    row("tokens_per_identifier", [names], "the code has no identifiers") { $0[names + 3] / $0[names] }
    // One token touches it, whatever else that token holds.
    row("identifier_fragmentation", [names], "the code has no identifiers") {
      ($0[names] - $0[names + 2]) / $0[names]
    }
    let operators = Column.of(.operator)
    row("operator_isolation", [operators], "the code has no operators") {
      $0[operators + 2] / $0[operators]
    }
    row("compound_operator_integrity", [Column.compound], "no operator has two characters or more") {
      $0[Column.wholeCompound] / $0[Column.compound]
    }
    report.results.append(indentation(input, indentations))
    return report
  }

  /// The counts of each line.
  private static func rows(
    of file: SegmentedLine, _ lexemes: [CodeLexeme], _ indentations: inout [(width: Int, tokens: Int)]
  ) -> [[Int]] {
    let text = file.text
    var rows = [[Int]](
      repeating: [Int](repeating: 0, count: Column.count), count: text.count { $0 == 0x0A } + 1)
    var starts = [0]
    for (index, byte) in text.enumerated() {
      if byte == 0x0A { starts.append(index + 1) }
    }
    var line = 0
    for token in file.tokens {
      while line + 1 < starts.count && starts[line + 1] <= token.range.lowerBound { line += 1 }
      rows[line][Column.tokens] += 1
    }
    for (index, start) in starts.enumerated() {
      rows[index][Column.bytes] = (index + 1 < starts.count ? starts[index + 1] : text.count) - start
    }

    func isVisible(_ offset: Int) -> Bool { text[offset] > 0x20 && text[offset] != 0x7F }
    var first = 0
    line = 0
    for lexeme in lexemes {
      while line + 1 < starts.count && starts[line + 1] <= lexeme.range.lowerBound { line += 1 }
      let (touching, isAligned) = touch(file.tokens, lexeme.range, &first, isVisible)
      let place = Column.of(lexeme.kind)
      rows[line][place] += 1
      if isAligned { rows[line][place + 1] += 1 }
      let isWhole = touching == 1
      // An identifier is whole in one token even where that token goes on; an operator must also stand alone.
      if isWhole && (isAligned || lexeme.kind == .identifier) { rows[line][place + 2] += 1 }
      rows[line][place + 3] += touching
      if lexeme.kind == .operator && lexeme.range.count > 1 {
        rows[line][Column.compound] += 1
        if isWhole { rows[line][Column.wholeCompound] += 1 }
      }
    }
    indent(file, starts, isVisible, &indentations)
    return rows
  }

  /// How many tokens touch a stretch, and whether none of them holds anything visible beyond it.
  private static func touch(
    _ tokens: [SegmentedLine.Token], _ range: Range<Int>, _ first: inout Int, _ isVisible: (Int) -> Bool
  ) -> (count: Int, isAligned: Bool) {
    while first < tokens.count && tokens[first].range.upperBound <= range.lowerBound { first += 1 }
    var count = 0
    var isAligned = true
    var index = first
    while index < tokens.count && tokens[index].range.lowerBound < range.upperBound {
      let token = tokens[index]
      index += 1
      if token.range.isEmpty { continue }
      count += 1
      let before = token.range.lowerBound..<max(token.range.lowerBound, range.lowerBound)
      let after = min(token.range.upperBound, range.upperBound)..<token.range.upperBound
      if token.isUnknown || before.contains(where: isVisible) || after.contains(where: isVisible) {
        isAligned = false
      }
    }
    return (count, isAligned && count > 0)
  }

  /// Width and tokens of white space of each line that begins with some and is not blank. A tab goes to the next
  /// multiple of eight.
  private static func indent(
    _ file: SegmentedLine, _ starts: [Int], _ isVisible: (Int) -> Bool,
    _ found: inout [(width: Int, tokens: Int)]
  ) {
    var first = 0
    for start in starts {
      var width = 0
      var end = start
      while end < file.text.count, file.text[end] == 0x20 || file.text[end] == 0x09 {
        width = file.text[end] == 0x20 ? width + 1 : (width / 8 + 1) * 8
        end += 1
      }
      guard end > start, end < file.text.count, isVisible(end) else { continue }
      while first < file.tokens.count && file.tokens[first].range.upperBound <= start { first += 1 }
      var tokens = 0
      var index = first
      while index < file.tokens.count && file.tokens[index].range.lowerBound < end {
        let range = file.tokens[index].range
        index += 1
        if !range.isEmpty && !range.contains(where: isVisible) { tokens += 1 }
      }
      found.append((width, tokens))
    }
  }

  /// Spearman's correlation of depth and tokens, resampled over lines by their distinct pairs.
  private func indentation(_ input: Input, _ lines: [(width: Int, tokens: Int)]) -> MetricResult {
    let descriptor = Self.descriptors.last!
    let depths = Set(lines.map(\.width)).count
    var numbers: [UInt64: Int] = [:]
    var pairs: [(width: Int, tokens: Int)] = []
    var members: [Int] = []
    // Sorted, so that the order of files leaves no trace.
    for line in lines.sorted(by: { ($0.width, $0.tokens) < ($1.width, $1.tokens) }) {
      let key = UInt64(line.width) << 32 | UInt64(line.tokens)
      if numbers[key] == nil {
        numbers[key] = pairs.count
        pairs.append(line)
      }
      members.append(numbers[key]!)
    }
    guard depths >= 3 else {
      return descriptor.void(
        input.tokenizer, language: input.language, n: lines.count,
        "the code has \(depths) depths of indentation; a correlation needs three")
    }
    let widths = pairs.map { Double($0.width) }
    let tokens = pairs.map { Double($0.tokens) }
    @Sendable func correlation(_ counts: [Int]) -> Double? { WeightedRanks.spearman(widths, tokens, counts) }
    var counts = [Int](repeating: 0, count: pairs.count)
    for member in members { counts[member] += 1 }
    let value = correlation(counts)
    let replicates = SharedResults<Double>(bootstrap.replicates, repeating: .nan)
    let drawnFrom = members
    Parallel.forEach(bootstrap.replicates, threads: bootstrap.threads) { replicate in
      var random = SplitMix64(seed: bootstrap.seed, stream: UInt64(replicate))
      var drawn = [Int](repeating: 0, count: widths.count)
      for _ in drawnFrom.indices { drawn[drawnFrom[random.below(drawnFrom.count)]] += 1 }
      replicates[replicate] = correlation(drawn) ?? .nan
    }
    var percentile = bootstrap
    percentile.interval = .percentile
    return descriptor.result(
      input.tokenizer, language: input.language, value: value,
      interval: value.flatMap { percentile.interval(point: $0, values: replicates.array) { nil } },
      n: lines.count, reason: "every indentation has the same number of tokens")
  }
}
