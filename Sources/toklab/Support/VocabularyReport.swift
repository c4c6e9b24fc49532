import Tokenizers

/// What a vocabulary holds: lengths, scripts, broken and unreachable entries.
struct VocabularyReport: Sendable {
  private var lengths: [Int] = []
  private var scripts: [(name: String, tokens: Int)] = []
  private var incomplete: [TokenID] = []
  private var unreachable: [(id: TokenID, kind: TokenReachability, tokens: Int)] = []
  private var classes: [TokenReachability: Int] = [:]
  private var cutByPreTokenizer = 0
  private var duplicates: [[TokenID]] = []
  private var missingBytes: [Int] = []
  private var longest: [TokenID] = []
  private let tokenizer: Tokenizer

  init(_ tokenizer: Tokenizer, threads: Int) throws {
    self.tokenizer = tokenizer
    let vocabulary = tokenizer.vocabulary
    let added = Set(tokenizer.definition.addedTokens.map(\.id))
    let ids = (0..<TokenID(vocabulary.capacity)).filter {
      vocabulary.contains($0) && !vocabulary.isLiteral($0) && !added.contains($0)
    }
    let block = 4096
    let parts = try parallelMap((ids.count + block - 1) / block, threads: threads) { index in
      try Part(tokenizer, ids[index * block..<min(ids.count, (index + 1) * block)])
    }
    var byScript: [String: Int] = [:]
    for part in parts {
      lengths += part.lengths
      incomplete += part.incomplete
      unreachable += part.unreachable
      for (kind, count) in part.classes { classes[kind, default: 0] += count }
      cutByPreTokenizer += part.cut
      for (script, count) in part.scripts { byScript[script, default: 0] += count }
    }
    let probe = try ReachabilityProbe(tokenizer)
    for token in tokenizer.definition.addedTokens {
      let kind = try probe.special(token)
      classes[kind, default: 0] += 1
      if kind.isUnreachable { unreachable.append((token.id, kind, 0)) }
    }
    unreachable.sort { $0.id < $1.id }
    scripts = byScript.map { ($0.key, $0.value) }
      .sorted { $0.tokens != $1.tokens ? $0.tokens > $1.tokens : $0.name < $1.name }
    lengths.sort()
    longest = Array(
      ids.sorted {
        let (a, b) = (vocabulary.length(of: $0), vocabulary.length(of: $1))
        return a != b ? a > b : $0 < $1
      }.prefix(5))
    for byte in 0..<256 where vocabulary.id(of: [UInt8(byte)]) == nil { missingBytes.append(byte) }
    // Added tokens and literals may spell what another entry spells.
    var owners: [[UInt8]: [TokenID]] = [:]
    for id in vocabulary.literals { owners[vocabulary[id], default: []].append(id) }
    for token in tokenizer.definition.addedTokens {
      if owners[token.content]?.contains(token.id) != true {
        owners[token.content, default: []].append(token.id)
      }
    }
    for (bytes, ids) in owners {
      var all = Set(ids)
      if let other = vocabulary.id(of: bytes) { all.insert(other) }
      if all.count > 1 { duplicates.append(all.sorted()) }
    }
    duplicates.sort { $0[0] < $1[0] }
  }

  /// The share of the work of one thread.
  private struct Part: Sendable {
    var lengths: [Int] = []
    var incomplete: [TokenID] = []
    var unreachable: [(id: TokenID, kind: TokenReachability, tokens: Int)] = []
    var classes: [TokenReachability: Int] = [:]
    var cut = 0
    var scripts: [String: Int] = [:]

    init(_ tokenizer: Tokenizer, _ ids: ArraySlice<TokenID>) throws {
      let vocabulary = tokenizer.vocabulary
      let probe = try ReachabilityProbe(tokenizer)
      for id in ids {
        let bytes = vocabulary[id]
        lengths.append(bytes.count)
        let (kind, tokens) = try probe.outcome(id)
        classes[kind, default: 0] += 1
        if kind.isUnreachable { unreachable.append((id, kind, tokens)) }
        if bytes.isEmpty { continue }
        let isText = bytes.withUnsafeBufferPointer { UTF8Scalar.firstInvalid($0) == nil }
        if kind == .partialUTF8 || !isText {
          incomplete.append(id)
        } else {
          let text = Array(probe.text(of: bytes))
          if try tokenizer.preTokenization.pieces(of: text).count > 1 { cut += 1 }
          scripts[Self.script(bytes), default: 0] += 1
        }
      }
    }

    /// The script of the letters; "Common" without any, "mixed" with several.
    private static func script(_ bytes: [UInt8]) -> String {
      var found: String?
      for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        let name = UnicodeScript.name(of: scalar)
        if name == "Common" || name == "Inherited" || name == "Unknown" { continue }
        if let found, found != name { return "mixed" }
        found = name
      }
      return found ?? "Common"
    }
  }

  private var meanLength: Double? {
    lengths.isEmpty ? nil : Double(lengths.reduce(0, +)) / Double(lengths.count)
  }

  private func token(_ id: TokenID) -> JSON {
    .object([
      ("id", .int(Int(id))), ("token", .string(ByteEscape.utf8(tokenizer.vocabulary[id]).text)),
    ])
  }

  var json: [(String, JSON)] {
    var histogram: [Int: Int] = [:]
    for length in lengths { histogram[length, default: 0] += 1 }
    return [
      (
        "token_lengths",
        .object([
          ("shortest", lengths.first.map { .int($0) } ?? .null),
          ("median", lengths.isEmpty ? .null : .int(lengths[lengths.count / 2])),
          ("mean", .number(meanLength)), ("longest", lengths.last.map { .int($0) } ?? .null),
          (
            "histogram",
            .object(histogram.sorted { $0.key < $1.key }.map { (String($0.key), .int($0.value)) })
          ),
        ])
      ),
      ("scripts", .object(scripts.map { ($0.name, .int($0.tokens)) })),
      ("missing_bytes", .array(missingBytes.map { .int($0) })),
      ("incomplete_utf8", .array(incomplete.map(token))),
      (
        "reachability",
        .object(TokenReachability.allCases.map { ($0.rawValue, .int(classes[$0] ?? 0)) })
      ),
      (
        "unreachable",
        .array(
          unreachable.map {
            .object([
              ("id", .int(Int($0.id))),
              ("token", .string(ByteEscape.utf8(tokenizer.bytes(of: $0.id) ?? []).text)),
              ("class", .string($0.kind.rawValue)), ("tokens", .int($0.tokens)),
            ])
          })
      ),
      ("cut_by_pre_tokenizer", .int(cutByPreTokenizer)),
      ("duplicates", .array(duplicates.map { .array($0.map { .int(Int($0)) }) })),
    ]
  }

  private static func words(_ kind: TokenReachability) -> String {
    switch kind {
    case .unreachableSingle: "spelled by another"
    case .unreachableSpecial: "unreachable special"
    default: "without text"
    }
  }

  func text(_ style: Style) -> String {
    func examples(_ ids: [TokenID]) -> String {
      guard !ids.isEmpty else { return "none" }
      let shown = ids.prefix(5).map {
        "\"\(ByteEscape.string((tokenizer.bytes(of: $0) ?? []).prefix(40)))\" (\($0))"
      }
      return "\(Numbers.grouped(ids.count)): " + shown.joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
    }
    var pairs: [(String, String)] = []
    if let mean = meanLength {
      pairs.append(
        (
          "bytes per entry",
          "\(lengths[0]) to \(lengths.last!), median \(lengths[lengths.count / 2]), mean \(Numbers.fixed(mean, 2))"
        ))
    }
    pairs.append(
      (
        "longest",
        longest.map { "\"\(ByteEscape.string(tokenizer.vocabulary[$0].prefix(40)))\"" }.joined(
          separator: ", ")
      ))
    let total = scripts.reduce(0) { $0 + $1.tokens }
    let shown = scripts.prefix(10).map {
      "\($0.name) \(Numbers.fixed(Double($0.tokens) * 100 / Double(max(1, total)), 1)) %"
    }
    pairs.append(
      ("scripts", shown.joined(separator: ", ") + (scripts.count > 10 ? ", … (\(scripts.count))" : "")))
    pairs.append(("single bytes missing", missingBytes.isEmpty ? "none" : "\(missingBytes.count) of 256"))
    pairs.append(("incomplete UTF-8", examples(incomplete)))
    for kind in TokenReachability.allCases where kind.isUnreachable {
      let ids = unreachable.filter { $0.kind == kind }.map(\.id)
      if kind == .unreachableMulti || !ids.isEmpty {
        pairs.append((kind == .unreachableMulti ? "unreachable" : Self.words(kind), examples(ids)))
      }
    }
    pairs.append(
      ("cut by pre-tokenizer", cutByPreTokenizer == 0 ? "none" : Numbers.grouped(cutByPreTokenizer)))
    pairs.append(
      (
        "duplicates",
        duplicates.isEmpty
          ? "none"
          : duplicates.prefix(5).map { $0.map(String.init).joined(separator: " = ") }.joined(separator: ", ")
      ))
    return Table.pairs(pairs, style)
  }
}
