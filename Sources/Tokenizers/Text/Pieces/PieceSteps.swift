/// The pre-tokenizers of a definition, compiled: one scanner where none of them drops or rewrites text, else a
/// list of steps over a ``PieceText``.
package enum PreTokenizationPlan: Sendable {
  case scanner(any PreTokenizer)
  case steps([PieceStepPlan])

  /// - Parameter spellsBytes: whether the vocabulary holds the characters that ByteLevel writes for bytes, and not
  ///   the bytes themselves.
  /// - Throws: ``ToklabError`` with the path of a component that cannot run.
  package init(_ component: PreTokenizerComponent?, spellsBytes: Bool = false) throws(ToklabError) {
    guard let component else {
      self = .scanner(WholeTextPreTokenizer())
      return
    }
    if !component.needsSteps && !(spellsBytes && component.hasByteLevel) {
      self = .scanner(try PreTokenizers.make(component))
      return
    }
    var plans: [PieceStepPlan] = []
    try Self.add(component, "$.pre_tokenizer", spellsBytes, to: &plans)
    self = .steps(plans)
  }

  /// Whether a step asks where the document begins, so that the normalizer must keep track of it.
  package var asksForDocumentStart: Bool {
    guard case .steps(let plans) = self else { return false }
    return plans.contains {
      if case .metaspace(_, .first, _) = $0 { true } else { false }
    }
  }

  /// The pieces of a text that is a whole document, each with the range of bytes it was made from.
  package func pieces(of text: [UInt8]) throws(ToklabError) -> [(bytes: [UInt8], range: Range<Int>)] {
    try withBuffer(text) { (buffer) throws(ToklabError) in
      var pieces = PieceText(buffer, isAligned: true, beginsDocument: true)
      switch self {
      case .scanner(let preTokenizer): try IsolatingStep(preTokenizer).run(&pieces)
      case .steps(let plans): for plan in plans { try plan.makeStep().run(&pieces) }
      }
      var start = 0
      return pieces.ends.map { end in
        defer { start = end }
        return (
          Array(pieces.bytes[start..<end]), Int(pieces.starts[start])..<Int(pieces.stops[end - 1])
        )
      }
    }
  }

  private static func add(
    _ component: PreTokenizerComponent, _ path: String, _ spellsBytes: Bool, to plans: inout [PieceStepPlan]
  ) throws(ToklabError) {
    switch component {
    case .sequence(let parts):
      for (index, part) in parts.enumerated() {
        try add(part, "\(path).pretokenizers[\(index)]", spellsBytes, to: &plans)
      }
    case .byteLevel(let addsPrefixSpace, let trims, let usesRegex):
      if addsPrefixSpace { plans.append(.prefixSpace) }
      if usesRegex {
        plans.append(
          .isolating(
            try PreTokenizers.make(
              .byteLevel(addPrefixSpace: false, trimOffsets: trims, useRegex: true), path: path)))
      }
      if spellsBytes { plans.append(.spelling) }
    case .metaspace(let replacement, let scheme, let splits):
      plans.append(.metaspace(replacement: replacement, scheme: scheme, splits: splits))
    case .split(let pattern, .removed, let invert):
      switch pattern {
      case .literal(let literal):
        plans.append(.removing(LiteralMatching(literal: Array(literal.utf8)), invert: invert))
      case .regex(let expression):
        let regex: ICURegex
        do throws(ToklabError) {
          regex = try ICURegex(translating: expression, from: .oniguruma)
        } catch {
          var located = error
          located.position = .path(path)
          throw located
        }
        plans.append(.removing(RegexMatching(regex: regex), invert: invert))
      }
    case .split: plans.append(.isolating(try PreTokenizers.make(component, path: path)))
    case .digits(let individual):
      plans.append(
        .isolating(
          SplitPreTokenizer(
            CharacterMatching(kind: .number, joinsRuns: !individual), behavior: .isolated, invert: false)))
    case .punctuation(.removed):
      plans.append(.removing(CharacterMatching(kind: .punctuation, joinsRuns: true), invert: false))
    case .punctuation(let behavior):
      plans.append(
        .isolating(
          SplitPreTokenizer(
            CharacterMatching(kind: .punctuation, joinsRuns: false), behavior: behavior, invert: false)))
    case .charDelimiterSplit(let delimiter):
      guard let scalar = delimiter.unicodeScalars.first, delimiter.unicodeScalars.count == 1 else {
        throw ToklabError(
          at: .path(path + ".delimiter"), "a delimiter of \(delimiter.unicodeScalars.count) characters",
          expected: "one character")
      }
      plans.append(.removing(CharacterMatching(kind: .scalar(scalar), joinsRuns: true), invert: false))
    case .fixedLength(let length):
      guard length > 0 else {
        throw ToklabError(at: .path(path + ".length"), "a length of \(length)", expected: "1 or more")
      }
      plans.append(.isolating(FixedLengthPreTokenizer(length: length)))
    case .whitespace: plans.append(.removing(CharacterMatching(kind: .words, joinsRuns: true), invert: true))
    case .whitespaceSplit:
      plans.append(.removing(CharacterMatching(kind: .whiteSpace, joinsRuns: true), invert: false))
    case .bert:
      plans.append(.bert)
    case .unicodeScripts: plans.append(.removing(ScriptMatching(), invert: true))
    }
  }
}

/// A step of the general path before it has a thread's memory.
package enum PieceStepPlan: Sendable {
  case isolating(any PreTokenizer)
  case prefixSpace
  case spelling
  case bert
  case metaspace(replacement: String, scheme: PrependScheme, splits: Bool)
  /// A `TextMatching`, kept as what it is inside the module.
  case matching(RemovedMatches)

  static func removing(_ matching: any TextMatching, invert: Bool) -> PieceStepPlan {
    .matching(RemovedMatches(matching: matching, invert: invert))
  }

  func makeStep() -> any PieceStep {
    switch self {
    case .isolating(let preTokenizer): IsolatingStep(preTokenizer)
    case .prefixSpace: PrefixSpaceStep()
    case .spelling: SpellingStep()
    case .bert: BertStep()
    case .metaspace(let replacement, let scheme, let splits):
      MetaspaceStep(replacement: replacement, scheme: scheme, splits: splits)
    case .matching(let removed): RemovingStep(removed.matching, invert: removed.invert)
    }
  }
}

/// What a removing step looks for.
package struct RemovedMatches: Sendable {
  let matching: any TextMatching
  let invert: Bool
}

extension PreTokenizerComponent {
  /// Whether a scanner alone cannot carry it out.
  var needsSteps: Bool {
    switch self {
    case .byteLevel(let addsPrefixSpace, _, _): addsPrefixSpace
    case .split(_, let behavior, _): behavior == .removed
    case .sequence(let parts): parts.contains { $0.needsSteps }
    default: true
    }
  }
}

extension PreTokenizerComponent {
  /// Whether ByteLevel is there, on its own or anywhere in a sequence.
  package var hasByteLevel: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let parts): parts.contains { $0.hasByteLevel }
    default: false
    }
  }

  /// Whether text gets a space in front: ByteLevel's option, on its own or anywhere in a sequence.
  package var addsPrefixSpace: Bool {
    switch self {
    case .byteLevel(let adds, _, _): adds
    case .sequence(let parts): parts.contains { $0.addsPrefixSpace }
    default: false
    }
  }
}
