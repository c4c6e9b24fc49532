/// Decides which pairs of tokens a ``DynamicBoundary`` lets become one. For one thread.
///
/// What is not UTF-8 on both sides together may always be joined (a character cut in the middle), but for the
/// rule on spaces and in identifiers. White space is Unicode's White_Space; the paper's program asks
/// `tokenizers`' WhitespaceSplit. Deviation: it takes for punctuation only what the base vocabulary has, here
/// any token that holds an ASCII punctuation mark other than `#` and no number is punctuation.
final class PairValidity {
  private let boundary: DynamicBoundary
  private let steps: [any PieceStep]

  init(_ boundary: DynamicBoundary, _ plan: PreTokenizationPlan) {
    self.boundary = boundary
    switch plan {
    case .scanner(let preTokenizer): steps = [IsolatingStep(preTokenizer)]
    case .steps(let plans): steps = plans.map { $0.makeStep() }
    }
  }

  /// Whether tokens of these surfaces may be joined; neither is empty.
  func allows(_ left: [UInt8], _ right: [UInt8]) throws(ToklabError) -> Bool {
    let text = left + right
    switch boundary {
    case .sequence: return true
    case .identifier: return Self.isIdentifier(left) && Self.continuesIdentifier(right)
    case .pretoken, .word, .wordHyphen, .sentence: break
    }
    if text.dropFirst().contains(where: Self.isSpaceLike) {
      guard text.allSatisfy(Self.isSpaceLike), text != [0x0A, 0x0A] else { return false }
    }
    if boundary == .sentence || UTF8Scalar.firstInvalid(text) != nil { return true }
    if boundary == .pretoken { return try pieces(text) == 1 }
    guard Self.words(text) == 1 else { return false }
    if boundary == .wordHyphen, !Self.isPunctuation(left), Self.isPunctuation(right) {
      return right == [0x2D]
    }
    return true
  }

  private func pieces(_ text: [UInt8]) throws(ToklabError) -> Int {
    // Scanners read a few bytes past a text.
    let padded = text + [UInt8](repeating: 0, count: 16)
    var pieces = try withBuffer(padded) { (buffer) throws(ToklabError) in
      PieceText(
        UnsafeBufferPointer(rebasing: buffer[..<text.count]), isAligned: false, beginsDocument: true)
    }
    for step in steps { try step.run(&pieces) }
    return pieces.ends.count
  }

  private static func isSpaceLike(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }

  private static func classes(_ text: [UInt8]) -> [ScalarClass] {
    String(decoding: text, as: UTF8.self).unicodeScalars.map { UnicodeClasses.shared[Int($0.value)] }
  }

  /// Runs of characters that are not white space.
  private static func words(_ text: [UInt8]) -> Int {
    var (count, inside) = (0, false)
    for scalarClass in classes(text) {
      let isSpace = scalarClass.contains(.space)
      if !isSpace, !inside { count += 1 }
      inside = !isSpace
    }
    return count
  }

  private static func isPunctuation(_ text: [UInt8]) -> Bool {
    let marks = text.contains { byte in
      (0x21...0x7E).contains(byte) && byte != 0x23
        && !(0x30...0x39).contains(byte) && !(0x41...0x5A).contains(byte) && !(0x61...0x7A).contains(byte)
    }
    return marks && !classes(text).contains { $0.contains(.number) }
  }

  /// `_`, `$` or a letter.
  private static func beginsIdentifier(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "$"
      || !UnicodeClasses.shared[Int(scalar.value)].isDisjoint(with: .letter)
  }

  /// An identifier after at most one space.
  private static func isIdentifier(_ text: [UInt8]) -> Bool {
    let name = text.first == 0x20 ? Array(text.dropFirst()) : text
    guard UTF8Scalar.firstInvalid(name) == nil,
      let first = String(decoding: name, as: UTF8.self).unicodeScalars.first, beginsIdentifier(first)
    else { return false }
    return continuesIdentifier(name)
  }

  private static func continuesIdentifier(_ text: [UInt8]) -> Bool {
    guard UTF8Scalar.firstInvalid(text) == nil else { return false }
    return String(decoding: text, as: UTF8.self).unicodeScalars.allSatisfy { scalar in
      beginsIdentifier(scalar)
        || !UnicodeClasses.shared[Int(scalar.value)].isDisjoint(with: [.number, .mark])
    }
  }
}
