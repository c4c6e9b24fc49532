/// Escapes, properties and character classes of ``RegexTranslation``.
extension RegexTranslation {
  /// What `\w` holds within a class; the regex crate counts the two joiners.
  private var word: String {
    dialect == .oniguruma
      ? #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"# : #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}"#
  }

  /// What `\w` and `\b` go by outside of classes: there Oniguruma reads a table of Latin-1 that counts
  /// ² ³ ¹ ¼ ½ ¾ too (run over all scalars with tokenizers 0.23.3).
  private var looseWord: String {
    dialect == .oniguruma ? word + #"\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}"# : word
  }

  /// The escape at `\`, outside a class.
  mutating func escape() throws(ToklabError) -> Atom {
    index += 1
    guard let scalar = next else { throw refusal("a \\ at its end") }
    switch scalar {
    case "A", "z":
      index += 1
      return Atom(text: "\\\(scalar)", assertion: true)
    case "Z" where dialect == .oniguruma:
      index += 1
      return Atom(text: #"(?=\n?\z)"#, assertion: true)
    case "b":
      index += 1
      return Atom(
        text: "(?:(?<=[\(looseWord)])(?![\(looseWord)])|(?<![\(looseWord)])(?=[\(looseWord)]))",
        assertion: true)
    case "B":
      index += 1
      return Atom(
        text: "(?:(?<=[\(looseWord)])(?=[\(looseWord)])|(?<![\(looseWord)])(?![\(looseWord)]))",
        assertion: true)
    case "R" where dialect == .oniguruma:
      index += 1
      return Atom(text: #"(?>\r\n|[\n-\r\x{85}\x{2028}\x{2029}])"#)
    case "N" where dialect == .oniguruma:
      index += 1
      return Atom(text: #"[^\n]"#, single: true)
    case "O" where dialect == .oniguruma:
      index += 1
      return Atom(text: #"[\s\S]"#, single: true)
    case "w", "W":
      index += 1
      return Atom(text: scalar == "w" ? "[\(looseWord)]" : "[^\(looseWord)]", single: true)
    case "p", "P":
      let property = try property().set
      // Properties know no case folding in Oniguruma.
      return Atom(text: flags.ignoreCase ? "(?-i:\(property))" : property, single: true)
    default:
      if let set = try classEscape() { return Atom(text: set, single: true) }
      return Atom(text: try literal(try characterEscape()), single: true)
    }
  }

  /// `\s`, `\d`, `\w`, `\h` and their opposites: a set, for use inside and outside of classes.
  private mutating func classEscape() throws(ToklabError) -> String? {
    guard let scalar = next else { return nil }
    let set: String
    switch scalar {
    case "s", "S", "d", "D": set = "\\\(scalar)"
    case "w": set = "[\(word)]"
    case "W": set = "[^\(word)]"
    case "h": set = "[0-9A-Fa-f]"
    case "H": set = "[^0-9A-Fa-f]"
    default: return nil
    }
    index += 1
    return set
  }

  /// The escape of one character; `\` is already read.
  private mutating func characterEscape() throws(ToklabError) -> Unicode.Scalar {
    guard let scalar = next else { throw refusal("a \\ at its end") }
    index += 1
    switch scalar {
    case "t": return "\t"
    case "n": return "\n"
    case "r": return "\r"
    case "f": return "\u{0C}"
    case "v": return "\u{0B}"
    case "a": return "\u{07}"
    case "e" where dialect == .oniguruma: return "\u{1B}"
    case "x": return try hexadecimal(plain: 2)
    case "u": return try hexadecimal(plain: 4)
    case "U" where dialect == .fancy: return try hexadecimal(plain: 8)
    default:
      let isWord =
        scalar.value < 0x80 && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      // Word-boundary escapes of the regex crate.
      let isAngle = dialect == .fancy && (scalar == "<" || scalar == ">")
      if isWord || isAngle { throw refusal("the escape \\\(scalar)") }
      return scalar
    }
  }

  private mutating func hexadecimal(plain digits: Int) throws(ToklabError) -> Unicode.Scalar {
    var value: UInt32 = 0
    var count = 0
    let braced = take("{")
    while let scalar = next, count < (braced ? 8 : digits), scalar.properties.isASCIIHexDigit,
      let digit = UInt32(String(scalar), radix: 16)
    {
      value = value << 4 | digit
      count += 1
      index += 1
    }
    guard count > 0, !braced || take("}"), braced || count == digits || dialect == .oniguruma,
      let scalar = Unicode.Scalar(value)
    else { throw refusal("an escape that names no character") }
    // Two digits are a raw byte of UTF-8 to Oniguruma.
    if dialect == .oniguruma, !braced, digits == 2, value > 0x7F { throw refusal("an escaped raw byte") }
    return scalar
  }

  // MARK: Properties

  /// `\p{…}`, `\P{…}`, `\p{^…}` or, in fancy-regex, `\pL`; `\` is already read.
  private mutating func property() throws(ToklabError) -> (set: String, isCased: Bool) {
    var negated = next == "P"
    index += 1
    var name = ""
    if take("{") {
      if take("^") { negated.toggle() }
      while let scalar = next, scalar != "}" {
        name.unicodeScalars.append(scalar)
        index += 1
      }
      guard take("}") else { throw refusal("an unfinished property") }
    } else if dialect == .fancy, let scalar = next {
      name.unicodeScalars.append(scalar)
      index += 1
    } else {
      throw refusal("a property without braces")
    }
    let known = String(name.unicodeScalars.filter { $0 != "_" && $0 != " " && $0 != "-" }).lowercased()
    let isCased = ["lu", "ll", "lt", "upper", "lower", "uppercase", "lowercase", "l&", "lc"].contains(known)
    if flags.ignoreCase, isCased, dialect == .fancy {
      throw refusal("\\p{\(name)} without regard to case")
    }
    let set: String
    if Self.categories.contains(known) || Self.binaryProperties.contains(known) {
      set = "\\p{\(name)}"
    } else if let posix = dialect == .oniguruma ? posixSet(known) : nil {
      set = posix
    } else if !known.isEmpty, known.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) {
      // A script, or nothing ICU knows: then it refuses the pattern.
      set = "\\p{Script=\(name)}"
    } else {
      throw refusal("the property \(name)")
    }
    return (negated ? "[^\(set)]" : set, isCased)
  }

  private static let categories: Set<String> = [
    "c", "cc", "cf", "cn", "co", "cs", "l", "ll", "lm", "lo", "lt", "lu", "m", "mc", "me", "mn", "n", "nd",
    "nl", "no", "p", "pc", "pd", "pe", "pf", "pi", "po", "ps", "s", "sc", "sk", "sm", "so", "z", "zl", "zp",
    "zs", "letter", "uppercaseletter", "lowercaseletter", "titlecaseletter", "modifierletter",
    "otherletter", "mark", "nonspacingmark", "spacingmark", "enclosingmark", "number", "decimalnumber",
    "letternumber", "othernumber", "punctuation", "symbol", "separator", "other",
  ]

  private static let binaryProperties: Set<String> = [
    "alphabetic", "uppercase", "lowercase", "whitespace", "ideographic", "emoji", "emojipresentation",
    "extendedpictographic", "math", "dash", "diacritic", "idstart", "idcontinue", "xidstart", "xidcontinue",
    "any",
  ]

  /// The POSIX classes that Oniguruma reads over Unicode and that ICU can say the same.
  private func posixSet(_ name: String) -> String? {
    switch name {
    case "alpha": #"\p{Alphabetic}"#
    case "digit": #"\p{Nd}"#
    case "alnum": #"[\p{Alphabetic}\p{Nd}]"#
    case "upper": #"\p{Uppercase}"#
    case "lower": #"\p{Lowercase}"#
    case "space": #"\p{White_Space}"#
    case "xdigit": "[0-9A-Fa-f]"
    case "ascii": #"[\x{0}-\x{7F}]"#
    default: nil
    }
  }

  // MARK: Classes

  /// The class at `[`.
  mutating func characterClass(depth: Int) throws(ToklabError) -> String {
    guard depth < 20 else { throw refusal("more than 20 nested classes") }
    index += 1
    let negated = take("^")
    if next == "]" { throw refusal("a class that begins with ]", advice: "write it as \\]") }
    var inside = ""
    var intersects = false
    while true {
      guard let scalar = next else { throw refusal("an unfinished class") }
      if take("]") { break }
      if scalar == "&", index + 1 < source.count, source[index + 1] == "&" {
        index += 2
        inside += "&&"
        intersects = true
        continue
      }
      if scalar == "[" {
        if let posix = try posixBracket() {
          inside += posix
        } else {
          inside += try characterClass(depth: depth + 1)
        }
        continue
      }
      if dialect == .fancy, index + 1 < source.count, source[index + 1] == scalar,
        scalar == "-" || scalar == "~"
      {
        throw refusal("the class operator \(scalar)\(scalar)")
      }
      if scalar == "\\", index + 1 < source.count {
        index += 1
        if next == "p" || next == "P" {
          let property = try property()
          if flags.ignoreCase, property.isCased {
            throw refusal("a property of cased letters in a class without regard to case")
          }
          inside += property.set
          continue
        }
        if let set = try classEscape() {
          inside += set
          continue
        }
        index -= 1
      }
      let low = try classCharacter()
      if next == "-", index + 1 < source.count, source[index + 1] != "]" {
        index += 1
        if next == "[" { throw refusal("a range that ends in a class") }
        let high = try classCharacter()
        guard low.value <= high.value else { throw refusal("a range that runs backwards") }
        inside += Self.escaped(low) + "-" + Self.escaped(high)
      } else {
        inside += Self.escaped(low)
      }
    }
    if negated { return intersects ? "[^[\(inside)]]" : "[^\(inside)]" }
    return "[\(inside)]"
  }

  /// One character of a class, escaped or not.
  private mutating func classCharacter() throws(ToklabError) -> Unicode.Scalar {
    guard let scalar = next else { throw refusal("an unfinished class") }
    index += 1
    guard scalar == "\\" else { return scalar }
    if take("b") { return "\u{08}" }
    return try characterEscape()
  }

  /// `[:alpha:]` and the like, over Unicode in Oniguruma and over ASCII in the regex crate.
  private mutating func posixBracket() throws(ToklabError) -> String? {
    guard index + 1 < source.count, source[index + 1] == ":" else { return nil }
    var end = index + 2
    while end < source.count, source[end] == "^" || source[end].properties.isAlphabetic { end += 1 }
    guard end + 1 < source.count, source[end] == ":", source[end + 1] == "]" else { return nil }
    var name = String(String.UnicodeScalarView(source[index + 2..<end]))
    let negated = name.utf8.first == UInt8(ascii: "^")
    if negated { name.removeFirst() }
    guard let set = posixSet(name) else { throw refusal("the class [:\(name):]") }
    index = end + 2
    let bounded = dialect == .fancy ? #"[\#(set)&&[\x{0}-\x{7F}]]"# : set
    return negated ? "[^\(bounded)]" : bounded
  }
}
