/// The affix rules of a hunspell dictionary, as far as listing its forms needs them.
///
/// Understood: `SET`, `FLAG` (single characters, long, num, UTF-8), `PFX` and `SFX` with conditions,
/// cross products, continuation classes (one level: a suffix that carries further suffixes), `AF` aliases,
/// `NEEDAFFIX`, `FORBIDDENWORD`. Compounding and replacement tables make no new entries and are passed
/// over. Format: hunspell(5).
public struct HunspellAffixes: Sendable {
  struct Rule: Sendable {
    var isPrefix: Bool
    var crosses: Bool
    var strip: [UInt8]
    var add: [UInt8]
    var continuation: [String]
    var condition: [Condition]
  }

  /// One position of a condition: any character, or one of (or none of) some.
  struct Condition: Sendable {
    var scalars: [UInt32]
    var isNegated: Bool

    func matches(_ scalar: UInt32) -> Bool { scalars.contains(scalar) != isNegated }
  }

  private enum FlagKind { case character, long, number }

  private var rules: [String: [Rule]] = [:]
  private var flagKind = FlagKind.character
  private var aliases: [[String]] = []
  private var needsAffix: String?
  private var forbidden: String?

  /// More forms than this are refused: a dictionary that expands further is meant for checking, not listing.
  public static let mostForms = 20_000_000

  /// The encoding of the dictionary's files, as they name it.
  private var encoding = "UTF-8"

  public init(file path: String) throws(ToklabError) {
    do throws(ToklabError) {
      let bytes = try FileBytes.read(path)
      let encoding = Self.statedEncoding(bytes)
      self = try HunspellAffixes(TextLines(TextEncoding.utf8(bytes, from: encoding)))
      self.encoding = encoding
    } catch { throw error.in(path) }
  }

  /// The dictionary's bytes as text.
  package func text(_ bytes: [UInt8]) throws(ToklabError) -> TextLines {
    try TextLines(TextEncoding.utf8(bytes, from: encoding))
  }

  /// The word after `SET`, which stands before anything that is not ASCII; ISO 8859-1 where there is none, as
  /// hunspell(5) says.
  private static func statedEncoding(_ bytes: [UInt8]) -> String {
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.starts(with: "SET ".utf8)
    {
      return String(decoding: line.dropFirst(4).prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    }
    return "ISO8859-1"
  }

  /// - Throws: ``ToklabError`` with the line of a rule that cannot be read.
  public init(_ text: TextLines) throws(ToklabError) {
    var headers: [String: Bool] = [:]
    var aliasesExpected: Int?
    for line in 0..<text.count {
      let cells = text.string(ofLine: line).split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
      guard let keyword = cells.first else { continue }
      func fault(_ found: String, _ expected: String) -> ToklabError {
        ToklabError(at: .line(line + 1), found, expected: expected)
      }
      switch keyword {
      case "FLAG":
        switch cells.count > 1 ? cells[1] : "" {
        case "long": flagKind = .long
        case "num": flagKind = .number
        case "UTF-8": flagKind = .character
        default: throw fault("FLAG \(cells.dropFirst().joined())", "long, num or UTF-8")
        }
      case "NEEDAFFIX": needsAffix = cells.count > 1 ? cells[1] : nil
      case "FORBIDDENWORD": forbidden = cells.count > 1 ? cells[1] : nil
      case "AF":
        guard cells.count > 1 else { throw fault("AF without a value", "flags") }
        if aliasesExpected == nil, let count = Int(cells[1]) {
          aliasesExpected = count
        } else {
          aliases.append(split(cells[1]))
        }
      case "PFX", "SFX":
        guard cells.count >= 4 else { throw fault("\(cells.count) fields", "an affix header or rule") }
        let key = keyword + " " + cells[1]
        if let crosses = headers[key] {
          let rule = try readRule(cells, crosses: crosses, fault)
          rules[cells[1], default: []].append(rule)
        } else {
          headers[key] = cells[2] == "Y"
        }
      default: break
      }
    }
  }

  private func readRule(
    _ cells: [String], crosses: Bool, _ fault: (String, String) -> ToklabError
  ) throws(ToklabError) -> Rule {
    let parts = cells[3].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    let add = parts[0] == "0" ? [] : Array(parts[0].utf8)
    var condition: [Condition] = []
    if cells.count > 4, cells[4] != "." {
      var scalars = Array(cells[4].unicodeScalars)[...]
      while let scalar = scalars.popFirst() {
        if scalar == "[" {
          guard let end = scalars.firstIndex(of: "]") else { throw fault(cells[4], "a closing ]") }
          var members = Array(scalars[..<end])
          let negated = members.first == "^"
          if negated { members.removeFirst() }
          condition.append(Condition(scalars: members.map(\.value), isNegated: negated))
          scalars = scalars[scalars.index(after: end)...]
        } else if scalar == "." {
          condition.append(Condition(scalars: [], isNegated: true))
        } else {
          condition.append(Condition(scalars: [scalar.value], isNegated: false))
        }
      }
    }
    return Rule(
      isPrefix: cells[0] == "PFX", crosses: crosses, strip: cells[2] == "0" ? [] : Array(cells[2].utf8),
      add: add, continuation: parts.count > 1 ? flags(parts[1]) : [], condition: condition)
  }

  /// A flag field, which may be the number of an alias.
  private func flags(_ field: String) -> [String] {
    if !aliases.isEmpty, let number = Int(field), aliases.indices.contains(number - 1) {
      return aliases[number - 1]
    }
    return split(field)
  }

  private func split(_ field: String) -> [String] {
    switch flagKind {
    case .number: return field.split(separator: ",").map(String.init)
    case .character: return field.unicodeScalars.map { String($0) }
    case .long:
      let scalars = Array(field.unicodeScalars)
      return stride(from: 0, to: scalars.count - scalars.count % 2, by: 2).map {
        String(String.UnicodeScalarView(scalars[$0...($0 + 1)]))
      }
    }
  }

  /// Every form of a `.dic` file: its first line is a count, each other `stem/FLAGS` with optional
  /// morphology after white space.
  public func expand(dictionary: TextLines) throws(ToklabError) -> [[UInt8]] {
    if let forms = try expand(dictionary: dictionary, atMost: Self.mostForms) { return forms }
    throw ToklabError(
      "more than \(Self.mostForms) forms", expected: "a dictionary that can be listed",
      advice: "use a plain list of forms instead")
  }

  /// The stems alone, forbidden words left out.
  func stems(of dictionary: TextLines) -> [[UInt8]] {
    var stems: [[UInt8]] = []
    forEachEntry(of: dictionary) { stem, flags in
      if needsAffix == nil || !flags.contains(needsAffix!) { stems.append(stem) }
      return true
    }
    return stems
  }

  /// Nil when there are more than `most`.
  func expand(dictionary: TextLines, atMost most: Int) throws(ToklabError) -> [[UInt8]]? {
    var forms: [[UInt8]] = []
    var fits = true
    forEachEntry(of: dictionary) { stem, flags in
      expand(stem, flags, into: &forms)
      fits = forms.count <= most
      return fits
    }
    return fits ? forms : nil
  }

  /// Calls `body` with each stem and its flags until it returns false.
  private func forEachEntry(
    of dictionary: TextLines, _ body: (_ stem: [UInt8], _ flags: [String]) -> Bool
  ) {
    for line in 0..<dictionary.count {
      let entry = dictionary.string(ofLine: line)
      let field =
        entry.split(maxSplits: 1) { $0 == "\t" || $0 == " " || $0 == "\r" || $0 == "\r\n" }.first ?? ""
      if field.isEmpty || (line == 0 && Int(field) != nil) { continue }
      let (stem, flags) = Self.entry(field)
      let own = flags.isEmpty ? [] : self.flags(flags)
      if let forbidden, own.contains(forbidden) { continue }
      if !body(Array(stem.utf8), own) { return }
    }
  }

  /// Splits at the first slash that is not escaped.
  private static func entry(_ field: Substring) -> (stem: String, flags: String) {
    var stem = String.UnicodeScalarView()
    var scalars = field.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      if scalar == "\\", scalars.first == "/" {
        stem.append(scalars.removeFirst())
      } else if scalar == "/" && !stem.isEmpty {
        return (String(stem), String(Substring(scalars)))
      } else {
        stem.append(scalar)
      }
    }
    return (String(stem), "")
  }

  private func expand(_ stem: [UInt8], _ flags: [String], into forms: inout [[UInt8]]) {
    if needsAffix == nil || !flags.contains(needsAffix!) { forms.append(stem) }
    let prefixes = flags.flatMap { rules[$0] ?? [] }.filter(\.isPrefix)
    for flag in flags {
      for rule in rules[flag] ?? [] {
        guard let form = apply(rule, stem) else { continue }
        forms.append(form)
        if rule.isPrefix { continue }
        if rule.crosses {
          for prefix in prefixes where prefix.crosses {
            if let both = apply(prefix, form) { forms.append(both) }
          }
        }
        for next in rule.continuation {
          for second in rules[next] ?? [] {
            guard let longer = apply(second, form) else { continue }
            forms.append(longer)
            if !second.isPrefix && second.crosses {
              for prefix in prefixes where prefix.crosses {
                if let both = apply(prefix, longer) { forms.append(both) }
              }
            }
          }
        }
      }
    }
  }

  private func apply(_ rule: Rule, _ stem: [UInt8]) -> [UInt8]? {
    let scalars = Array(String(decoding: stem, as: UTF8.self).unicodeScalars)
    guard scalars.count >= rule.condition.count else { return nil }
    let start = rule.isPrefix ? 0 : scalars.count - rule.condition.count
    for (offset, condition) in rule.condition.enumerated()
    where !condition.matches(scalars[start + offset].value) {
      return nil
    }
    if rule.isPrefix {
      guard stem.starts(with: rule.strip) else { return nil }
      return rule.add + stem.dropFirst(rule.strip.count)
    }
    guard stem.count >= rule.strip.count, stem.suffix(rule.strip.count).elementsEqual(rule.strip) else {
      return nil
    }
    return stem.dropLast(rule.strip.count) + rule.add
  }
}
