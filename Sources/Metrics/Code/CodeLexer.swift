/// The lexemes of a source file: what a compiler's first stage would see, without a parser.
public struct CodeLexeme: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case identifier
    case keyword
    case `operator`
    case literal
    case delimiter
  }

  public var kind: Kind
  /// Bytes of the source.
  public var range: Range<Int>

  public init(_ kind: Kind, _ range: Range<Int>) {
    self.kind = kind
    self.range = range
  }
}

/// Cuts source code by longest match: white space, comments, strings, numbers, words, operators; every other
/// visible byte is a delimiter. Never fails: a string that nothing ends ends with its line (or with the file).
public struct CodeLexer: Sendable {
  public let grammar: CodeGrammar

  public init(_ grammar: CodeGrammar) { self.grammar = grammar }

  /// Linear in the source. Comments are left out.
  public func lexemes(of source: [UInt8]) -> [CodeLexeme] {
    var found: [CodeLexeme] = []
    var at = 0
    while at < source.count {
      let byte = source[at]
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        at += 1
      } else if byte == 0x5C, at + 1 < source.count, source[at + 1] == 0x0A {
        // A line that goes on.
        at += 2
      } else if let end = comment(source, at) {
        at = end
      } else if let end = string(source, at) {
        found.append(CodeLexeme(.literal, at..<end))
        at = end
      } else if Self.isDigit(byte) || (byte == 0x2E && at + 1 < source.count && Self.isDigit(source[at + 1]))
      {
        let end = number(source, at)
        found.append(CodeLexeme(.literal, at..<end))
        at = end
      } else if isWord(byte) {
        var end = at
        while end < source.count && (isWord(source[end]) || Self.isDigit(source[end])) { end += 1 }
        // A prefix such as Python's r or C++'s L belongs to its string.
        if end - at <= 2, end < source.count, source[end] == 0x22 || source[end] == 0x27,
          let close = string(source, end), !grammar.hasLooseQuotes
        {
          found.append(CodeLexeme(.literal, at..<close))
          at = close
          continue
        }
        found.append(
          CodeLexeme(grammar.keywords.contains(Array(source[at..<end])) ? .keyword : .identifier, at..<end))
        at = end
      } else {
        let length = grammar.operators.first { source[at...].starts(with: $0) }?.count
        found.append(CodeLexeme(length == nil ? .delimiter : .operator, at..<(at + (length ?? 1))))
        at += length ?? 1
      }
    }
    return found
  }

  private func comment(_ source: [UInt8], _ start: Int) -> Int? {
    let rest = source[start...]
    if let block = grammar.blockComment, rest.starts(with: block.open) {
      var depth = 1
      var at = start + block.open.count
      while at < source.count && depth > 0 {
        if source[at...].starts(with: block.close) {
          depth -= 1
          at += block.close.count
        } else if grammar.nestsComments, source[at...].starts(with: block.open) {
          depth += 1
          at += block.open.count
        } else {
          at += 1
        }
      }
      return at
    }
    guard grammar.lineComments.contains(where: { rest.starts(with: $0) }) else { return nil }
    return rest.firstIndex(of: 0x0A) ?? source.count
  }

  private func string(_ source: [UInt8], _ start: Int) -> Int? {
    if grammar.hasLooseQuotes, source[start] == 0x27 { return looseCharacter(source, start) }
    guard let quote = grammar.strings.first(where: { source[start...].starts(with: $0) }) else { return nil }
    let mayWrap = grammar.multilineStrings.contains(quote)
    var at = start + quote.count
    while at < source.count {
      if source[at] == 0x5C, quote != [0x60] || grammar.name != "go" {
        at += 2
      } else if source[at...].starts(with: quote) {
        return at + quote.count
      } else if source[at] == 0x0A, !mayWrap {
        return at
      } else {
        at += 1
      }
    }
    return source.count
  }

  /// A character in single quotes, where a quote may also begin a lifetime or end a name: closed within one
  /// character or one escape.
  private func looseCharacter(_ source: [UInt8], _ start: Int) -> Int? {
    var at = start + 1
    guard at < source.count, source[at] != 0x27 else { return nil }
    if source[at] == 0x5C {
      guard let end = source[(at + 1)..<min(source.count, at + 12)].dropFirst().firstIndex(of: 0x27) else {
        return nil
      }
      return end + 1
    }
    at += 1
    while at < source.count && source[at] & 0xC0 == 0x80 { at += 1 }
    return at < source.count && source[at] == 0x27 ? at + 1 : nil
  }

  /// Digits, letters, `_` and points between digits; a sign after an exponent.
  private func number(_ source: [UInt8], _ start: Int) -> Int {
    let isHexadecimal =
      source[start] == 0x30 && start + 1 < source.count && (source[start + 1] | 0x20) == 0x78
    var at = start
    while at < source.count {
      let byte = source[at]
      if Self.isDigit(byte) || byte == 0x5F || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) {
        at += 1
        if !isHexadecimal, byte | 0x20 == 0x65, at + 1 < source.count,
          source[at] == 0x2B || source[at] == 0x2D, Self.isDigit(source[at + 1])
        {
          at += 1
        }
      } else if byte == 0x2E, at + 1 < source.count, Self.isDigit(source[at + 1]) {
        at += 1
      } else {
        break
      }
    }
    // 1. is a number where no name follows.
    if at < source.count, source[at] == 0x2E, !source[start..<at].contains(0x2E), !isHexadecimal,
      at + 1 >= source.count || !(isWord(source[at + 1]) || source[at + 1] == 0x2E)
    {
      at += 1
    }
    return at
  }

  private func isWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == 0x5F || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
      || grammar.identifierBytes.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
