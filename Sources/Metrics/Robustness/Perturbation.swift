/// Small changes of a text that leave its meaning alone.
///
/// Deterministic: what is changed depends on the seed and on the line itself, not on its place in the file.
public enum Perturbation: String, Sendable, Hashable, CaseIterable {
  /// In every eighth letter or so: two neighbouring letters change places.
  case swap
  /// … a letter is dropped.
  case drop
  /// … a letter is doubled.
  case double
  case uppercase
  /// Canonical decomposition: é as e and an accent.
  case nfd
  /// Latin letters that look like Cyrillic ones become those.
  case homoglyph
  /// Every space becomes two.
  case spaces

  public var meaning: String {
    switch self {
    case .swap: "every eighth letter changes places with the next"
    case .drop: "every eighth letter is dropped"
    case .double: "every eighth letter is doubled"
    case .uppercase: "all letters upper case"
    case .nfd: "canonical decomposition"
    case .homoglyph: "Latin letters replaced by Cyrillic ones of the same look"
    case .spaces: "every space doubled"
    }
  }

  /// The changed text of a line.
  public func apply(_ text: [UInt8], seed: UInt64 = 0) -> [UInt8] {
    switch self {
    case .spaces: return text.flatMap { $0 == 0x20 ? [0x20, 0x20] : [$0] }
    case .nfd: return LocaleText.decomposed(text) ?? text
    case .uppercase:
      var out = String.UnicodeScalarView()
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
        out.append(contentsOf: scalar.properties.uppercaseMapping.unicodeScalars)
      }
      return Array(String(out).utf8)
    case .homoglyph:
      let from = Array("aceopxyABCEHKMOPTX".unicodeScalars)
      let to = Array("асеорхуАВСЕНКМОРТХ".unicodeScalars)
      var out = String.UnicodeScalarView()
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
        out.append(from.firstIndex(of: scalar).map { to[$0] } ?? scalar)
      }
      return Array(String(out).utf8)
    case .swap, .drop, .double: return typo(text, seed)
    }
  }

  private func typo(_ text: [UInt8], _ seed: UInt64) -> [UInt8] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var random = SplitMix64(seed: seed, stream: hash)
    let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    var out = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      guard scalar.properties.isAlphabetic, random.below(8) == 0 else {
        out.append(scalar)
        index += 1
        continue
      }
      switch self {
      case .drop: break
      case .double:
        out.append(scalar)
        out.append(scalar)
      default:
        if index + 1 < scalars.count, scalars[index + 1].properties.isAlphabetic {
          out.append(scalars[index + 1])
          index += 1
        }
        out.append(scalar)
      }
      index += 1
    }
    return Array(String(out).utf8)
  }
}
