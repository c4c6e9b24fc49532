import ICUShim

/// Script names from ICU, for describing text and vocabularies; no tokenization depends on them.
public enum UnicodeScript {
  /// The name of a character's script: `Latin`, `Han`, …; `Common` and `Inherited` for characters of many
  /// scripts, `Unknown` for unassigned ones.
  public static func name(of scalar: Unicode.Scalar) -> String {
    // ASCII is half of all the text there is, and each call below makes a string.
    switch scalar.value {
    case 0x41...0x5A, 0x61...0x7A: return "Latin"
    case 0..<0x80: return "Common"
    default: break
    }
    var error: Int32 = 0
    guard let name = toklab_script_name(Int32(scalar.value), &error), error <= 0 else { return "Unknown" }
    return String(cString: name)
  }
}
