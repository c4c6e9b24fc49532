/// The steps of a decoder over token spellings, as huggingface/tokenizers `decoders/` runs them.
///
/// Each step turns a list of strings into a list of strings; the result is their concatenation. Without a
/// decoder the library joins tokens with spaces; a byte-level vocabulary is then simply concatenated, as
/// `tiktoken` does. Cost: linear in the bytes for each step.
struct DecoderChain: Sendable {
  private let steps: [DecoderComponent]
  private let expressions: [String: ICURegex]
  private let joinsWithSpaces: Bool

  /// - Returns: nil where decoding is concatenation.
  /// - Throws: ``ToklabError`` for a Replace whose expression cannot run.
  init?(_ definition: TokenizerDefinition) throws(ToklabError) {
    let isByteLevel = definition.model.holdsBytes
    var steps: [DecoderComponent] = []
    Self.flatten(definition.decoder, into: &steps)
    if isByteLevel {
      // Raw bytes are what ByteLevel makes of tokens; with nothing else to do there is no chain.
      steps.removeAll { if case .byteLevel = $0 { true } else { false } }
      if steps.allSatisfy({ $0 == .fuse }) { return nil }
    }
    joinsWithSpaces = definition.decoder == nil
    self.steps = steps
    var expressions: [String: ICURegex] = [:]
    for case .replace(.regex(let expression), _) in steps {
      expressions[expression] = try ICURegex(RegexTranslation.icu(expression, from: .oniguruma))
    }
    self.expressions = expressions
  }

  private static func flatten(_ component: DecoderComponent?, into steps: inout [DecoderComponent]) {
    switch component {
    case .sequence(let parts)?: for part in parts { flatten(part, into: &steps) }
    case let component?: steps.append(component)
    case nil: break
    }
  }

  func decode(_ tokens: [[UInt8]]) -> [UInt8] {
    if joinsWithSpaces { return Array(tokens.joined(separator: [0x20])) }
    var tokens = tokens
    for step in steps { tokens = run(step, tokens) }
    return tokens.flatMap { $0 }
  }

  private func run(_ step: DecoderComponent, _ tokens: [[UInt8]]) -> [[UInt8]] {
    switch step {
    case .bpe(let suffix):
      let last = tokens.count - 1
      return tokens.enumerated().map {
        Self.replace(Array(suffix.utf8), in: $0.element, by: $0.offset == last ? [] : [0x20])
      }
    case .byteLevel: return [tokens.flatMap { ByteAlphabet.bytes(spelledBy: $0) ?? $0 }]
    case .wordPiece(let prefix, let cleanup): return wordPiece(tokens, Array(prefix.utf8), cleanup)
    case .metaspace(let replacement, let scheme, _):
      let mark = Array(replacement.utf8)
      return tokens.enumerated().map {
        Self.replace(mark, in: $0.element, by: $0.offset == 0 && scheme != .never ? [] : [0x20])
      }
    case .ctc(let pad, let delimiter, let cleanup):
      return ctc(tokens, Array(pad.utf8), Array(delimiter.utf8), cleanup)
    case .byteFallback: return byteFallback(tokens)
    case .fuse: return [tokens.flatMap { $0 }]
    case .replace(.literal(let literal), let content):
      return tokens.map { Self.replace(Array(literal.utf8), in: $0, by: Array(content.utf8)) }
    case .replace(.regex(let expression), let content):
      return tokens.map { replace(expression, in: $0, by: Array(content.utf8)) }
    case .strip(let content, let start, let stop):
      return tokens.map { Self.strip($0, Array(content.utf8), start, stop) }
    case .sequence: return tokens
    }
  }

  private func wordPiece(_ tokens: [[UInt8]], _ prefix: [UInt8], _ cleanup: Bool) -> [[UInt8]] {
    tokens.enumerated().map { index, token in
      var token = token
      if index != 0 {
        if token.starts(with: prefix) { token.removeFirst(prefix.count) } else { token.insert(0x20, at: 0) }
      }
      return cleanup ? Self.cleaned(token) : token
    }
  }

  private func ctc(_ tokens: [[UInt8]], _ pad: [UInt8], _ delimiter: [UInt8], _ cleanup: Bool) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var previous: [UInt8]?
    for token in tokens where token != previous {
      previous = token
      var token = Self.replace(pad, in: token, by: [])
      if cleanup { token = Self.replace(delimiter, in: Self.cleaned(token), by: [0x20]) }
      if !token.isEmpty { result.append(token) }
    }
    return result
  }

  /// `<0xNN>` tokens become their bytes.
  private func byteFallback(_ tokens: [[UInt8]]) -> [[UInt8]] {
    tokens.map { token in
      guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">"),
        let byte = UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
      else { return token }
      return [byte]
    }
  }

  private func replace(_ expression: String, in token: [UInt8], by content: [UInt8]) -> [UInt8] {
    guard let matcher = try? expressions[expression]?.makeMatcher() else { return token }
    return token.withUnsafeBufferPointer { buffer in
      guard (try? matcher.begin(buffer)) != nil else { return token }
      var result: [UInt8] = []
      var position = 0
      while let match = try? matcher.next() {
        result += token[position..<match.lowerBound] + content
        position = match.upperBound
      }
      return result + token[position...]
    }
  }

  private static func replace(_ pattern: [UInt8], in token: [UInt8], by content: [UInt8]) -> [UInt8] {
    guard let first = pattern.first, token.contains(first) else { return token }
    var result: [UInt8] = []
    var index = 0
    while index < token.count {
      if token[index] == first, token[index...].starts(with: pattern) {
        result += content
        index += pattern.count
      } else {
        result.append(token[index])
        index += 1
      }
    }
    return result
  }

  private static func strip(_ token: [UInt8], _ content: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
    var slice = token[...]
    guard !content.isEmpty else { return token }
    var left = start
    while left > 0, slice.starts(with: content) {
      slice = slice.dropFirst(content.count)
      left -= 1
    }
    var right = stop
    while right > 0, slice.count >= content.count, slice.suffix(content.count).elementsEqual(content) {
      slice = slice.dropLast(content.count)
      right -= 1
    }
    return Array(slice)
  }

  /// The English clean-up of the library's WordPiece decoder, in its order.
  private static func cleaned(_ token: [UInt8]) -> [UInt8] {
    let rules = [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
      (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    return rules.reduce(token) { replace(Array($1.0.utf8), in: $0, by: Array($1.1.utf8)) }
  }
}
