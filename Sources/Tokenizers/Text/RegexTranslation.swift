/// Says in ICU's syntax what an expression means to another engine, so that ICU's matches are that engine's.
///
/// Where ICU has nothing of the same meaning the expression is refused, never approximated: absent
/// operators, recursion, conditionals, callouts, `\K`, `\G`, `\X`. What is translated:
///
/// - `^ $ . \Z \h \v \b \w` differ between the engines and are spelled out.
/// - Oniguruma: `x{1,3}+` is a repeated group, `x{3}?` an optional one, `(?m)` lets the dot match a line end;
///   `^` and `$` match at every line. Fancy-regex: `{1,3}+` is possessive, `^` and `$` are the text's ends.
/// - `[set]++` becomes `[set]+(?![set])`: the same matches, but ICU's loop over a greedy set takes no stack.
///
/// Sources: kkos/oniguruma `doc/RE`, `doc/SYNTAX.md`; fancy-regex and regex-syntax documentation; ICU User
/// Guide, Regular Expressions. Differences were probed with tokenizers 0.23.3 (Tests/Peers).
struct RegexTranslation {
  /// Whose meaning an expression has.
  enum Dialect: Sendable {
    /// `tokenizer.json`: Oniguruma with its default syntax.
    case oniguruma
    /// `.tiktoken`: fancy-regex over Rust's regex crate.
    case fancy
  }

  static func icu(_ expression: String, from dialect: Dialect) throws(ToklabError) -> String {
    var translation = RegexTranslation(expression, dialect)
    let result = try translation.alternatives(depth: 0)
    if translation.index < translation.source.count {
      throw translation.refusal("an unmatched )")
    }
    return result.isEmpty ? "(?:)" : result
  }

  struct Flags {
    var ignoreCase = false
    var dotAll = false
    var lines = false
  }

  let dialect: Dialect
  private let expression: String
  let source: [Unicode.Scalar]
  var index = 0
  var flags = Flags()

  private init(_ expression: String, _ dialect: Dialect) {
    self.expression = expression
    self.dialect = dialect
    source = Array(expression.unicodeScalars)
  }

  func refusal(_ what: String, advice: String? = nil) -> ToklabError {
    ToklabError(
      "the regular expression \(ByteEscape.shortened(expression)) has \(what) at character \(index + 1), which ICU cannot match "
        + "with the same meaning", advice: advice)
  }

  var next: Unicode.Scalar? { index < source.count ? source[index] : nil }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    index += 1
    return true
  }

  /// Everything up to the end or a closing parenthesis, which is left in place.
  mutating func alternatives(depth: Int) throws(ToklabError) -> String {
    guard depth < 100 else { throw refusal("more than 100 nested groups") }
    let outer = flags
    defer { flags = outer }
    var output = ""
    var atStart = true
    while let scalar = next, scalar != ")" {
      if scalar == "|" {
        index += 1
        output += "|"
        atStart = false
        continue
      }
      if let isolated = try isolatedFlags(atStart: atStart) {
        output += isolated
        continue
      }
      atStart = false
      guard let atom = try atom(depth: depth) else { continue }
      output += try quantified(atom)
    }
    return output
  }

  /// `(?i)` and the like: they hold to the end of the group.
  private mutating func isolatedFlags(atStart: Bool) throws(ToklabError) -> String? {
    guard next == "(", index + 1 < source.count, source[index + 1] == "?" else { return nil }
    var end = index + 2
    while end < source.count, source[end] == "-" || source[end].properties.isAlphabetic { end += 1 }
    guard end > index + 2, end < source.count, source[end] == ")" else { return nil }
    // Oniguruma reads a(?i)b|c as a(?i:b|c), ICU as a(?i:b)|(?i:c); at the start they agree.
    guard atStart || dialect == .fancy else { throw refusal("flags inside a group") }
    index += 2
    let letters = try flagLetters()
    index += 1
    return letters.isEmpty ? "" : "(?\(letters))"
  }

  /// Reads `i`, `m`, `s`, `-i` … up to `:` or `)`; returns what of it ICU should be told.
  private mutating func flagLetters() throws(ToklabError) -> String {
    var on = true
    var told = ""
    while let scalar = next, scalar != ":", scalar != ")" {
      switch scalar {
      case "-" where on: on = false
      case "i":
        flags.ignoreCase = on
        told = on ? "i" : "-i"
      case "m" where dialect == .oniguruma: flags.dotAll = on
      case "m": flags.lines = on
      case "s" where dialect == .fancy: flags.dotAll = on
      default: throw refusal("the flag \(scalar)")
      }
      index += 1
    }
    return told
  }

  /// Something a quantifier can follow.
  struct Atom {
    var text: String
    /// Matches exactly one character, whatever it is.
    var single = false
    /// Matches no characters: a quantifier after it is refused.
    var assertion = false
  }

  private mutating func atom(depth: Int) throws(ToklabError) -> Atom? {
    guard let scalar = next else { return nil }
    switch scalar {
    case "(": return try group(depth: depth)
    case "[": return Atom(text: try characterClass(depth: 0), single: true)
    case "\\": return try escape()
    case ".":
      index += 1
      return Atom(text: flags.dotAll ? #"[\s\S]"# : #"[^\n]"#, single: true)
    case "^":
      index += 1
      let text =
        switch (dialect, flags.lines) {
        case (.oniguruma, _): #"(?:\A|(?<=\n)(?!\z))"#
        case (.fancy, true): #"(?:\A|(?<=\n))"#
        case (.fancy, false): #"\A"#
        }
      return Atom(text: text, assertion: true)
    case "$":
      index += 1
      let lines = dialect == .oniguruma || flags.lines
      return Atom(text: lines ? #"(?=\n|\z)"# : #"\z"#, assertion: true)
    case "*", "+", "?": throw refusal("a quantifier without anything to repeat")
    default:
      if scalar == "{", try interval() != nil {
        throw refusal("a quantifier without anything to repeat")
      }
      index += 1
      return Atom(text: try literal(scalar), single: true)
    }
  }

  /// A character standing for itself.
  func literal(_ scalar: Unicode.Scalar) throws(ToklabError) -> String {
    if flags.ignoreCase {
      let properties = scalar.properties
      if properties.uppercaseMapping.unicodeScalars.count > 1
        || properties.lowercaseMapping.unicodeScalars.count > 1
      {
        throw refusal("the letter \(scalar), whose other case is several letters, without regard to case")
      }
      // ICU folds ss to ß as Oniguruma does; the regex crate folds single characters only.
      if dialect == .fancy, properties.isCased { return "[\(scalar)]" }
    }
    return Self.escaped(scalar)
  }

  static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x5F, 0xA1...0xD7FF, 0xE000...0xFFFD,
      0x10000...0x10FFFF:
      String(scalar)
    case 0x21...0x7E: "\\\(scalar)"
    default: "\\x{\(String(scalar.value, radix: 16))}"
    }
  }

  private mutating func group(depth: Int) throws(ToklabError) -> Atom? {
    index += 1
    var opening = "("
    var assertion = false
    let outer = flags
    defer { flags = outer }
    if next == "*" { throw refusal("a callout") }
    if take("?") {
      guard let kind = next else { throw refusal("an unfinished group") }
      switch kind {
      case ":", ">":
        index += 1
        opening = "(?\(kind)"
      case "=", "!":
        index += 1
        opening = "(?\(kind)"
        assertion = true
      case "#":
        while let scalar = next, scalar != ")" { index += scalar == "\\" ? 2 : 1 }
        guard take(")") else { throw refusal("an unfinished comment") }
        return nil
      case "<":
        index += 1
        if let kind = next, kind == "=" || kind == "!" {
          index += 1
          opening = "(?<\(kind)"
          assertion = true
        } else {
          opening = try groupName()
        }
      case "P" where dialect == .fancy && index + 1 < source.count && source[index + 1] == "<":
        index += 2
        opening = try groupName()
      case "i", "m", "s", "-":
        let letters = try flagLetters()
        guard next == ":" else { throw refusal("an unfinished group") }
        index += 1
        opening = letters.isEmpty ? "(?:" : "(?\(letters):"
      default: throw refusal("the group (?\(kind)")
      }
    }
    let inside = try alternatives(depth: depth + 1)
    guard take(")") else { throw refusal("an unfinished group") }
    return Atom(text: opening + inside + ")", assertion: assertion)
  }

  /// A name up to `>`; nothing refers to it (back-references are refused), so a plain group does.
  private mutating func groupName() throws(ToklabError) -> String {
    while let scalar = next, scalar != ">" {
      guard scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil else {
        throw refusal("a strange group name")
      }
      index += 1
    }
    guard take(">") else { throw refusal("an unfinished group name") }
    return "("
  }

  // MARK: Quantifiers

  private struct Repeat {
    var least: Int
    /// nil is no limit.
    var most: Int?
    var isInterval: Bool

    var text: String {
      switch (least, most) {
      case (0, nil): "*"
      case (1, nil): "+"
      case (0, 1): "?"
      case (let least, nil): "{\(least),}"
      case (let least, let most?) where least == most: "{\(least)}"
      case (let least, let most?): "{\(least),\(most)}"
      }
    }
  }

  private mutating func quantified(_ atom: Atom) throws(ToklabError) -> String {
    var text = atom.text
    var single = atom.single
    while let count = try quantifier() {
      if atom.assertion { throw refusal("a quantifier after an assertion") }
      // Oniguruma takes ? and + after an interval for quantifiers of their own, but for the lazy {n,m}?.
      let fixed = count.isInterval && count.least == count.most
      let ownQuantifier = dialect == .oniguruma && count.isInterval
      if next == "?", !(ownQuantifier && fixed) {
        index += 1
        text += count.text + "?"
      } else if next == "+", !ownQuantifier {
        index += 1
        if single, count.most == nil {
          text += count.text + "(?!\(text))"
        } else {
          text += count.text + "+"
        }
      } else {
        text += count.text
      }
      single = false
      switch next {
      case "*", "+", "?", "{": text = "(?:\(text))"
      default: break
      }
    }
    return text
  }

  private mutating func quantifier() throws(ToklabError) -> Repeat? {
    switch next {
    case "*":
      index += 1
      return Repeat(least: 0, most: nil, isInterval: false)
    case "+":
      index += 1
      return Repeat(least: 1, most: nil, isInterval: false)
    case "?":
      index += 1
      return Repeat(least: 0, most: 1, isInterval: false)
    case "{": return try interval()
    default: return nil
    }
  }

  /// `{n}`, `{n,}`, `{n,m}`, and in Oniguruma `{,m}`; anything else is no interval and stays in place.
  private mutating func interval() throws(ToklabError) -> Repeat? {
    let start = index
    index += 1
    let least = try number()
    var most = least
    let comma = take(",")
    if comma { most = try number() }
    guard take("}"), least != nil || (comma && most != nil && dialect == .oniguruma) else {
      index = start
      // The regex crate takes an open brace for an unfinished interval.
      if dialect == .fancy { throw refusal("an unescaped {") }
      return nil
    }
    if let least, let most, least > most { throw refusal("an interval that counts down") }
    return Repeat(least: least ?? 0, most: most, isInterval: true)
  }

  private mutating func number() throws(ToklabError) -> Int? {
    var value: Int?
    while let scalar = next, (0x30...0x39).contains(scalar.value) {
      value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
      if value! > 1000 { throw refusal("an interval of more than 1,000") }
      index += 1
    }
    return value
  }
}
