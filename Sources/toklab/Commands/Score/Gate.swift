import ArgumentParser
import Metrics

/// A condition on results: `METRIC[@LANGUAGE] OP NUMBER` with `<=`, `>=`, `<` or `>`.
struct Gate: Sendable {
  enum Comparison: String, Sendable, CaseIterable {
    case atMost = "<="
    case atLeast = ">="
    case below = "<"
    case above = ">"

    func holds(_ value: Double, _ limit: Double) -> Bool {
      switch self {
      case .atMost: value <= limit
      case .atLeast: value >= limit
      case .below: value < limit
      case .above: value > limit
      }
    }

    /// Whether a large value is what makes the condition fail.
    var limitsFromAbove: Bool { self == .atMost || self == .below }
  }

  let text: String
  let metric: String
  let language: String?
  let comparison: Comparison
  let limit: Double

  /// - Parameter known: the metrics that the verb can give.
  /// - Throws: a usage error for text that is no gate.
  init(_ text: String, known: [MetricDescriptor]) throws {
    self.text = text
    guard
      let found = Comparison.allCases.first(where: { text.contains($0.rawValue) }),
      let mark = text.firstRange(of: found.rawValue)
    else { throw Self.malformed(text) }
    let left = Self.trim(text[..<mark.lowerBound])
    let right = Self.trim(text[mark.upperBound...])
    guard !left.isEmpty, let limit = Double(right), limit.isFinite else { throw Self.malformed(text) }
    let parts = left.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    metric = Self.trim(parts[0])
    language = parts.count > 1 ? Self.trim(parts[1]) : nil
    comparison = found
    self.limit = limit
    guard known.contains(where: { $0.name == metric }), language != "" else {
      throw ValidationError(
        "--gate '\(text)' names no metric of this verb; expected one of \(known.map(\.name).joined(separator: ", "))"
      )
    }
  }

  private static func trim(_ text: Substring) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  private static func malformed(_ text: String) -> ValidationError {
    ValidationError("--gate '\(text)' is no gate; expected 'METRIC[@LANGUAGE] OP NUMBER' with <=, >=, < or >")
  }

  /// What a gate says about one tokenizer.
  struct Verdict: Sendable {
    var gate: Gate
    var tokenizer: String
    var checked: Int
    var failed: Int
    /// The row that decides: the worst one, a null before all others.
    var decisive: MetricResult

    var passed: Bool { failed == 0 }

    var text: String {
      let row = decisive
      var text = "\(passed ? "PASS" : "FAIL")  \(gate.text)  \(tokenizer): "
      if let value = row.value { text += Numbers.shortest(value.double) } else { text += "null" }
      if gate.language == nil, let language = row.language { text += " (\(language))" }
      if let reason = row.nullReason { text += ", \(reason)" }
      if checked > 1 { text += failed > 0 ? "; \(failed) of \(checked) fail" : "; all \(checked) pass" }
      return text
    }

    var json: JSON {
      .object([
        ("gate", .string(gate.text)), ("tokenizer", .string(tokenizer)), ("passed", .bool(passed)),
        ("checked", .int(checked)), ("failed", .int(failed)), ("language", .string(decisive.language)),
        ("value", .number(decisive.value?.double)), ("null_reason", .string(decisive.nullReason)),
      ])
    }
  }

  /// The verdicts for each tokenizer in the order of the rows. Without a language the condition must hold
  /// for every row of the metric.
  ///
  /// - Throws: ``ToklabError`` when there is no such row.
  func verdicts(on results: [MetricResult]) throws -> [Verdict] {
    var verdicts: [Verdict] = []
    for row in results where row.metric == metric {
      if let language, row.language != language { continue }
      let holds = row.value.map { comparison.holds($0.double, limit) } ?? false
      if let index = verdicts.firstIndex(where: { $0.tokenizer == row.tokenizer }) {
        verdicts[index].checked += 1
        verdicts[index].failed += holds ? 0 : 1
        if isWorse(row, than: verdicts[index].decisive) { verdicts[index].decisive = row }
      } else {
        verdicts.append(
          Verdict(gate: self, tokenizer: row.tokenizer, checked: 1, failed: holds ? 0 : 1, decisive: row))
      }
    }
    guard !verdicts.isEmpty else {
      let languages = Set(results.compactMap(\.language)).sorted()
      throw ToklabError(
        "--gate '\(text)' finds no row",
        expected: "a metric that was measured"
          + (language == nil
            ? "" : " and one of the languages \(languages.prefix(12).joined(separator: ", "))"))
    }
    return verdicts
  }

  private func isWorse(_ row: MetricResult, than other: MetricResult) -> Bool {
    guard let old = other.value else { return false }
    guard let new = row.value else { return true }
    return comparison.limitsFromAbove ? new.double > old.double : new.double < old.double
  }
}
