/// Turns components of a `tokenizer.json`, and names given by hand, into pre-tokenizers.
public enum PreTokenizers {
  /// A pre-tokenizer chosen by hand: what to write into `tokenizer.json`, and what runs.
  public struct Named: Sendable {
    /// The name as given: `o200k`, or `regex:PATTERN`.
    public var name: String
    /// nil for `none`.
    public var component: PreTokenizerComponent?
    public var preTokenizer: any PreTokenizer
  }

  /// The names ``named(_:)`` takes beside `regex:PATTERN`.
  public static var names: [String] { PreTokenizerPattern.allCases.map(\.rawValue) + ["none"] }

  /// The pre-tokenizer of byte-level models with a name of ``names``, or `regex:PATTERN` in Oniguruma's
  /// meaning (as `tokenizer.json` has it).
  ///
  /// - Throws: ``ToklabError`` for an unknown name or a pattern that cannot run.
  public static func named(_ name: String) throws(ToklabError) -> Named {
    if name == "none" {
      let component = PreTokenizerComponent.byteLevel(
        addPrefixSpace: false, trimOffsets: true, useRegex: false)
      return Named(name: name, component: component, preTokenizer: WholeTextPreTokenizer())
    }
    if name.utf8.starts(with: "regex:".utf8) {
      let expression = String(name.dropFirst("regex:".count))
      let component = PreTokenizerComponent.sequence([
        .split(pattern: .regex(expression), behavior: .isolated, invert: false),
        .byteLevel(addPrefixSpace: false, trimOffsets: true, useRegex: false),
      ])
      return Named(name: name, component: component, preTokenizer: try make(component))
    }
    guard let pattern = PreTokenizerPattern(rawValue: name) else {
      throw ToklabError(
        "\(name) is no pre-tokenizer toklab knows",
        expected: "one of \(names.joined(separator: ", ")), or regex:PATTERN")
    }
    return Named(name: name, component: pattern.component, preTokenizer: pattern.preTokenizer)
  }

  /// The pre-tokenizer a component describes, for components that neither drop nor rewrite text.
  ///
  /// Known patterns become scanners of their own, other expressions ICU's. nil is the whole text as one
  /// piece.
  ///
  /// - Parameter path: where the component stands in its file, for errors.
  /// - Throws: ``ToklabError`` for a component that drops or rewrites text, or a pattern that cannot run.
  public static func make(
    _ component: PreTokenizerComponent?, path: String = "$.pre_tokenizer"
  ) throws(ToklabError) -> any PreTokenizer {
    guard let component else { return WholeTextPreTokenizer() }
    var steps: [Step] = []
    try flatten(component, path, into: &steps)
    let expressions = steps.map(\.isolatedExpression)
    if !expressions.contains(nil),
      let pattern = PreTokenizerPattern(expressions: expressions.compactMap(\.self))
    {
      return pattern.preTokenizer
    }
    var result: (any PreTokenizer)?
    for step in steps {
      let next = try step.preTokenizer()
      result = result.map { SequencePreTokenizer(first: $0, second: next) } ?? next
    }
    return result ?? WholeTextPreTokenizer()
  }

  /// Successive isolated splits by ICU, the expressions taken as ICU reads them: the oracle of the scanners.
  package static func icuSplits(_ expressions: [String]) throws(ToklabError) -> any PreTokenizer {
    var result: (any PreTokenizer)?
    for expression in expressions {
      let regex = try ICURegex(expression)
      let split = SplitPreTokenizer(RegexMatching(regex: regex), behavior: .isolated, invert: false)
      result = result.map { SequencePreTokenizer(first: $0, second: split) } ?? split
    }
    return result ?? WholeTextPreTokenizer()
  }

  /// A component with its path; sequences are undone and steps that cut nothing left out.
  private struct Step {
    let component: PreTokenizerComponent
    let path: String

    /// The expression when this is nothing but an isolated split.
    var isolatedExpression: String? {
      switch component {
      case .split(.regex(let expression), .isolated, _): expression
      case .byteLevel(_, _, true): PreTokenizerPattern.gpt2.expressions[0]
      default: nil
      }
    }

    func preTokenizer() throws(ToklabError) -> any PreTokenizer {
      switch component {
      case .byteLevel(_, _, true): return PreTokenizerPattern.gpt2.preTokenizer
      case .split(let pattern, let behavior, let invert) where behavior != .removed:
        switch pattern {
        case .literal(let literal):
          return SplitPreTokenizer(
            LiteralMatching(literal: Array(literal.utf8)), behavior: behavior, invert: invert)
        case .regex(let expression):
          if behavior == .isolated, let known = PreTokenizerPattern(expressions: [expression]) {
            return known.preTokenizer
          }
          do throws(ToklabError) {
            let regex = try ICURegex(translating: expression, from: .oniguruma)
            return SplitPreTokenizer(
              RegexMatching(regex: regex), behavior: behavior, invert: invert)
          } catch {
            var located = error
            located.position = .path(path)
            throw located
          }
        }
      default:
        throw ToklabError(
          at: .path(path), "this pre-tokenizer drops or rewrites text, which is not supported here",
          expected: "Split (not Removed), ByteLevel, or a Sequence of those")
      }
    }
  }

  private static func flatten(
    _ component: PreTokenizerComponent, _ path: String, into steps: inout [Step]
  ) throws(ToklabError) {
    switch component {
    case .sequence(let parts):
      for (index, part) in parts.enumerated() {
        try flatten(part, "\(path).pretokenizers[\(index)]", into: &steps)
      }
    case .byteLevel(let addsPrefixSpace, _, let useRegex):
      // The space before a whole text is the pipeline's; later steps would put one before each piece.
      if addsPrefixSpace, !steps.isEmpty {
        throw ToklabError(
          at: .path(path), "ByteLevel with add_prefix_space after another pre-tokenizer",
          expected: "add_prefix_space only in the first pre-tokenizer")
      }
      if useRegex { steps.append(Step(component: component, path: path)) }
    default: steps.append(Step(component: component, path: path))
    }
  }
}
