/// Sets of characters as the reference library's normalizers have them, each at the Unicode version of the
/// table behind it. Proven on every scalar by the peer tests.
enum CharacterSets {
  /// White_Space.
  @inline(__always)
  static func isWhiteSpace(_ scalar: UInt32) -> Bool {
    UnicodeClasses.shared[Int(scalar)].contains(.space)
  }

  /// `\p{M}` at Unicode 9.0. Since then U+1CF2 and U+1CF3 have become letters and U+111C9 a mark.
  static func isMark(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1CF2, 0x1CF3: return true
    case 0x111C9: return false
    default: break
    }
    guard scalar >= 0x300, let properties = known(scalar, upTo: 9) else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return false
    }
  }

  /// `\p{Mn}` at Unicode 8.0. Six characters have changed their category since.
  static func isNonspacingMark(scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1734, 0x1171E: return true
    case 0x1885, 0x1886, 0xA9BD, 0x111C9: return false
    default: break
    }
    guard scalar >= 0x300, let properties = known(scalar, upTo: 8) else { return false }
    return properties.generalCategory == .nonspacingMark
  }

  /// What BERT's cleaning takes for a control: `\p{C}` at Unicode 8.0 but for tab, LF and CR.
  static func isBertControl(_ scalar: UInt32) -> Bool {
    if scalar == 0x09 || scalar == 0x0A || scalar == 0x0D { return false }
    if scalar < 0x7F { return scalar < 0x20 }
    guard let properties = known(scalar, upTo: 8) else { return false }
    switch properties.generalCategory {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  /// The blocks BERT puts spaces around. The fifth begins at 2B920 in the reference library, not at 2B820
  /// where the block begins.
  static func isBertChinese(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  /// The properties of a character that Unicode `version`.0 already had.
  static func known(_ scalar: UInt32, upTo version: Int) -> Unicode.Scalar.Properties? {
    guard let properties = Unicode.Scalar(scalar)?.properties, let age = properties.age,
      age.major <= version
    else { return nil }
    return properties
  }
}
