import Tokenizers

/// Reads what toklab's verbs write with `--json`: one document, or the records of `view`.
package enum ResultReader {
  /// - Throws: ``ToklabError`` that names the file: not JSON, no schema of toklab's, a row without a metric.
  package static func read(_ bytes: [UInt8], file: String, sha256: String) throws(ToklabError)
    -> ResultDocument
  {
    var document = ResultDocument(file: file, sha256: sha256)
    do throws(ToklabError) {
      guard let first = bytes.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }), first == 0x7B else {
        throw ToklabError(
          bytes.isEmpty ? "an empty file" : "not a JSON object",
          expected: "what a verb of toklab writes with --json")
      }
      if try isRecords(bytes) {
        try readRecords(bytes, into: &document)
      } else {
        try readDocument(try ByteJSON(bytes).root, into: &document)
      }
    } catch { throw error.in(file) }
    return document
  }

  /// JSON Lines: the first line is a whole object, and `view` wrote it.
  private static func isRecords(_ bytes: [UInt8]) throws(ToklabError) -> Bool {
    let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
    guard let line = try? ByteJSON(Array(bytes[..<end])).root else { return false }
    return line.member("schema") == nil && line.member("tokens") != nil && line.member("tokenizer") != nil
  }

  private static func readRecords(_ bytes: [UInt8], into document: inout ResultDocument) throws(ToklabError) {
    var number = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      if line.isEmpty { continue }
      do throws(ToklabError) {
        let record = try ByteJSON(Array(line)).root
        var split = ResultDocument.Split(
          tokenizer: try text(record, "tokenizer") ?? "", document: try integer(record, "document") ?? 0,
          tokens: [])
        for token in try record.member("tokens")?.elements() ?? [] {
          split.tokens.append(.init(id: try integer(token, "id") ?? 0, text: try text(token, "token") ?? ""))
        }
        document.splits.append(split)
      } catch {
        throw ToklabError(
          at: .line(number), error.found, expected: error.expected ?? "a record of `view --json`")
      }
    }
  }

  private static func readDocument(_ root: ByteJSON.Value, into document: inout ResultDocument)
    throws(ToklabError)
  {
    guard let schema = try text(root, "schema"), schema.hasPrefix("toklab.") else {
      throw ToklabError(
        "a JSON object without a schema of toklab's", expected: "what a verb of toklab writes with --json")
    }
    document.schema = schema
    if let provenance = root.member("provenance") {
      document.toklab = try text(provenance, "toklab")
      document.seed = try integer(provenance, "seed")
      document.arguments = try strings(provenance, "arguments")
      for input in try provenance.member("inputs")?.elements() ?? [] {
        document.inputs.append(
          .init(
            file: try text(input, "file") ?? "", sha256: try text(input, "sha256") ?? "",
            bytes: try integer(input, "bytes") ?? 0))
      }
    }
    document.notes = try strings(root, "notes")
    for language in try root.member("languages")?.elements() ?? [] where language.kind == .object {
      document.languages.append(
        .init(
          label: try text(language, "language") ?? "", name: try text(language, "name"),
          script: try text(language, "script")))
    }
    if schema.hasPrefix("toklab.score."), let rows = root.member("rows") {
      for row in try rows.elements() { document.rows.append(try resultRow(row)) }
    } else if schema.hasPrefix("toklab.inspect/") {
      document.vocabularies.append(try vocabulary(root))
    } else if schema.hasPrefix("toklab.sweep.export/") {
      for cell in try root.member("cells")?.elements() ?? [] {
        document.sweepCells.append(try sweepCell(cell))
      }
    } else {
      document.other = try ResultTables.tables(of: root)
    }
  }

  private static func resultRow(_ row: ByteJSON.Value) throws(ToklabError) -> ResultRow {
    guard let metric = try text(row, "metric"), let tokenizer = try text(row, "tokenizer") else {
      throw row.error("a row without tokenizer or metric", expected: "the rows of a score verb")
    }
    return ResultRow(
      tokenizer: tokenizer, tokenizerSHA256: try text(row, "tokenizer_sha256"),
      language: try text(row, "language"),
      metric: metric, metricVersion: try integer(row, "metric_version") ?? 1, value: try number(row, "value"),
      low: try number(row, "low"), high: try number(row, "high"), estimator: try text(row, "estimator") ?? "",
      unit: try text(row, "unit") ?? "", n: try integer(row, "n") ?? 0,
      encodeMode: try text(row, "encode_mode") ?? "", nullReason: try text(row, "null_reason"),
      specialTokens: try text(row, "special_tokens") ?? "",
      normalization: try text(row, "normalization") ?? "",
      corpusSHA256: try text(row, "corpus_sha256"), seed: UInt64(try integer(row, "seed") ?? 0))
  }

  private static func sweepCell(_ cell: ByteJSON.Value) throws(ToklabError) -> ResultDocument.SweepCell {
    var values: [String: Double] = [:]
    for (metric, value) in try members(cell.member("values")) where !value.isNull {
      values[metric] = try value.double()
    }
    return ResultDocument.SweepCell(
      language: try text(cell, "language") ?? "", algorithm: try text(cell, "algorithm") ?? "",
      preTokenizer: try text(cell, "pre_tokenizer") ?? "",
      trainingBytes: try integer(cell, "training_bytes") ?? 0,
      seed: try integer(cell, "seed") ?? 0, size: try integer(cell, "vocabulary_size") ?? 0,
      status: try text(cell, "status") ?? "", sizeReached: try integer(cell, "size_reached"),
      reason: try text(cell, "reason"), values: values)
  }

  private static func vocabulary(_ root: ByteJSON.Value) throws(ToklabError) -> ResultDocument.Vocabulary {
    var vocabulary = ResultDocument.Vocabulary(
      tokenizer: try text(root, "tokenizer") ?? "", size: try integer(root, "vocabulary_size") ?? 0,
      lengths: [],
      scripts: [])
    for (key, value) in try members(root.member("token_lengths")?.member("histogram")) {
      guard let length = Int(key), length >= 0 else {
        throw value.error("the length \(key)", expected: "a number of bytes")
      }
      vocabulary.lengths.append((length, try value.integer()))
    }
    for (key, value) in try members(root.member("scripts")) {
      vocabulary.scripts.append((key, try value.integer()))
    }
    return vocabulary
  }

  // MARK: - Members that may be missing or null

  static func members(_ value: ByteJSON.Value?) throws(ToklabError) -> [(String, ByteJSON.Value)] {
    guard let value, value.kind == .object else { return [] }
    var found: [(String, ByteJSON.Value)] = []
    try value.forEachMember { (key, member) throws(ToklabError) in found.append((try key.string(), member)) }
    return found
  }

  static func text(_ object: ByteJSON.Value, _ name: StaticString) throws(ToklabError) -> String? {
    guard let member = object.member(name), !member.isNull else { return nil }
    return try member.string()
  }

  static func number(_ object: ByteJSON.Value, _ name: StaticString) throws(ToklabError) -> Double? {
    guard let member = object.member(name), !member.isNull else { return nil }
    return try member.double()
  }

  static func integer(_ object: ByteJSON.Value, _ name: StaticString) throws(ToklabError) -> Int? {
    guard let member = object.member(name), !member.isNull else { return nil }
    return try member.integer(in: 0...Int.max)
  }

  static func strings(_ object: ByteJSON.Value, _ name: StaticString) throws(ToklabError) -> [String] {
    guard let member = object.member(name), member.kind == .array else { return [] }
    var found: [String] = []
    for element in try member.elements() { found.append(try element.string()) }
    return found
  }
}
