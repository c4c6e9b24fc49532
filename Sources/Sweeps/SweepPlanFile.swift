import TOMLKit
import Tokenizers

/// Reads a plan. TOMLKit parses; errors get the line of the key they are about.
package struct SweepPlanFile {
  private let path: String
  private let lines: [Substring]
  private let tables: [String: TOMLTable]

  private static let known: [String: [String]] = [
    "sweep": [
      "languages", "algorithms", "vocabulary_sizes", "training_bytes", "pre_tokenizers", "seeds", "reference",
      "scale_training", "contamination_limit",
    ],
    "corpora": ["training", "evaluation"],
  ]

  /// - Throws: ``ToklabError`` with the line: no TOML, unknown or missing keys, values of the wrong kind or out of
  ///   range, the same value twice.
  package static func read(_ path: String) throws -> SweepPlan {
    var bytes: [UInt8] = []
    try ByteStream(path).readAll(into: &bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ToklabError(file: path, "not UTF-8", expected: "a plan in TOML")
    }
    return try SweepPlanFile(path, text).plan()
  }

  private init(_ path: String, _ text: String) throws {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let root: TOMLTable
    do { root = try TOMLTable(string: text) } catch let error as TOMLParseError {
      throw ToklabError(
        file: path, at: .line(error.source.begin.line), error.description, expected: "a plan in TOML",
        advice: "see toklab sweep plan --example")
    }
    var tables: [String: TOMLTable] = [:]
    for key in root.keys {
      guard Self.known[key] != nil || key == "seeds", let table = root[key]?.table else {
        throw ToklabError(
          file: path, at: .line(Self.line(of: key, in: nil, lines)), "the unknown key \(key)",
          expected: "[sweep], [seeds] and [corpora]")
      }
      // The keys of [seeds] are languages, which plan() checks.
      for inner in table.keys where Self.known[key]?.contains(inner) == false {
        throw ToklabError(
          file: path, at: .line(Self.line(of: inner, in: key, lines)), "the unknown key \(inner) in [\(key)]",
          expected: "one of \(Self.known[key]!.joined(separator: ", "))")
      }
      tables[key] = table
    }
    self.tables = tables
  }

  /// The line on which a key of a table stands; 1 where it cannot be told.
  private static func line(of key: String, in table: String?, _ lines: [Substring]) -> Int {
    var current: Substring?
    for (number, line) in lines.enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.hasPrefix("[") {
        let name = trimmed.drop { $0 == "[" || $0 == " " }.prefix { $0 != "]" && $0 != " " }
        current = name
        if table == nil, name == key { return number + 1 }
        continue
      }
      let inner = table.map { current == Substring($0) } ?? true
      let word = trimmed.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
      if inner,
        word == Substring(key) || word == "\"\(key)\"" || (table.map { word == "\($0).\(key)" } ?? false)
      {
        return number + 1
      }
    }
    return 1
  }

  private func error(_ table: String, _ key: String, _ found: String, expected: String, advice: String? = nil)
    -> ToklabError
  {
    ToklabError(
      file: path, at: .line(Self.line(of: key, in: table, lines)), found, expected: expected, advice: advice)
  }

  private func value(_ table: String, _ key: String) throws -> any TOMLValueConvertible {
    guard let value = tables[table]?[key] else {
      throw ToklabError(
        file: path, "no \(key) in [\(table)]", expected: "\(key) = …",
        advice: "see toklab sweep plan --example")
    }
    return value
  }

  private func has(_ table: String, _ key: String) -> Bool { tables[table]?[key] != nil }

  private func text(_ table: String, _ key: String) throws -> String {
    guard let text = try value(table, key).string, !text.isEmpty else {
      throw error(table, key, "\(key) is no text", expected: "\(key) = \"…\"")
    }
    return text
  }

  private func texts(_ key: String) throws -> [String] {
    guard let array = try value("sweep", key).array, !array.isEmpty else {
      throw error("sweep", key, "\(key) is no list, or an empty one", expected: "\(key) = [\"…\", …]")
    }
    var found: [String] = []
    for item in array {
      guard let text = item.string, !text.isEmpty else {
        throw error("sweep", key, "\(key) holds something that is no text", expected: "\(key) = [\"…\", …]")
      }
      guard !found.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
        throw error("sweep", key, "\(text) stands twice in \(key)", expected: "each value once")
      }
      found.append(text)
    }
    return found
  }

  private func numbers(_ key: String, of table: String = "sweep", in range: ClosedRange<Int>) throws -> [Int]
  {
    guard let array = try value(table, key).array, !array.isEmpty else {
      throw error(table, key, "\(key) is no list, or an empty one", expected: "\(key) = [1000, …]")
    }
    var found: [Int] = []
    for item in array {
      guard let number = item.int ?? item.string.flatMap(Self.size) else {
        throw error(table, key, "\(key) holds \(item)", expected: "whole numbers, or sizes such as \"4k\"")
      }
      guard range.contains(number) else {
        throw error(
          table, key, "\(number) in \(key)", expected: "\(range.lowerBound) to \(range.upperBound)")
      }
      guard !found.contains(number) else {
        throw error(table, key, "\(number) stands twice in \(key)", expected: "each value once")
      }
      found.append(number)
    }
    return found
  }

  /// `4k`, `8Ki`, `1M`.
  private static func size(_ text: String) -> Int? {
    let units = [("Ki", 1024), ("Mi", 1 << 20), ("k", 1000), ("M", 1_000_000)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let number = Int(text.dropLast(unit.count)) else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: factor)
      return overflow ? nil : product
    }
    return Int(text)
  }

  private func plan() throws -> SweepPlan {
    let algorithms = try texts("algorithms").map { name in
      guard let algorithm = SweepPlan.Algorithm(rawValue: name) else {
        throw error(
          "sweep", "algorithms", "the algorithm \(name)",
          expected: SweepPlan.Algorithm.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return algorithm
    }
    let least = algorithms.map(\.smallestSize).max()!
    let sizes = try numbers("vocabulary_sizes", in: least...VocabularyBuilder.maximumCapacity)
    if algorithms.contains(.superword), let small = sizes.first(where: { $0 * 4 / 5 < 257 }) {
      throw error(
        "sweep", "vocabulary_sizes", "\(small) in vocabulary_sizes",
        expected: "322 or more: four fifths of a superword vocabulary are words, 256 of them bytes")
    }
    var preTokenizers = ["default"]
    if has("sweep", "pre_tokenizers") { preTokenizers = try texts("pre_tokenizers") }
    for name in preTokenizers where name != "default" {
      do { _ = try PreTokenizers.named(name) } catch {
        throw self.error(
          "sweep", "pre_tokenizers", "the pre-tokenizer \(name)",
          expected: "default, \(PreTokenizers.names.joined(separator: ", ")) or regex:PATTERN")
      }
    }
    var scaling = SweepPlan.Scaling.none
    if has("sweep", "scale_training") {
      guard let known = SweepPlan.Scaling(rawValue: try text("sweep", "scale_training")) else {
        throw error("sweep", "scale_training", "another scaling", expected: "none or byte-premium")
      }
      scaling = known
    }
    var limit = 0.01
    if has("sweep", "contamination_limit") {
      let value = try value("sweep", "contamination_limit")
      guard let number = value.double ?? value.int.map(Double.init), (0...1).contains(number) else {
        throw error("sweep", "contamination_limit", "no share", expected: "0 to 1")
      }
      limit = number
    }
    let languages = try texts("languages")
    for language in languages where language.contains("/") || language.hasPrefix(".") {
      throw error(
        "sweep", "languages", "the language \(language)", expected: "the stem of a file LANGUAGE.txt")
    }
    var languageSeeds: [String: [Int]] = [:]
    for language in tables["seeds"]?.keys ?? [] {
      guard languages.contains(language) else {
        throw error(
          "seeds", language, "seeds of \(language)",
          expected: "a language of the plan: \(languages.joined(separator: ", "))")
      }
      languageSeeds[language] = try numbers(language, of: "seeds", in: 0...Int(Int32.max))
    }
    return SweepPlan(
      languages: languages, algorithms: algorithms, vocabularySizes: sizes.sorted(),
      trainingBytes: try numbers("training_bytes", in: 1000...100_000_000_000).sorted(),
      preTokenizers: preTokenizers,
      seeds: has("sweep", "seeds") ? try numbers("seeds", in: 0...Int(Int32.max)) : [0],
      languageSeeds: languageSeeds,
      reference: has("sweep", "reference") ? try text("sweep", "reference") : "eng", scaling: scaling,
      contaminationLimit: limit, training: beside(try text("corpora", "training")),
      evaluation: beside(try text("corpora", "evaluation")))
  }

  /// Relative to the plan's folder.
  private func beside(_ folder: String) -> String {
    guard !folder.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return folder }
    return String(path[...slash]) + folder
  }
}
