/// Does decoding give the text back?
public struct RoundTrip: Metric {
  public struct Input: Sendable {
    public var tokenizer: TokenizerIdentity
    public var language: String?
    /// Lines as they were and as they came back.
    public var lines: [(original: [UInt8], decoded: [UInt8])]

    public init(
      tokenizer: TokenizerIdentity, language: String? = nil, lines: [(original: [UInt8], decoded: [UInt8])]
    ) {
      self.tokenizer = tokenizer
      self.language = language
      self.lines = lines
    }
  }

  public var bootstrap: Bootstrap

  public init(bootstrap: Bootstrap = Bootstrap()) { self.bootstrap = bootstrap }

  public static let family = "intrinsic"

  public func measure(_ input: Input) throws(ToklabError) -> MetricReport {
    var columns = Array(repeating: [Int](), count: 5)
    for (original, decoded) in input.lines {
      let a = String(decoding: original, as: UTF8.self).unicodeScalars.map(\.value)
      let b = String(decoding: decoded, as: UTF8.self).unicodeScalars.map(\.value)
      columns[0].append(original == decoded ? 1 : 0)
      columns[1].append(original == decoded ? 0 : EditDistance.levenshtein(a, b))
      columns[2].append(a.count)
      let spaces = a.count { Self.isSpace($0) }
      columns[3].append(spaces)
      columns[4].append(original == decoded ? spaces : Self.keptSpaces(a, b))
    }
    let sums = UnitSums(columns: columns, clusters: nil, bootstrap: bootstrap)
    let exact = columns[0].reduce(0, +)
    return MetricReport(results: [
      Self.descriptors[0].result(
        input.tokenizer, language: input.language,
        value: input.lines.isEmpty ? nil : Double(exact) / Double(input.lines.count),
        interval: bootstrap.replicates > 0
          ? MultipleTesting.wilson(exact, of: input.lines.count, confidence: bootstrap.confidence) : nil,
        n: input.lines.count, reason: "there are no lines"),
      Self.descriptors[1].result(
        input.tokenizer, language: input.language,
        value: sums.total.isEmpty ? nil : sums.total[1] / sums.total[2],
        interval: sums.interval { $0[1] / $0[2] }, n: columns[2].reduce(0, +), reason: "the text is empty"),
      Self.descriptors[2].result(
        input.tokenizer, language: input.language,
        value: sums.total.isEmpty ? nil : sums.total[4] / sums.total[3],
        interval: sums.interval { $0[4] / $0[3] }, n: columns[3].reduce(0, +),
        reason: "the text has no white space"),
    ])
  }

  private static func isSpace(_ value: UInt32) -> Bool {
    Unicode.Scalar(value)?.properties.isWhitespace ?? false
  }

  /// White space that is the same between visible characters which both texts have: those are paired greedily
  /// from the left, looking at most eight characters ahead.
  private static func keptSpaces(_ a: [UInt32], _ b: [UInt32]) -> Int {
    var kept = 0
    var at = 0
    for value in a {
      if isSpace(value) {
        if at < b.count, b[at] == value {
          kept += 1
          at += 1
        }
        continue
      }
      // What stands before the next visible partner was added or changed; without a partner nothing moves.
      var next = at
      while next < b.count, isSpace(b[next]) { next += 1 }
      if let found = b[next...].prefix(9).firstIndex(of: value) { at = found + 1 }
    }
    return kept
  }

  public static let descriptors: [MetricDescriptor] = [
    MetricDescriptor(
      "round_trip_rate", unit: "share", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "share of lines that decoding gives back byte for byte; Wilson interval",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "character_error_rate", unit: "share", direction: .lowerIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition: "Levenshtein distance in scalars between line and decoded line, over scalars",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
    MetricDescriptor(
      "whitespace_fidelity", unit: "share", direction: .higherIsBetter, estimator: .ratioOfSums,
      encodeMode: .perLine,
      definition:
        "share of white-space characters that decoding gives back where they were; visible characters are paired from the left",
      requirements: ["text"], source: "TokEval, cimeister/tokenizer-intrinsic-evals"),
  ]

  /// "abc" comes back, "a\tb c" comes back as "a b": the tab is a space and " c" is lost: three edits over eight
  /// characters; neither of two white spaces is kept.
  public static var workedExample: WorkedExample<RoundTrip> {
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    return WorkedExample(
      RoundTrip(bootstrap: .off),
      on: Input(
        tokenizer: TokenizerIdentity("example"),
        lines: [(bytes("abc"), bytes("abc")), (bytes("a\tb c"), bytes("a b"))]),
      gives: [
        .init("round_trip_rate", nil, 0.5), .init("character_error_rate", nil, 0.375),
        .init("whitespace_fidelity", nil, 0),
      ])
  }
}

/// Distances between sequences.
package enum EditDistance {
  /// Insertions, deletions and substitutions; O(n·m) time, O(m) memory.
  package static func levenshtein<T: Equatable>(_ a: [T], _ b: [T]) -> Int {
    if a.isEmpty || b.isEmpty { return a.count + b.count }
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substituted = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, min(row[j], diagonal) + 1)
      }
    }
    return row[b.count]
  }

  /// Length of the longest common subsequence.
  package static func commonSubsequence<T: Equatable>(_ a: [T], _ b: [T]) -> Int {
    var row = Array(repeating: 0, count: b.count + 1)
    for i in a.indices {
      var diagonal = 0
      for j in b.indices {
        let above = row[j + 1]
        row[j + 1] = a[i] == b[j] ? diagonal + 1 : max(above, row[j])
        diagonal = above
      }
    }
    return row[b.count]
  }
}
