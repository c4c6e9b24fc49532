import TestSupport
import Testing
import Tokenizers

@Suite("Unicode classes")
struct UnicodeClassesTests {
  /// The definition the committed table was generated from.
  private func expected(_ value: UInt32) -> ScalarClass {
    guard let properties = Unicode.Scalar(value)?.properties, let age = properties.age, age.major <= 16 else {
      return []
    }
    if properties.isWhitespace { return value == 0x0A || value == 0x0D ? [.space, .newline] : .space }
    switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: return .upper
    case .lowercaseLetter: return .lower
    case .modifierLetter, .otherLetter: return .caseless
    case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .otherSymbol:
      return .punctuation
    default: return []
    }
  }

  @Test("the committed table is what the generator's rule gives")
  func regenerated() {
    var differences: [String] = []
    var spaces = 0
    for value in UInt32(0)...0x10FFFF {
      let found = UnicodeClasses.shared[Int(value)]
      if found.contains(.space) { spaces += 1 }
      if found != expected(value) { differences.append(String(value, radix: 16)) }
    }
    #expect(differences.isEmpty, "\(differences.prefix(20)): run Scripts/generate-unicode-classes.swift")
    #expect(spaces == 25)
  }

  private static let probes: [(Int, ScalarClass)] = [
    (0x1C89, .upper), (0xA7CB, .upper), (0x10D50, .upper), (0x2EBF0, .caseless), (0xA7CE, []), (0xA7D2, []),
    (0x323B0, []), (0x16EBB, []), (0x1C, []), (0x85, .space), (0x200B, []),
  ]

  @Test("the version is 16.0")
  func version() {
    for (scalar, expected) in Self.probes { #expect(UnicodeClasses.shared[scalar] == expected) }
  }
}
